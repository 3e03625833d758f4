"""One job from its configuration to its manifest."""

from __future__ import annotations

import json
import traceback
from typing import Any, NoReturn

from geoschem_bench.errors import BenchmarkError, Reason, SettingsError, StorageError
from geoschem_bench.suite import complete_benchmark
from geoschem_bench_runner import document, preflight, termination, upload
from geoschem_bench_runner.calibration import calibrate
from geoschem_bench_runner.measurement.instance import describe_instance
from geoschem_bench_runner.measurement.machine import observe
from geoschem_bench_runner.progress import Progress
from geoschem_bench_runner.record import Ending, Record
from geoschem_bench_runner.settings import JobSettings
from geoschem_bench_runner.workloads import ProxyWorkload, Run

CALIBRATION_SECONDS_ON_AWS = 20.0


class Job:
    """A job: reads, checks, calibrates, runs, writes. `run` returns the exit code, never raises."""

    def __init__(self, config_json: str, store: upload.OutputStore, settings: JobSettings) -> None:
        self._config_json, self._store, self._settings = config_json, store, settings
        self._progress = Progress()
        self._record = Record(machine=observe())

    def run(self) -> int:
        """Do it all, whatever happens on the way."""
        ending = self._ending()
        termination.ignore()
        if ending.reason:
            self._progress.complain(f"failed: {ending.reason}: {ending.message}")
        return self._write(ending)

    def _ending(self) -> Ending:
        try:
            termination.raise_when_told()
            self._work()
        except BenchmarkError as error:
            return Ending(error.reason, error.message)
        except StorageError as error:
            return Ending(Reason.STORAGE, str(error))
        except termination.TerminatedError as error:
            return self._stopped(str(error))
        except MemoryError:
            return Ending(Reason.OUT_OF_MEMORY, "the runner itself got no memory")
        except Exception:  # any error of ours must still reach the manifest
            return Ending(Reason.UNKNOWN, f"an error of the runner:\n{traceback.format_exc()}")
        return Ending()

    def _stopped(self, signal_name: str) -> Ending:
        elapsed, limit = self._record.elapsed_seconds, self._record.timeout_seconds
        reason = termination.reason_after(elapsed, limit)
        known = f"its limit is {limit} s" if limit else "no limit is known"
        return Ending(reason, f"stopped by {signal_name} after {elapsed:.0f} s; {known}")

    def _work(self) -> None:
        record, settings = self._record, self._settings
        record.raw = read_config(self._config_json)
        try:
            record.completed = complete_benchmark(record.raw)
        except SettingsError as error:
            raise BenchmarkError(Reason.MISCONFIGURED, str(error)) from error
        # a bucket that cannot be written is found now, not after the computing
        self._put_json("config.json", document.configuration(record))
        benchmark = record.completed.benchmark
        record.threads_asked = preflight.threads_asked(record.completed, record.machine)
        record.threads_used = preflight.threads_used(record.threads_asked, settings, record.machine)
        record.instance = preflight.check_instance(benchmark, settings, describe_instance)
        preflight.check_workload(benchmark, settings)
        record.workload = ProxyWorkload.of(benchmark, record.threads_used)
        self._announce()
        self._calibrate()
        self._repeat(record.workload)

    def _announce(self) -> None:
        record = self._record
        assert record.completed is not None  # noqa: S101 - completed before
        benchmark = record.completed.benchmark
        self._progress.say(
            f"{benchmark.id}: proxy of {benchmark.simulation_type} at "
            f"{benchmark.domain.resolution}, {benchmark.duration.days:g} days, "
            f"{record.threads_used} threads (asked for: {record.threads_asked})"
        )

    def _calibrate(self) -> None:
        least = CALIBRATION_SECONDS_ON_AWS if self._settings.platform == "aws" else 0.0
        assert self._record.threads_used is not None  # noqa: S101 - set before
        found = self._record.calibration = calibrate(self._record.threads_used, least)
        self._progress.say(
            f"calibration: {found.triad_gb_per_s:.1f} GB/s triad, "
            f"{found.compute_gflop_per_s:.2f} GFLOP/s, {found.threads} threads"
        )

    def _repeat(self, workload: ProxyWorkload) -> None:
        completed = self._record.completed
        assert completed is not None  # noqa: S101 - completed before
        counts = completed.plan or completed.benchmark
        for number in range(counts.warmups):
            self._run_one(workload, "warm-up", number, counts.warmups)
        for number in range(counts.repetitions):
            self._run_one(workload, "repetition", number, counts.repetitions)
        fields = {run.field_sha256 for _, run in self._record.runs}
        if len(fields) > 1:
            message = f"equal runs gave {len(fields)} different fields"
            raise BenchmarkError(Reason.MODEL_CRASHED, message)

    def _run_one(self, workload: ProxyWorkload, kind: str, number: int, of: int) -> None:
        try:
            run = workload.run_once()
        except BenchmarkError as error:
            where = f"{kind} {number + 1} of {of}: {error.message}"
            raise BenchmarkError(error.reason, where) from error
        self._record.runs.append((kind == "warm-up", run))
        self._progress.say(f"{kind} {number + 1} of {of}: {_in_words(run)}")

    def _write(self, ending: Ending) -> int:
        """Log, results, manifest last. Where they are refused the manifest goes into the log."""
        made = document.make_manifest(self._record, ending, self._settings)
        if not ending.reason:
            self._progress.say("succeeded")
        try:
            self._store.put("run.log", self._progress.as_bytes())
            self._put_json("results.json", document.results(made))
            self._store.put("manifest.json", made.to_json())
        except StorageError as error:
            return self._write_to_log(ending, error)
        return ending.exit_code

    def _write_to_log(self, ending: Ending, error: StorageError) -> int:
        self._progress.complain(f"failed: {Reason.STORAGE}: {error}")
        refused = Ending(Reason.STORAGE, str(error))
        kept = ending if ending.reason else Ending(None, f"measured, but not stored: {error}")
        code = refused.exit_code if not ending.reason else ending.exit_code
        made = document.make_manifest(self._record, kept, self._settings, code)
        self._progress.say(upload.BEGIN_MARK)
        self._progress.say(made.model_dump_json())
        self._progress.say(upload.END_MARK)
        return refused.exit_code

    def _put_json(self, name: str, content: dict[str, Any]) -> None:
        self._store.put(name, json.dumps(content, indent=1, allow_nan=False).encode())


def read_config(text: str) -> dict[str, Any]:
    """The configJson as an object. Raises BenchmarkError, misconfigured."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON number")

    try:
        config = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BenchmarkError(Reason.MISCONFIGURED, f"configJson is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise BenchmarkError(Reason.MISCONFIGURED, "configJson is no JSON object")
    return config


def _in_words(run: Run) -> str:
    peak = run.peak_memory_bytes
    memory = "memory not measured" if peak is None else f"{peak / 2**20:.0f} MiB at the peak"
    return f"{run.wall_seconds:.2f} s wall, {run.cpu_seconds:.2f} s CPU, {memory}"
