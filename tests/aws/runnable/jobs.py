"""Jobs that the sandbox holds up."""

from __future__ import annotations

from geoschem_bench.sandbox import faults


def stuck_by_fault(made, submit, reason):
    queue = made.queue()
    faults.job(made.sandbox, "waits-*", "stuck", queue=queue, reason=reason)
    return queue, submit(queue)
