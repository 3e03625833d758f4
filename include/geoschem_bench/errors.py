"""Every error of ours, as one tree.

GeosChemBenchError
├── UserError                 the person can mend it: shown as one message, exit 2
│   ├── SuiteError            a suite file is wrong (carries every Problem found)
│   ├── SettingsError         a setting is missing or contradicts another
│   │   └── AccessError       AWS does not let us in, or not do this
│   ├── NotFoundError         no such run, benchmark, file or suite
│   └── LogError              a file is refused as a log of the model
├── RefusedError              a file is refused: `where`, `why`; LogError is one, too
│   └── ManifestError         a manifest cannot be read (it is set aside, not raised to people)
├── StorageError              an AWS service refused, or is not there
│   └── LockedOutError        it does not let us in: no waiting mends that
├── SandboxError              the sandbox does not start, answer or stop
├── ServerError               one of Airflow's servers, or its database, does not start or answer
├── StackError                the stack was not made, changed or removed as asked
└── BenchmarkError            a benchmark failed, with a Reason from the closed list

Messages say where, what was given, what is allowed and what to do. All survive pickling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Reason(StrEnum):
    """Why a benchmark failed: a closed list, so that a policy can be written for each."""

    CAPACITY = "capacity"
    """AWS had no such instance to give. Try again, or another zone."""
    QUOTA = "quota"
    """The account may not have so many vCPUs. Ask AWS for more."""
    SPOT_INTERRUPTED = "spot_interrupted"
    """AWS took the spot instance back."""
    MISCONFIGURED = "misconfigured"
    """The suite, queue or job definition cannot work as written."""
    WRONG_INSTANCE = "wrong_instance"
    """The job landed on another instance type than the one it is to measure."""
    IMAGE = "image"
    """The container image is missing or built for the other architecture."""
    INPUT_DATA = "input_data"
    """Input data of the model is missing or broken."""
    STORAGE = "storage"
    """Results could not be written."""
    TIMEOUT = "timeout"
    """The time limit passed."""
    OUT_OF_MEMORY = "out_of_memory"
    """The job needed more memory than there was."""
    MODEL_CRASHED = "model_crashed"
    """The model (or the proxy) stopped with an error."""
    CANCELLED = "cancelled"
    """A person, or Airflow on their behalf, stopped it."""
    UNKNOWN = "unknown"
    """The evidence does not say."""


EXIT_CODES: dict[Reason, int] = {
    Reason.MISCONFIGURED: 10,
    Reason.WRONG_INSTANCE: 11,
    Reason.INPUT_DATA: 12,
    Reason.MODEL_CRASHED: 13,
    Reason.TIMEOUT: 14,
    Reason.STORAGE: 15,
    Reason.OUT_OF_MEMORY: 16,
}
"""Exit codes of the runner. Besides: 0 ok, 1 usage, 70 our own error."""

EXIT_USAGE = 1
EXIT_OWN_ERROR = 70


class GeosChemBenchError(Exception):
    """Base of every error of ours."""


class UserError(GeosChemBenchError):
    """Something the person at the keyboard can mend. The message says how."""


class SettingsError(UserError):
    """A setting is missing, malformed or contradicts another."""


class AccessError(SettingsError):
    """AWS does not let us in, or not do this."""


class NotFoundError(UserError):
    """There is no such run, benchmark, file or suite."""


class StorageError(GeosChemBenchError):
    """An AWS service refused, or is not there."""


class LockedOutError(StorageError):
    """An AWS service does not let us in. A person must mend that; waiting does not."""


class SandboxError(GeosChemBenchError):
    """The sandbox does not start, answer or stop."""


class ServerError(GeosChemBenchError):
    """One of Airflow's servers, or its database, does not start, answer or stop."""


class StackError(GeosChemBenchError):
    """The stack was not made, changed or removed as asked."""


class RefusedError(GeosChemBenchError):
    """A file that is refused. `where` names it, `why` says in one sentence what is wrong."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


class ManifestError(RefusedError):
    """A manifest that cannot be read."""


class LogError(RefusedError, UserError):
    """A file that is refused as a log of the model."""


class BenchmarkError(GeosChemBenchError):
    """A benchmark that failed, and why."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a suite file."""

    file: str
    line: int
    """1-based; 0 where the whole file is meant."""
    key: str
    """Dotted, as typed: `phase_1[0].hardware.instance_type`; empty for the whole file."""
    message: str
    """What was given, what is allowed, what to do."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class SuiteError(UserError):
    """A suite file with mistakes: all of them at once."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        super().__init__(path, tuple(problems))
        self.path = path
        self.problems = tuple(sorted(set(problems)))

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.path}: {count} {'problem' if count == 1 else 'problems'}"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])
