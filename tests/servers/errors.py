"""What goes wrong with a server, in words that say what to do."""

from geoschem_bench.errors import ServerError

__all__ = ["ServerError", "tail"]


def tail(text: str, lines: int = 40) -> str:
    """The end of a log, for a message."""
    return "\n".join(text.splitlines()[-lines:]) or "(its log is empty)"
