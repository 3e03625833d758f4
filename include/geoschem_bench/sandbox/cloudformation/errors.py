"""How this CloudFormation says no."""

from __future__ import annotations

from geoschem_bench.errors import UserError


class StackError(UserError):
    """A request that AWS CloudFormation would refuse; `code` is what botocore raises it as."""

    code = "ValidationError"


class AlreadyExistsError(StackError):
    """A stack of this name is there."""

    code = "AlreadyExistsException"


class CapabilitiesError(StackError):
    """The template may do more than was agreed to."""

    code = "InsufficientCapabilitiesException"


class ChangeSetError(StackError):
    """There is no such change set, or it cannot be executed."""

    code = "ChangeSetNotFound"


class ResourceError(StackError):
    """One resource could not be made, changed or deleted; the stack rolls back."""
