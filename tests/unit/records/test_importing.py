"""A log becomes a manifest, a row, and the same row again."""

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from geoschem_bench.errors import Reason, UserError
from geoschem_bench.manifest import read_manifest
from geoschem_bench.model_logs import LogError, open_log, read_log, read_timers_run
from geoschem_bench.pricing import Price, PriceList
from geoschem_bench.records import LogFacts, LogFiler, Stored, load_prefix, result_of_log
from geoschem_bench.records.logs import manifest_of_log
from tests.unit.records.fakes import MemoryObjects, MemoryResults

LOGS = Path(__file__).parents[2] / "data" / "model_logs" / "gc-classic-14.7.0"
GOOD = "tt-1day-synthetic-met-2threads-ok.log"
CRASHED = "tt-wetdep-error-rc159.log"
BUCKET = "bucket"
ON_C5 = LogFacts(
    instance_type="c5.4xlarge", aws_region="us-west-2", threads=2, purchase_option="on_demand"
)
PRICES = PriceList([Price(instance_type="c5.4xlarge", region="us-west-2",
                          purchase_option="on_demand", usd_per_hour=0.68, as_of="2026-11-01",
                          source="a test")])  # fmt: skip


def log(name=GOOD):
    with open_log(LOGS / name) as stream:
        return read_log(stream, name)


def week():
    """The same, as if it had simulated a week: long enough for a cost."""
    return replace(log(), simulated_days=7.0)


@pytest.fixture
def objects():
    return MemoryObjects()


@pytest.fixture
def store():
    return MemoryResults()


def filed(objects, store, facts=LogFacts(), run=None, prices=None):  # noqa: B008 - frozen
    return LogFiler(BUCKET, objects, store, prices).file(run or log(), GOOD, facts)


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


def test_a_manifest_of_a_log_reads_back(objects, store):
    filed(objects, store, ON_C5)
    (address,) = [a for a in objects.objects if a.endswith("manifest.json")]
    provenance = read_manifest(objects.objects[address], address).provenance
    assert provenance
    assert provenance.source == GOOD


def test_a_job_may_not_leave_out_what_a_log_may():
    data = json.loads(manifest_of_log(log(), GOOD, LogFacts()).to_json())
    data["provenance"] = None
    with pytest.raises(Exception, match=r"is of a job and has no .*requested\.instance_type"):
        read_manifest(json.dumps(data).encode(), "s3://b/manifest.json")


def test_the_same_log_is_filed_once(objects, store):
    assert filed(objects, store).stored is Stored.NEW
    assert filed(objects, store).stored is Stored.SAME
    assert len(store.rows) == 1


def test_a_copy_under_another_name_is_the_same_log(objects, store):
    filed(objects, store)
    copy = LogFiler(BUCKET, objects, store).file(log(), "copy.log", LogFacts())
    assert (copy.stored, copy.result.source) == (Stored.SAME, GOOD)


def test_copies_in_one_import_are_one(objects, store):
    filer = LogFiler(BUCKET, objects, store)
    outcomes = [filer.file(log(), name, LogFacts()).stored for name in ("a.log", "b.log")]
    assert outcomes == [Stored.NEW, Stored.SAME]


def test_other_facts_take_the_place_of_the_first(objects, store):
    filed(objects, store)
    again = filed(objects, store, ON_C5)
    assert (again.stored, again.result.submission) == (Stored.NEW, 2)
    assert filed(objects, store, ON_C5).stored is Stored.SAME
    assert len(store.rows) == 2


def test_one_log_has_one_id(objects, store):
    filed(objects, store, LogFacts(benchmark_id="MINE"))
    assert filed(objects, store, ON_C5).result.benchmark_id == "MINE"
    with pytest.raises(LogError, match="is filed as MINE already"):
        filed(objects, store, LogFacts(benchmark_id="OTHER"))


def test_a_log_without_a_clock_is_filed_without_a_date(objects, store):
    found = filed(objects, store, run=replace(log(), started=None, ended=None)).result
    assert found.benchmark_run_id.startswith("00000000T000000Z-")
    assert (found.started_at, found.month) == (None, "0000-00")


def test_a_log_that_does_not_say_what_was_simulated_is_refused():
    silent = replace(log(), simulation_type=None, simulated_days=None)
    with pytest.raises(
        LogError, match=r"simulation and the simulated days; give --simulation, --days"
    ):
        result_of_log(silent, GOOD, LogFacts())


def test_a_cost_names_its_price_and_stays_what_it_was(objects, store):
    result = filed(objects, store, ON_C5, week(), PRICES).result
    assert result.cost_usd_per_sim_day == pytest.approx(0.68 * 105.974 / 3600 / 7)
    assert result.price.source == "a test"
    dearer = PriceList([next(iter(PRICES)).model_copy(update={"usd_per_hour": 9.0})])
    assert filed(objects, store, ON_C5, week(), dearer).result.price.usd_per_hour == 0.68


