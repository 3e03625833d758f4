import json

import pytest

from geoschem_bench.errors import BenchmarkError, Reason, StorageError
from geoschem_bench.manifest import read_manifest
from geoschem_bench_runner import job as jobs
from geoschem_bench_runner import upload
from geoschem_bench_runner.job import Job
from geoschem_bench_runner.measurement.instance import describe_instance
from geoschem_bench_runner.measurement.running import Measured
from geoschem_bench_runner.settings import settings_from
from geoschem_bench_runner.team import CpuSeconds
from geoschem_bench_runner.workloads import ProxyWorkload, Run, failure

pytestmark = pytest.mark.usefixtures("kept_signals")


class Store:
    """Keeps what is put, in order; refuses from the n-th on."""

    def __init__(self, refuse_from=10**9):
        self.objects, self._refuse_from = {}, refuse_from

    def put(self, name, content):
        if len(self.objects) >= self._refuse_from:
            raise StorageError(f"s3://gone/{name} cannot be written: NoSuchBucket")
        self.objects[name] = content

    @property
    def manifest(self):
        return read_manifest(self.objects["manifest.json"], "manifest.json")


def run(config, store=None, environment=None):
    store = store or Store()
    text = config if isinstance(config, str) else json.dumps(config)
    return Job(text, store, settings_from(environment or {})).run(), store


def fake_run(wall=2.0, sha="a" * 64, peak=2**30):
    return Run(wall, 1.5 * wall, 0.1 * wall, 2.0 * wall, peak, "PSS", {"Transport": wall}, sha)


@pytest.fixture
def instant(monkeypatch):
    """The flow around the runs alone: what a run and a calibration give is set by the test."""
    given: list[Run | BaseException] = []

    def run_once(self):
        found = given.pop(0)
        if isinstance(found, BaseException):
            raise found
        return found

    monkeypatch.setattr(ProxyWorkload, "run_once", run_once)
    monkeypatch.setattr(jobs.Job, "_calibrate", lambda self: None)
    return given


def test_a_real_job_from_configuration_to_manifest(benchmark, capsys):
    code, store = run(benchmark, environment={"GEOSCHEM_BENCH_PLATFORM": "sandbox"})
    assert code == 0
    assert list(store.objects) == ["config.json", "run.log", "results.json", "manifest.json"]
    made = store.manifest
    assert (made.outcome.status, made.outcome.exit_code) == ("succeeded", 0)
    assert (made.workload, made.benchmark_id) == ("proxy", "smoke-4x5")
    assert [(r.number, r.warmup) for r in made.repetitions] == [(1, True), (1, False), (2, False)]
    walls = sorted(r.wall_seconds for r in made.repetitions[1:])
    assert made.performance_metrics.wall_seconds == pytest.approx(sum(walls) / 2)
    assert 0.0 < made.performance_metrics.cpu_efficiency <= 1.05
    assert 0.03 < made.performance_metrics.peak_memory_gib < 1.0
    assert made.performance_metrics.throughput_days_per_day is None
    assert made.performance_metrics.hours_per_sim_day is None
    assert "not GEOS-Chem's" in made.performance_metrics.null_reason
    assert len(made.simulation_details.field_sha256) == 64
    assert made.simulation_details.checks["mass_drift_relative"] < 1e-10
    assert made.calibration.threads == 1
    assert made.environment.memory_method
    for repetition in made.repetitions:
        timed = repetition.cpu_user_seconds + repetition.cpu_system_seconds
        assert timed < repetition.process_cpu_seconds  # which includes the set-up
        assert set(repetition.timers) == {"Transport"}
    log = store.objects["run.log"].decode()
    assert "repetition 2 of 2: " in log
    assert "repetition 2 of 2: " in capsys.readouterr().out
    results = json.loads(store.objects["results.json"])
    assert results["performance_metrics"] == made.performance_metrics.model_dump()


def test_what_was_filled_in_is_said(benchmark, instant):
    instant += [fake_run()] * 4
    del benchmark["warmups"], benchmark["repetitions"]
    _, store = run(benchmark)
    assert {"warmups", "repetitions"} <= set(store.manifest.defaults_filled)
    assert json.loads(store.objects["config.json"])["repetitions"] == 3


def test_the_plan_decides_and_is_kept(benchmark, plan, instant):
    instant += [fake_run()]
    _, store = run({**benchmark, "plan": plan})
    assert len(store.manifest.repetitions) == 1
    assert store.manifest.plan["benchmark_run_id"] == plan["benchmark_run_id"]


def test_threads_asked_and_used_are_both_recorded(benchmark, instant):
    instant += [fake_run()] * 3
    benchmark["hardware"]["threads"] = 16
    _, store = run(benchmark, environment={"GEOSCHEM_BENCH_GRANTED_VCPUS": "2"})
    made = store.manifest
    assert (made.requested.threads, made.observed.threads) == (16, 2)
    assert made.observed.granted_vcpus == 2
    assert made.performance_metrics.cpu_efficiency == pytest.approx(1.6 / 2)


def test_medians_leave_the_warm_up_out(benchmark, instant):
    instant += [fake_run(wall=99.0), fake_run(wall=2.0), fake_run(wall=4.0)]
    _, store = run(benchmark)
    assert store.manifest.performance_metrics.wall_seconds == 3.0
    assert store.manifest.timers == {"Transport": 3.0}


def test_unmeasured_memory_is_null(benchmark, instant):
    instant += [fake_run(peak=None)] * 3
    _, store = run(benchmark)
    assert store.manifest.performance_metrics.peak_memory_gib is None
    assert store.manifest.repetitions[0].peak_memory_gib is None


