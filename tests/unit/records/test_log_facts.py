"""What a log says, what a person adds, and what nobody said."""

import json
from dataclasses import replace

import pytest

from geoschem_bench.errors import Reason, UserError
from geoschem_bench.manifest import read_manifest
from geoschem_bench.model_logs import LogError, read_timers_run
from geoschem_bench.records import LogFacts, result_of_log
from geoschem_bench.records.logs import manifest_of_log
from tests.unit.records.logs import (
    CRASHED,
    GOOD,
    LOGS,
    ON_C5,
    log,
    week,
)


def test_what_the_log_says_and_what_nobody_said():
    result = result_of_log(log(), GOOD, LogFacts())
    assert result.status == "succeeded"
    assert (result.origin, result.source, result.wall_clock) == ("log", GOOD, "timers")
    assert result.wall_seconds == (105.974,)
    assert result.hours_per_sim_day == pytest.approx(105.974 / 3600)
    assert result.timers["Transport"] == 56.433
    assert (result.model_version, result.meteorology, result.levels) == ("14.7.0", "MERRA2", 72)
    assert result.benchmark_id == "GCC-14-7-0-TransportTracers-4x5-1d"
    assert result.benchmark_run_id == "20261122T035100Z-" + log().sha256[:16]
    unknown = (result.observed_instance_type, result.threads, result.architecture, result.vcpus,
               result.cost_usd_per_sim_day, result.requested_instance_type)  # fmt: skip
    assert unknown == (None,) * 6
    assert result.is_smoke


def test_cpu_efficiency_is_of_the_whole_process_and_needs_the_threads():
    assert result_of_log(log(), GOOD, LogFacts()).cpu_efficiency is None
    known = result_of_log(log(), GOOD, LogFacts(threads=2))
    assert known.cpu_efficiency == pytest.approx((107.60 + 17.47) / (106.07 * 2))
    assert known.peak_memory_gib[0] == pytest.approx(2150000 / 1024**2)


def test_the_instance_type_brings_what_the_catalogue_knows():
    result = result_of_log(log(), GOOD, ON_C5)
    assert (result.observed_instance_type, result.architecture) == ("c5.4xlarge", "x86_64")
    assert (result.vcpus, result.physical_cores, result.aws_region) == (16, 8, "us-west-2")


def test_an_unknown_instance_type_is_the_persons_mistake():
    with pytest.raises(UserError, match=r"near it: c5\.4xlarge"):
        result_of_log(log(), GOOD, LogFacts(instance_type="c5.4xlarg"))


def test_a_failed_run_keeps_its_timers_and_has_no_speed():
    result = result_of_log(log(CRASHED), CRASHED, ON_C5)
    assert (result.status, result.reason) == ("failed", Reason.MODEL_CRASHED)
    assert (result.wall_seconds, result.hours_per_sim_day, result.cpu_efficiency) == (
        (),
        None,
        None,
    )
    assert result.timers["GEOS-Chem"] == 2.625


def test_a_job_may_not_leave_out_what_a_log_may():
    data = json.loads(manifest_of_log(log(), GOOD, LogFacts()).to_json())
    data["provenance"] = None
    with pytest.raises(Exception, match=r"is of a job and has no .*requested\.instance_type"):
        read_manifest(json.dumps(data).encode(), "s3://b/manifest.json")


def test_a_log_that_does_not_say_what_was_simulated_is_refused():
    silent = replace(log(), simulation_type=None, simulated_days=None)
    with pytest.raises(
        LogError, match=r"simulation and the simulated days; give --simulation, --days"
    ):
        result_of_log(silent, GOOD, LogFacts())


def test_long_runs_that_nobody_called_synthetic_may_be_ranked():
    assert not result_of_log(week(), GOOD, LogFacts()).is_smoke
    assert result_of_log(week(), GOOD, LogFacts(is_synthetic_input=True)).is_smoke


def test_timers_without_their_log_need_the_importers_word():
    run = read_timers_run((LOGS / "gcclassic_timers-ok.json").read_bytes(), "t.json")
    with pytest.raises(LogError, match="give --simulation, --resolution, --days"):
        result_of_log(run, "t.json", LogFacts())
    facts = LogFacts(simulation_type="transport", resolution="4.0x5.0", simulated_days=1.0)
    result = result_of_log(run, "t.json", facts)
    assert (result.simulation_type, result.resolution) == ("TransportTracers", "4x5")
    assert result.wall_seconds == (94.668,)
    assert any("importer's word" in note for note in result.notes)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"simulated_days": 99.0}, "says simulated days 1.0, not 99.0"),
        ({"model_version": "1.0"}, "says model version 14.7.0, not 1.0"),
        ({"resolution": "2x2.5"}, "says resolution 4x5, not 2x2.5"),
        ({"simulation_type": "Hg"}, "says simulation type TransportTracers, not Hg"),
    ],
)
def test_a_log_that_says_otherwise_is_refused(facts, why):
    with pytest.raises(LogError, match=why):
        result_of_log(log(), GOOD, LogFacts(**facts))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"aws_region": "us-esat-1"}, "no region of AWS; did you mean"),
        ({"instance_type": "hpc7g.4xlarge", "aws_region": "us-west-2"}, "is not sold there"),
        ({"instance_type": "c7g.4xlarge", "threads": 64}, "has 16 vCPUs"),
    ],
)
def test_facts_that_cannot_be_are_the_persons_mistake(facts, why):
    with pytest.raises(UserError, match=why):
        result_of_log(log(), GOOD, LogFacts(**facts))


def test_a_gchp_run_needs_its_nodes_where_the_instance_is_known():
    gchp = replace(log(), application="gchp", mpi_ranks=96, nodes=None)
    facts = LogFacts(instance_type="c5.18xlarge")
    with pytest.raises(LogError, match="give --nodes"):
        result_of_log(gchp, GOOD, facts)
    with pytest.raises(LogError, match=r"96 MPI ranks; 1 x c5\.18xlarge have 72 vCPUs"):
        result_of_log(gchp, GOOD, facts.model_copy(update={"nodes": 1}))
    assert result_of_log(gchp, GOOD, facts.model_copy(update={"nodes": 2})).nodes == 2


def test_gc_classic_runs_on_one_node():
    with pytest.raises(LogError, match="runs on one node, not on 4"):
        result_of_log(log(), GOOD, LogFacts(nodes=4))
