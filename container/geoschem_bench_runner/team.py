"""Processes that work together: started, told what to do, waited for, reaped.

They are plain children with two pipes each, not `multiprocessing`: its resource tracker is never
waited for, so its CPU time would be missing from what `wait4` says of the tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from types import TracebackType
from typing import Any, Self

ONE_THREAD = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip


class MemberDiedError(Exception):
    """A process ended before its work did. `code` is its exit code, negative for a signal."""

    def __init__(self, rank: int, code: int) -> None:
        super().__init__(rank, code)
        self.rank, self.code = rank, code

    def __str__(self) -> str:
        how = f"by signal {-self.code}" if self.code < 0 else f"with exit code {self.code}"
        return f"process {self.rank} of the team ended {how}"


@dataclass(frozen=True)
class CpuSeconds:
    """CPU time in seconds."""

    user: float
    system: float

    @property
    def total(self) -> float:
        """User and system together."""
        return self.user + self.system

    def __sub__(self, other: CpuSeconds) -> CpuSeconds:
        return CpuSeconds(self.user - other.user, self.system - other.system)

    def __add__(self, other: CpuSeconds) -> CpuSeconds:
        return CpuSeconds(self.user + other.user, self.system + other.system)


class Team:
    """As many processes as `arguments` has entries; a context that ends and reaps them.

    Args:
        module: what each runs, as `python -m module`.
        arguments: the command line of each.
        answer: the fixed size in which they answer, on their standard output.
        descriptors: files that they inherit.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[Sequence[str]],
        answer: Struct,
        descriptors: Sequence[int] = (),
    ) -> None:
        self._answer = answer
        environment = one_thread_each(os.environ)
        self._members = [
            subprocess.Popen(
                [sys.executable, "-m", module, *own],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                pass_fds=descriptors, env=environment,
            )
            for own in arguments
        ]  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for member in self._members:
            if kind is not None:
                member.kill()
            member.communicate()

    @property
    def pids(self) -> list[int]:
        """Process ids by rank."""
        return [member.pid for member in self._members]

    def tell(self, message: bytes) -> None:
        """Send the same order to all."""
        for rank, member in enumerate(self._members):
            assert member.stdin is not None  # noqa: S101 - for mypy: opened as a pipe above
            try:
                member.stdin.write(message)
            except BrokenPipeError:
                raise MemberDiedError(rank, member.wait()) from None

    def hear(self) -> list[tuple[Any, ...]]:
        """Wait until each has answered; the answers by rank."""
        answers = []
        for rank, member in enumerate(self._members):
            assert member.stdout is not None  # noqa: S101
            answer = member.stdout.read(self._answer.size)
            if len(answer) != self._answer.size:
                raise MemberDiedError(rank, member.wait())
            answers.append(self._answer.unpack(answer))
        return answers


def one_thread_each(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with every library held to one thread: processes are our threads."""
    return {**environment, **dict.fromkeys(ONE_THREAD, "1")}
