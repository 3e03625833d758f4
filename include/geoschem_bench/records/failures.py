"""Evidence of a failure → a reason from the closed list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geoschem_bench.errors import EXIT_CODES, EXIT_USAGE, Reason

_BY_STATUS_REASON: tuple[tuple[str, Reason], ...] = (
    (r"^Host EC2 .*terminated", Reason.SPOT_INTERRUPTED),
    (r"INSUFFICIENT_INSTANCE_CAPACITY", Reason.CAPACITY),
    (r"MISCONFIGURATION:", Reason.MISCONFIGURED),
    (r"exceeded timeout|duration exceeded", Reason.TIMEOUT),
    (r"OutOfMemory", Reason.OUT_OF_MEMORY),
    (r"CannotPullContainer|exec format error|manifest unknown", Reason.IMAGE),
    (r"CannotStartContainer|CannotCreateContainer", Reason.IMAGE),
    (r"VcpuLimitExceeded|vCPU limit", Reason.QUOTA),
    (r"[Tt]erminated by|[Cc]ancel", Reason.CANCELLED),
)  # fmt: skip
_BY_LOG: tuple[tuple[str, Reason], ...] = (
    (r"exec format error", Reason.IMAGE),
    (r"NoSuchBucket|AccessDenied", Reason.STORAGE),
)  # fmt: skip
_BY_EXIT_CODE = {code: reason for reason, code in EXIT_CODES.items()} | {
    EXIT_USAGE: Reason.MISCONFIGURED
}


def classify(
    manifest_reason: Reason | None,
    status_reasons: Sequence[str | None],
    log_tail: Sequence[str],
    exit_code: int | None,
) -> Reason:
    """The reason by the best evidence there is: manifest, Batch, log, exit code, else unknown.

    A bare 137 is `unknown`: it may be the OOM killer, a `kill -9`, or the agent. A runner that was
    stopped by SIGTERM writes `cancelled`; who sent it, such as a host that was taken back, Batch
    alone knows.
    """
    if manifest_reason not in (None, Reason.CANCELLED):
        return manifest_reason
    for text in filter(None, status_reasons):
        for pattern, reason in _BY_STATUS_REASON:
            if re.search(pattern, text):
                return reason
    if manifest_reason is not None:
        return manifest_reason
    for line in log_tail:
        for pattern, reason in _BY_LOG:
            if re.search(pattern, line):
                return reason
    return _BY_EXIT_CODE.get(exit_code, Reason.UNKNOWN) if exit_code else Reason.UNKNOWN
