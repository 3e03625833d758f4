"""How the jobs of this state run, kept from one server to the next until `down`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.batch.job import ON_A_HOST, Job
from geoschem_bench.sandbox.files import json_files, read_json, write_json
from geoschem_bench.sandbox.settings import Folders, LauncherName

if TYPE_CHECKING:
    from geoschem_bench.sandbox.batch.launchers import Launcher


@dataclass(frozen=True)
class Choice:
    """A launcher, and for containers where their engine answers."""

    launcher: LauncherName = "process"
    engine: str | None = None

    @classmethod
    def read(cls, folders: Folders) -> Choice:
        """What was chosen last. SandboxError where the file says something else."""
        path = folders.launcher_file
        try:
            choice = cls(**read_json(path))
        except FileNotFoundError:
            return cls()
        except TypeError as error:
            raise SandboxError(f"{path} is damaged ({error}); delete it") from error
        if choice.launcher not in ("process", "container"):
            raise SandboxError(f"{path} is damaged (launcher {choice.launcher!r}); delete it")
        return choice

    def renewed(self, wanted: LauncherName | None) -> Choice:
        """What a new server shall use: what is wanted, else what was kept.

        Raises:
            SandboxError: it needs a container engine, and none answers.
        """
        if (wanted or self.launcher) == "process":
            return Choice()
        from geoschem_bench.sandbox.engine import find_engine

        return Choice("container", find_engine(self.engine))

    def keep(self, folders: Folders) -> None:
        """For the next start. The usual needs no file."""
        if self == Choice():
            folders.launcher_file.unlink(missing_ok=True)
        else:
            write_json(folders.launcher_file, asdict(self))

    def made(self, folders: Folders) -> Launcher:
        """The launcher, for the jobs of one state."""
        from geoschem_bench.sandbox.batch.launchers import launcher_of  # moto: a fifth of a second

        return launcher_of(self.launcher, self.engine, str(folders.root))

    def end_left_jobs(self, folders: Folders) -> None:
        """Ends jobs of a server that could not do it itself. The next start marks them FAILED."""
        from geoschem_bench.sandbox.batch.launchers import scratch_folder

        try:
            launcher = self.made(folders)
            for path in json_files(folders.batch / "jobs"):
                job = Job.from_document(read_json(path)["document"])
                if job.status in ON_A_HOST:
                    attempt = len(job.detail["attempts"]) + 1
                    launcher.clear(job.id, scratch_folder(folders.scratch, job.id, attempt))
            launcher.sweep()
        except SandboxError as error:
            if self.engine is None:
                raise
            raise SandboxError(
                f"cannot tell whether containers of {folders.root} are left: {error}. Start that "
                f"engine again; if it is gone for good, delete {folders.launcher_file}"
            ) from error
