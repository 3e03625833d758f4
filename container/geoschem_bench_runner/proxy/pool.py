"""The processes that compute, as their master sees them: started, ordered, waited for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType

from geoschem_bench_runner.proxy.worker import ANSWER, ORDER, Order, Share

ONE_THREAD = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip


class WorkerDied(Exception):  # noqa: N818 - says what happened
    """A worker ended before its work did. `code` is its exit code, negative for a signal."""

    def __init__(self, rank: int, code: int) -> None:
        super().__init__(rank, code)
        self.rank, self.code = rank, code

    def __str__(self) -> str:
        how = f"by signal {-self.code}" if self.code < 0 else f"with exit code {self.code}"
        return f"worker {self.rank} of the proxy ended {how}"


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


class Pool:
    """Workers that have set themselves up. Use as a context; leaving it ends and reaps them."""

    def __init__(self, share: Share) -> None:
        environment = one_thread_each(os.environ)
        self._workers = [
            subprocess.Popen(
                [sys.executable, "-m", "geoschem_bench_runner.proxy.worker",
                 *replace(share, rank=rank).as_arguments()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                pass_fds=[share.descriptor], env=environment,
            )
            for rank in range(share.workers)
        ]  # fmt: skip

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            if kind is not None:
                worker.kill()
            worker.communicate()

    def answers(self) -> CpuSeconds:
        """Wait until every worker has answered; CPU seconds of all of them so far."""
        total = CpuSeconds(0.0, 0.0)
        for rank, worker in enumerate(self._workers):
            assert worker.stdout is not None  # noqa: S101 - for mypy: opened as a pipe above
            answer = worker.stdout.read(ANSWER.size)
            if len(answer) != ANSWER.size:
                raise WorkerDied(rank, worker.wait())
            total += CpuSeconds(*ANSWER.unpack(answer))
        return total

    def do(self, order: Order, present: int, seconds: float) -> CpuSeconds:
        """Have one (sub)step done by all; CPU seconds of all of them so far."""
        message = ORDER.pack(order, present, seconds)
        for rank, worker in enumerate(self._workers):
            assert worker.stdin is not None  # noqa: S101
            try:
                worker.stdin.write(message)
            except BrokenPipeError:
                raise WorkerDied(rank, worker.wait()) from None
        return self.answers()


def one_thread_each(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with every threading library held to one thread: processes are our threads."""
    return {**environment, **dict.fromkeys(ONE_THREAD, "1")}
