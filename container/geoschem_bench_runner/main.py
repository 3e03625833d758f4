"""`geoschem-bench-runner`: run one performance benchmark, measure it, write its manifest."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NoReturn

from geoschem_bench import manifest
from geoschem_bench.errors import EXIT_CODES, EXIT_OWN_ERROR, EXIT_USAGE
from geoschem_bench_runner import calibration, termination
from geoschem_bench_runner.image import image_facts, installed
from geoschem_bench_runner.job import Job
from geoschem_bench_runner.measurement.machine import observe, package_versions
from geoschem_bench_runner.proxy.grid import SIZES
from geoschem_bench_runner.proxy.workload import SIMULATIONS
from geoschem_bench_runner.record import EXIT_CANCELLED
from geoschem_bench_runner.settings import settings_from
from geoschem_bench_runner.upload import open_store, split_output_path


class _Parser(argparse.ArgumentParser):
    """Exits with 1, as the contract has it; 2 is argparse's own."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: error: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; the exit code."""
    given = _parse(arguments)
    if given.describe:
        sys.stdout.write(json.dumps(description(), indent=1) + "\n")
        return 0
    try:
        settings = settings_from(os.environ)
        return Job(given.benchmark, open_store(given.output_path, settings), settings).run()
    except termination.TerminatedError:
        return EXIT_CANCELLED
    except Exception:  # Python's own code for this is 1, which here means usage
        traceback.print_exc()
        return EXIT_OWN_ERROR


def description() -> dict[str, Any]:
    """What this program is and can do, and where it runs."""
    codes = {reason.value: code for reason, code in EXIT_CODES.items()}
    return {
        "image": image_facts(os.environ),
        "packages": package_versions(),
        "installed": installed(),
        "manifest_schema_version": manifest.SCHEMA_VERSION,
        "calibration_version": calibration.VERSION,
        "workloads": {"proxy": {"resolutions": list(SIZES), "simulations": list(SIMULATIONS)}},
        "exit_codes": {
            "ok": 0, "usage": EXIT_USAGE, **codes, "cancelled": EXIT_CANCELLED,
            "own_error": EXIT_OWN_ERROR,
        },
        "settings": asdict(settings_from(os.environ)),
        "machine": asdict(observe()),
    }  # fmt: skip


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser("geoschem-bench-runner", description=__doc__, allow_abbrev=False)
    parser.add_argument("--benchmark", metavar="JSON", help="the benchmark, as in a suite")
    parser.add_argument("--output-path", metavar="S3", help="s3://bucket/prefix for the results")
    parser.add_argument("--describe", action="store_true", help="say what this is, in JSON")
    given = parser.parse_args(arguments)
    if given.describe:
        return given
    missing = [
        name
        for name, value in (("--benchmark", given.benchmark), ("--output-path", given.output_path))
        if not value
    ]
    if missing:
        parser.error(f"missing: {', '.join(missing)}")
    try:
        split_output_path(given.output_path)
    except ValueError as error:
        parser.error(f"--output-path: {error}")
    return given


if __name__ == "__main__":
    sys.exit(main())
