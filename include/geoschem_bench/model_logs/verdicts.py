"""Error lines of a log → a reason from the closed list, and a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from geoschem_bench.errors import Reason
from geoschem_bench.model_logs.records import ModelRun
from geoschem_bench.model_logs.scanning import Scan

MAX_MESSAGE = 500
_MOST_WRAPPED_LINES = 8
_WRAPS_FROM = 55
"""GEOS-Chem wraps its messages near column 78, so a short line ends one."""

_MEMORY = re.compile(
    r"Cannot allocate memory|out[- ]of[- ]memory|oom[-_]kill|insufficient (?:virtual )?memory"
    r"|Could not allocate",
    re.IGNORECASE,
)
_TIME_LIMIT = re.compile(r"DUE TO TIME LIMIT|exited with non-zero status 124\b")
_KILLED = re.compile(r"\bKilled\b|terminated by signal 9\b|on signal 9\b")
_CANCELLED = re.compile(r"\bCANCELLED AT\b")
_SIGNAL = re.compile(
    r"Program received signal (?P<gnu>SIG\w+)|forrtl: (?:severe|error) \(\d+\): (?P<intel>SIG\w+)"
    r"|Segmentation fault|on signal (?P<number>\d+)|terminated by signal (?P<other>\d+)"
    r"|double free or corruption|free\(\): |munmap_chunk"
)
_STATUS = re.compile(r"exited with non-zero status (\d+)|^srun: error|^slurmstepd: error")
_BY_MESSAGE: tuple[tuple[str, Reason], ...] = (
    (r"Could not read HEMCO field|Invalid directory|not found|cannot find|could not find"
     r"|cannot get field|no such file|does not exist|(?:cannot|could not|error) open"
     r"|not enough time slices|invalid time index|netcdf: |end-of-file during read",
     Reason.INPUT_DATA),
    (r"HISTORY\.rc|geoschem_config|input\.geos|\.rc file|\.yml|no output scheduled"
     r"|pe_end are in the pelist|NX\*NY|something impossible happened",
     Reason.MISCONFIGURED),
    (r"No space left on device", Reason.STORAGE),
)  # fmt: skip
_BENIGN_AT_EXIT = re.compile(
    r"double free|free\(\): |munmap_chunk|SIGABRT|signal 6\b|status 134\b|Aborted"
)


@dataclass(frozen=True)
class Fault:
    """An error of a log, in one line."""

    offset: int
    text: str

    @property
    def is_a_signal(self) -> bool:
        """The system's word, not the model's."""
        return _SIGNAL.search(self.text) is not None

    @property
    def may_follow_success(self) -> bool:
        """GCHP 14.7 with some MPI aborts while it takes itself down, after all work is done."""
        return _BENIGN_AT_EXIT.search(self.text) is not None


def faults_of(scan: Scan) -> list[Fault]:
    """The errors of a log, in its order."""
    found = sorted(scan.errors, key=lambda item: item[0])
    return [fault(offset, capture.text or "") for offset, capture in found]


def fault(offset: int, text: str) -> Fault:
    """From the text that starts with an error line."""
    lines = text.splitlines() or [""]
    kept = [lines[0].strip()]
    for line in lines[1:_MOST_WRAPPED_LINES]:
        if line.startswith("STOP at"):
            break
        if line.lstrip().startswith(("-> at", "--> LOCATION")):
            kept.append(f"({line.strip().lstrip('->').strip()})")
            break
        if len(kept[-1]) < _WRAPS_FROM or not _goes_on(line):
            break
        kept.append(line.strip())
    return Fault(offset, " ".join(" ".join(kept).split()))


def _goes_on(line: str) -> bool:
    """Wrapped text stands at the margin; rules and tables do not belong to it."""
    return line[:1].isalnum() or line[:1] == '"'


def shortened(text: str) -> str:
    """At most MAX_MESSAGE characters."""
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"


def how_far(run: ModelRun) -> str:
    """For messages."""
    if run.last_step is None:
        return "it stopped before the first time step"
    return f"its last time step is {run.last_step} of {run.simulated_end or 'an unknown end'}"


_KILLED_BY = "; by the kernel for want of memory, or by a person: `dmesg` tells"
"""As everywhere: signal 9 alone is no proof of either."""


def judge(faults: Sequence[Fault], when: str) -> tuple[Reason, str]:
    """The best-founded reason; `when` says how far the run came.

    The words of the system on memory and time outrank the model's, which may be their
    consequence; the model's first words outrank the signals that follow from them.
    """
    for pattern, reason in ((_MEMORY, Reason.OUT_OF_MEMORY), (_TIME_LIMIT, Reason.TIMEOUT)):
        told = next((item for item in faults if pattern.search(item.text)), None)
        if told:
            return reason, shortened(f"{told.text}; {when}")
    words = [item for item in faults if not _is_of_the_system(item)]
    if words:
        both = "; ".join(item.text for item in words[:2])
        message = both if len(both) <= MAX_MESSAGE else shortened(words[0].text)
        return _reason_of(words[0].text), message
    for pattern, reason in ((_KILLED, Reason.UNKNOWN), (_CANCELLED, Reason.CANCELLED)):
        told = next((item for item in faults if pattern.search(item.text)), None)
        if told:
            hint = _KILLED_BY if pattern is _KILLED else ""
            return reason, shortened(f"{told.text}{hint}; {when}")
    signal = next((item for item in faults if item.is_a_signal), None)
    if signal:
        return Reason.MODEL_CRASHED, shortened(_of_signal(signal.text, when))
    return Reason.UNKNOWN, shortened(f"{faults[0].text}, with no message of the model; {when}")


def _is_of_the_system(item: Fault) -> bool:
    patterns = (_KILLED, _CANCELLED, _SIGNAL, _STATUS)
    return any(pattern.search(item.text) for pattern in patterns)


def _reason_of(text: str) -> Reason:
    for pattern, reason in _BY_MESSAGE:
        if re.search(pattern, text, re.IGNORECASE):
            return reason
    return Reason.MODEL_CRASHED


def _of_signal(text: str, when: str) -> str:
    found = _SIGNAL.search(text)
    named = next((name for name in found.groups() if name), None) if found else None
    name = f"signal {named}" if named and named.isdigit() else named or text
    is_segfault = name in ("SIGSEGV", "signal 11") or "Segmentation" in name
    hint = "; most often OMP_STACKSIZE or `ulimit -s` is not set" if is_segfault else ""
    return f"{name} with no message of the model{hint}; {when}"
