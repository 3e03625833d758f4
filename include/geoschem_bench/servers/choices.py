"""What an installation has once chosen and stays with."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from geoschem_bench.servers.files import damaged, read_document, write_document
from geoschem_bench.servers.folders import Folders

DEFAULT_PORT = 8080
_CURE = "remove it: the ports are chosen anew, and the history of runs stays"


@dataclass(frozen=True)
class Choices:
    """The same at the next start."""

    port: int = DEFAULT_PORT
    """Of the UI."""
    postgres_port: int | None = None
    airflow_version: str | None = None
    """That made or migrated the database, whole; None: not yet."""
    talks_to: str | None = None
    """AWS or a sandbox, in words."""

    def keep(self, folders: Folders) -> Choices:
        """Writes them down."""
        write_document(folders.choices_file, asdict(self))
        return self


def read_choices(folders: Folders) -> Choices:
    """What was chosen, else the defaults. SettingsError where it cannot be read."""
    document = read_document(folders.choices_file, _CURE)
    if document is None:
        return Choices()
    try:
        found = Choices(**document)
    except TypeError as error:
        raise damaged(folders.choices_file, str(error), _CURE) from error
    ports = [found.port, *([found.postgres_port] if found.postgres_port is not None else [])]
    texts = (found.airflow_version, found.talks_to)
    if not all(isinstance(port, int) and 0 < port < 2**16 for port in ports):
        raise damaged(folders.choices_file, f"{ports} are no ports", _CURE)
    if not all(text is None or isinstance(text, str) for text in texts):
        raise damaged(folders.choices_file, "its texts are no texts", _CURE)
    return found
