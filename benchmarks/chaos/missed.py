"""A strike that hits nothing."""


class MissedError(Exception):
    """There was nothing to hit; says what was missing."""
