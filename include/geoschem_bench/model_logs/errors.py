"""The one error of this room."""

from __future__ import annotations

from geoschem_bench.errors import UserError


class LogError(UserError):
    """A file that is refused as a model log. `where` names it, `why` says it in one sentence."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"