def test_a_missing_price_is_said_and_can_be_found_later(objects, store):
    result = filed(objects, store, ON_C5, week(), PriceList([])).result
    assert result.cost_usd_per_sim_day is None
    assert "prices refresh --region us-west-2 --type c5.4xlarge" in result.cost_null_reason
    summary = load_prefix("s3://bucket/imports/", objects, MemoryResults(), PRICES)
    assert summary.results[0].cost_usd_per_sim_day is not None


def test_s3_alone_rebuilds_the_table(objects, store):
    filed(objects, store)
    filed(objects, store, ON_C5)
    rebuilt = MemoryResults()
    load_prefix("s3://bucket/imports/", objects, rebuilt)
    assert set(rebuilt.rows) == set(store.rows)


def test_stamps_have_a_zone_and_say_that_it_is_a_guess(objects, store):
    result = filed(objects, store).result
    assert datetime.fromisoformat(result.started_at).tzinfo is not None
    assert any("no time zone" in note for note in result.notes)


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


def test_fewer_facts_take_nothing_away(objects, store):
    filed(objects, store, ON_C5)
    again = filed(objects, store)
    assert (again.stored, again.result.observed_instance_type) == (Stored.SAME, "c5.4xlarge")


def test_what_nobody_said_of_the_price_leaves_the_cost_empty(objects, store):
    where = {"instance_type": "c5.4xlarge"}
    for facts, why in (({}, "region"), ({"aws_region": "us-west-2"}, "on demand or as spot")):
        result = filed(objects, store, LogFacts(**where, **facts), week(), PRICES).result
        assert result.cost_usd_per_sim_day is None
        assert why in result.cost_null_reason


def test_a_price_of_another_type_is_never_taken_over(objects, store):
    first = filed(objects, store, ON_C5, week(), PRICES).result
    cost = objects.objects[first.output_path + "cost.json"]
    other = ON_C5.model_copy(update={"instance_type": "c5.9xlarge"})
    second = LogFiler(BUCKET, objects, store, PRICES).file(week(), GOOD, other).result
    objects.objects[second.output_path + "cost.json"] = cost
    summary = load_prefix("s3://bucket/imports/", objects, MemoryResults(), PRICES)
    prices = {r.observed_instance_type: r.price for r in summary.results}
    assert prices["c5.4xlarge"]
    assert prices["c5.9xlarge"] is None


def test_two_logs_whose_checksums_begin_alike_are_two(objects, store):
    one = replace(log(), sha256="ab" * 32, started=None)
    other = replace(one, sha256="abababab" + "cd" * 28, wall_seconds=50.0)
    filed(objects, store, run=one)
    found = filed(objects, store, run=other).result
    assert found.submission == 1
    assert len({row.benchmark_run_id for row in store.rows.values()}) == 2


def gchp_log(all_pes):
    """The sample of 14.7, with or without what lies beside it."""
    samples = LOGS.parent / "gchp-samples"
    with ExitStack() as stack:
        beside = samples / "c24-1day-14.7-allPEs.log"
        return read_log(
            stack.enter_context(open_log(samples / "c24-1day-14.7.log")),
            "gchp.log",
            all_pes=stack.enter_context(open_log(beside)) if all_pes else None,
        )


def test_a_log_without_its_companions_takes_nothing_away(objects, store):
    whole = filed(objects, store, run=gchp_log(all_pes=True))
    bare = filed(objects, store, run=gchp_log(all_pes=False))
    assert (bare.stored, bare.result.wall_seconds) == (Stored.SAME, whole.result.wall_seconds)


def test_companions_that_come_later_make_it_better(objects, store):
    bare = filed(objects, store, run=gchp_log(all_pes=False)).result
    whole = filed(objects, store, run=gchp_log(all_pes=True))
    assert (whole.stored, whole.result.submission) == (Stored.NEW, 2)
    assert len(whole.result.timers) > len(bare.timers)
    assert (bare.nodes, whole.result.nodes) == (None, 2)


def test_facts_that_do_not_go_with_those_filed_are_of_that_log_alone(objects, store):
    filed(objects, store, LogFacts(instance_type="c7g.16xlarge", threads=64))
    with pytest.raises(LogError, match=r"was filed with facts .*--threads 64: c7g\.4xlarge has 16"):
        filed(objects, store, LogFacts(instance_type="c7g.4xlarge"))


def test_gc_classic_runs_on_one_node():
    with pytest.raises(LogError, match="runs on one node, not on 4"):
        result_of_log(log(), GOOD, LogFacts(nodes=4))
