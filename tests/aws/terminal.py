"""The command line as a person sees it, for tests that hold a sandbox."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from geoschem_bench import cli
from geoschem_bench.aws import account
from geoschem_bench.aws.clients import make_client
from geoschem_bench.sandbox import Sandbox


@dataclass(frozen=True)
class Answer:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Everything that was shown, on one line: tables and terminals fold."""
        return " ".join((self.out + " " + self.err).split())


class Terminal:
    """Runs commands in a folder of their own, in the environment that the test gives."""

    def __init__(self, capsys: Any, monkeypatch: Any) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, command: str, **environment: str) -> Answer:
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.argv", ["geoschem-bench", *shlex.split(command)])
        with _environment(environment), _closed_clients(self._monkeypatch):
            try:
                cli.main()
                code: Any = 0
            except SystemExit as ended:
                code = ended.code or 0
        shown = self._capsys.readouterr()
        return Answer(int(code), shown.out, shown.err)


@contextmanager
def _closed_clients(monkeypatch: Any) -> Iterator[None]:
    """A process closes its sockets when it ends; within the tests' process nobody does."""
    with ExitStack() as stack, monkeypatch.context() as patch:

        def make(*arguments: Any, **options: Any) -> Any:
            return stack.enter_context(closing(make_client(*arguments, **options)))

        patch.setattr(account, "make_client", make)
        yield


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """A command may set variables; the next one is a new process to a person."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def take_environment(sandbox: Sandbox, monkeypatch: Any, *, bucket: bool) -> None:
    """As after `eval "$(geoschem-bench sandbox up --env)"`, with or without the bucket's name."""
    for name in [each for each in os.environ if each.startswith(("AWS_", "GEOSCHEM_BENCH_"))]:
        monkeypatch.delenv(name)
    for name, value in sandbox.environment().items():
        if bucket or not name.startswith("GEOSCHEM_BENCH_"):
            monkeypatch.setenv(name, value)
