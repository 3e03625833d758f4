"""One repetition as a process of its own: arguments in, JSON out on standard output.

A process for each repetition, so that the system's accounts (`wait4`, memory) are of this
repetition alone.
"""

from __future__ import annotations

import json
import sys

from geoschem_bench_runner.proxy.check import UnsoundResultError
from geoschem_bench_runner.proxy.workload import ProxyRun, run
from geoschem_bench_runner.team import MemberDiedError

CRASHED = 3
"""Exit code when the computation failed; the reason is on standard error."""


def main() -> int:
    """Run `simulation resolution days threads`, print what was measured."""
    simulation, resolution, days, threads = sys.argv[1:]
    try:
        result = run(simulation, resolution, float(days), int(threads))
    except (UnsoundResultError, MemberDiedError) as error:
        sys.stderr.write(f"the proxy crashed: {error}\n")
        return CRASHED
    json.dump(as_json(result), sys.stdout)
    return 0


def as_json(result: ProxyRun) -> dict[str, object]:
    """What is read back in `workloads`."""
    return {
        "wall_seconds": result.wall_seconds,
        "cpu_user_seconds": result.cpu.user,
        "cpu_system_seconds": result.cpu.system,
        "timers": result.timers,
        "setup_seconds": result.setup_seconds,
        "field_sha256": result.soundness.checksum,
        "checks": {
            "mass_drift_relative": result.soundness.mass_drift,
            "smallest_mixing_ratio": result.soundness.smallest,
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
