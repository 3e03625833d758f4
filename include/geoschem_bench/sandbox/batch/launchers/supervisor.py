"""Waits for a job's command, so that its exit code is there for whichever server asks.

A process can be waited for by its parent alone, and the server may be killed while a job runs.
So this stands between the two, started by `supervision` as `python -I -S supervisor.py`: small,
asleep, and not among the job's processes, which the job measures and the server kills.

It reads the command from standard input, tells the command's pid through a pipe, and in the end
writes the exit code as Docker reports it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # built in; `signal` takes long to load
import os
import sys

END = b"END"
"""The last word: without it the server died while it spoke, and nothing shall be started."""
_NOT_STARTED = 127


def main(exit_file: str, pipe: int) -> None:
    """Runs the command to its end."""
    os.set_inheritable(pipe, False)  # its end tells the server that the command runs
    told = _read_all()
    if told[-1] != END:
        return
    count = int(told[0])
    arguments, variables = told[1 : count + 1], told[count + 1 : -1]
    environment = dict(each.split(b"=", 1) for each in variables)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    pid = os.fork()
    if pid == 0:
        _become(arguments, environment, pipe)
    _tell(pipe, b"%d\n" % pid)
    os.close(pipe)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    _write(exit_file, code if code >= 0 else 128 - code)


def _read_all() -> list[bytes]:
    words = []
    while piece := os.read(0, 2**16):
        words.append(piece)
    return b"".join(words).split(b"\0")


def _become(arguments: list[bytes], environment: dict[bytes, bytes], pipe: int) -> None:
    """The command, in a session of its own; what Python or `nohup` ignore, it shall not ignore."""
    try:
        os.setsid()
        for number in _signal.valid_signals():
            if _signal.getsignal(number) == _signal.SIG_IGN:
                _signal.signal(number, _signal.SIG_DFL)
        os.execvpe(arguments[0], arguments, environment)  # noqa: S606 - a job is a command
    except OSError as error:
        _tell(pipe, b"E%d\n" % (error.errno or 0))
    finally:
        os._exit(_NOT_STARTED)


def _tell(pipe: int, words: bytes) -> None:
    try:
        os.write(pipe, words)
    except BrokenPipeError:
        return  # the server is gone; the next one finds the job by its environment


def _write(exit_file: str, code: int) -> None:
    """Whole or not at all. Without its folder nobody wants to know any more."""
    try:
        sink = os.open(exit_file + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(sink, b"%d" % code)
        os.close(sink)
        os.replace(exit_file + ".new", exit_file)  # noqa: PTH105 - pathlib takes longer to load
    except OSError:
        return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
