"""What goes wrong with a server, in words that say what to do."""


class ServerError(RuntimeError):
    """A server that does not start, does not answer, or ended when it should not."""


def tail(text: str, lines: int = 40) -> str:
    """The end of a log, for a message."""
    return "\n".join(text.splitlines()[-lines:]) or "(its log is empty)"