def test_spinning_threads_have_no_efficiency(benchmark, instant, monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    instant += [fake_run()] * 3
    _, store = run(benchmark)
    assert store.manifest.performance_metrics.cpu_efficiency is None
    assert store.manifest.environment.openmp["OMP_WAIT_POLICY"] == "ACTIVE"


def test_equal_runs_that_differ_are_a_crash(benchmark, instant):
    instant += [fake_run(), fake_run(), fake_run(sha="b" * 64)]
    code, store = run(benchmark)
    assert code == 13
    assert store.manifest.outcome.reason is Reason.MODEL_CRASHED


def test_a_crash_keeps_what_was_measured_before(benchmark, instant, capsys):
    instant += [fake_run(), fake_run(), BenchmarkError(Reason.MODEL_CRASHED, "mass drifted")]
    code, store = run(benchmark)
    made = store.manifest
    assert code == made.outcome.exit_code == 13
    assert made.outcome.message == "repetition 2 of 2: mass drifted"
    assert len(made.repetitions) == 2
    assert "failed: model_crashed: repetition 2 of 2: mass drifted" in capsys.readouterr().err


def test_an_error_of_ours_still_gets_a_manifest(benchmark, instant):
    instant += [ZeroDivisionError("of ours")]
    code, store = run(benchmark)
    assert code == 70
    assert store.manifest.outcome.reason is Reason.UNKNOWN
    assert "ZeroDivisionError: of ours" in store.manifest.outcome.message


def test_a_benchmark_beyond_the_proxy_fails_before_computing(benchmark):
    benchmark |= {"application": "gchp", "domain": {"resolution": "c24"}}
    benchmark["hardware"] = {"instance_type": "c7g.16xlarge"}
    code, store = run(benchmark, environment={"GEOSCHEM_BENCH_STAND_IN": "proxy"})
    assert code == 10
    assert store.manifest.calibration is None
    assert "the proxy cannot stand in" in store.manifest.outcome.message


def test_a_missing_model_is_no_proxy_result(benchmark):
    benchmark["application"] = "gc-classic"
    benchmark["hardware"] = {"instance_type": "c7g.4xlarge"}
    code, store = run(benchmark)
    assert code == 10
    assert store.manifest.workload == "model"


def test_a_silent_instance_on_aws_is_the_wrong_one(benchmark, monkeypatch):
    def silent():  # asks the address in the environment, where nobody is
        return describe_instance(silence_seconds=0.2)

    monkeypatch.setattr(jobs, "describe_instance", silent)
    code, store = run(benchmark, environment={"GEOSCHEM_BENCH_PLATFORM": "aws"})
    assert code == 11
    assert store.manifest.outcome.reason is Reason.WRONG_INSTANCE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{not json", "no JSON"),
        ("[1]", "no JSON object"),
        ('{"id": NaN}', "NaN"),
        ("[" * 100_000, "no JSON"),
        ('{"id": "x", "duration": {"days": -1}}', "duration.days"),
    ],
)
def test_a_broken_configuration_is_misconfigured(text, message):
    code, store = run(text)
    assert code == 10
    outcome = json.loads(store.objects["manifest.json"])["outcome"]
    assert outcome["reason"] == "misconfigured"
    assert message in outcome["message"]


def manifest_in(log):
    lines = log.splitlines()
    first, last = lines.index(upload.BEGIN_MARK), lines.index(upload.END_MARK)
    return read_manifest("\n".join(lines[first + 1 : last]).encode(), "log")


def test_a_missing_bucket_is_found_before_computing(benchmark, instant, capsys):
    code, _ = run(benchmark, Store(refuse_from=0))
    assert code == 15
    made = manifest_in(capsys.readouterr().out)
    assert made.outcome.reason is Reason.STORAGE
    assert "NoSuchBucket" in made.outcome.message
    assert made.repetitions == ()


def test_results_that_cannot_be_stored_are_in_the_log(benchmark, instant, capsys):
    instant += [fake_run()] * 3
    code, _ = run(benchmark, Store(refuse_from=1))
    assert code == 15
    said = capsys.readouterr()
    made = manifest_in(said.out)
    assert (made.outcome.status, made.outcome.exit_code) == ("succeeded", 15)
    assert len(made.repetitions) == 3
    assert "failed: storage: s3://gone/run.log" in said.err


@pytest.mark.parametrize(
    ("code", "errors", "kills", "reason"),
    [
        (3, "the proxy crashed: mass drifted", (0, 0), Reason.MODEL_CRASHED),
        (-11, "", (None, None), Reason.MODEL_CRASHED),
        (3, "process 0 of the team ended by signal 9", (1, 2), Reason.OUT_OF_MEMORY),
        (-9, "", (0, 1), Reason.OUT_OF_MEMORY),
        (-9, "", (1, 1), Reason.UNKNOWN),
        (1, "MemoryError", (0, 0), Reason.OUT_OF_MEMORY),
    ],
)
def test_why_a_run_failed_is_told_from_the_evidence(code, errors, kills, reason):
    measured = Measured(code, 1.0, CpuSeconds(0.0, 0.0), None, "PSS", b"", errors)
    assert failure(measured, *kills).reason is reason


def test_a_repetition_that_fails_says_why():
    with pytest.raises(BenchmarkError, match="KeyError: '9x9'") as crashed:
        ProxyWorkload("TransportTracers", "9x9", 1 / 72, 1).run_once()
    assert crashed.value.reason is Reason.MODEL_CRASHED
