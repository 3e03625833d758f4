"""An installation as a person makes one: the Compose file, its folders, and an .env of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.servers.settings import REPOSITORY

LINKED = ("dags", "include", "infra", "plugins")
_OTHERS = ("AIRFLOW", "AWS_", "COMPOSE", "GEOSCHEM_BENCH_", "POSTGRES", "REDIS")


@dataclass(frozen=True)
class Installation:
    """A folder with docker-compose.yaml in it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Installation:
        """With copies of what is read here and links to what is mounted."""
        folder.mkdir()
        shutil.copy(REPOSITORY / "docker-compose.yaml", folder)
        shutil.copytree(REPOSITORY / "compose", folder / "compose")
        for name in LINKED:
            (folder / name).symlink_to(REPOSITORY / name)
        return cls(folder)

    @property
    def env_file(self) -> Path:
        """Where the secrets are."""
        return self.folder / ".env"

    def env(self) -> dict[str, str]:
        """What .env says."""
        lines = self.env_file.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def change(self, **values: str | None) -> None:
        """Says these in .env; None: takes the line out."""
        said = {**self.env(), **values}
        lines = [f"{name}={value}\n" for name, value in said.items() if value is not None]
        self.env_file.write_text("".join(lines))

    def env_sh(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs compose/env.sh, as a person types it."""
        return self._run("bash", "compose/env.sh", *words)

    def compose(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs docker-compose; its `config` needs no engine."""
        return self._run("docker-compose", *words)

    def config(self) -> dict[str, Any]:
        """Everything as docker-compose resolves it: anchors, variables, .env."""
        done = self.compose("config")
        if done.returncode:
            raise AssertionError(f"docker-compose refuses the file: {done.stderr}")
        return dict(yaml.load(done.stdout, Loader=yaml.CSafeLoader))

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
        return subprocess.run(command, cwd=self.folder, env=kept, capture_output=True, text=True)
