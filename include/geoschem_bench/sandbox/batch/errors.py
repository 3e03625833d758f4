"""How this Batch says no: as AWS does, so that botocore raises its own exceptions."""

from __future__ import annotations

from geoschem_bench.errors import UserError


class RefusedError(UserError):
    """A request that AWS Batch would answer with `ClientException`."""
