"""A log becomes a manifest, a row, and the same row again."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime

import pytest

from geoschem_bench.manifest import read_manifest
from geoschem_bench.model_logs import LogError
from geoschem_bench.pricing import PriceList
from geoschem_bench.records import LogFacts, LogFiler, Stored, load_prefix
from tests.unit.records.fakes import MemoryResults
from tests.unit.records.logs import BUCKET, GOOD, ON_C5, PRICES, filed, gchp_log, log, week


def test_a_manifest_of_a_log_reads_back(objects, store):
    filed(objects, store, ON_C5)
    (address,) = [a for a in objects.objects if a.endswith("manifest.json")]
    provenance = read_manifest(objects.objects[address], address).provenance
    assert provenance
    assert provenance.source == GOOD


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


def test_a_log_without_its_companions_takes_nothing_away(objects, store):
    whole = filed(objects, store, run=gchp_log(all_pes=True))
    bare = filed(objects, store, run=gchp_log(all_pes=False))
    assert (bare.stored, bare.result.wall_seconds) == (Stored.SAME, whole.result.wall_seconds)


def test_what_an_older_version_filed_is_left_as_it_is(objects, store):
    """Its bytes are its identity: written anew they would contradict the row."""
    filed(objects, store, run=gchp_log(all_pes=True))
    (address,) = [a for a in objects.objects if a.endswith("manifest.json")]
    older = json.dumps(json.loads(objects.objects[address])).encode()
    objects.objects[address] = older
    store.rows.clear()
    again = filed(objects, store, run=gchp_log(all_pes=False)).result
    assert objects.objects[address] == older
    assert again.manifest_sha256 == hashlib.sha256(older).hexdigest()


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
