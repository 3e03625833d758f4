"""S3, DynamoDB and Batch behind our interfaces."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench.aws.batch import _job
from geoschem_bench.aws.clients import make_client
from geoschem_bench.aws.dynamodb import from_item, to_item
from geoschem_bench.aws.s3 import split_address
from geoschem_bench.errors import SettingsError, StorageError, UserError
from geoschem_bench.pricing import Price
from geoschem_bench.records import Stored
from geoschem_bench.records.models import Result
from tests.unit.factories import make_failure, make_model_result, make_result

finite = st.floats(min_value=1e-6, max_value=1e9)


@settings(max_examples=50, deadline=None)
@given(
    walls=st.lists(finite, max_size=5).map(tuple),
    timers=st.dictionaries(st.text(min_size=1, max_size=20), finite, max_size=4),
    message=st.none() | st.text(max_size=100),
)
def test_a_result_comes_back_from_its_item(walls, timers, message):
    result = make_result(wall_seconds=walls, timers=timers, message=message)
    assert from_item(to_item(result)) == result


def test_a_missing_number_is_absent_and_never_zero():
    item = to_item(make_failure())
    for name in ("cost_usd_per_sim_day", "throughput_days_per_day", "cpu_efficiency"):
        assert name not in item
    back = from_item(item)
    assert back.throughput_days_per_day is None
    assert back.cost_usd_per_sim_day is None


@pytest.mark.parametrize("broken", [{"threads": {"S": "many"}}, {"model": {"NS": ["1"]}}])
def test_a_row_that_is_no_result_of_ours_is_named(broken):
    item = to_item(make_result(benchmark_id="DOOR-BROKEN"))
    with pytest.raises(StorageError, match=r"DOOR-BROKEN, run_key .* mend or delete it"):
        from_item(item | broken)


def test_numbers_are_stored_as_numbers():
    item = to_item(make_result(wall_seconds=(1.25,)))
    assert item["wall_seconds"] == {"L": [{"N": str(Decimal("1.25"))}]}
    assert "N" in item["threads"]


def test_the_same_result_twice_changes_nothing(doors):
    result = make_result(benchmark_id="DOOR-TWICE")
    assert list(doors.store.put([result]).values()) == [Stored.NEW]
    assert list(doors.store.put([result]).values()) == [Stored.SAME]
    assert doors.store.of_benchmark("DOOR-TWICE") == [result]


def test_another_manifest_never_takes_a_filed_ones_place(doors):
    first = make_result(benchmark_id="DOOR-CONFLICT", manifest_sha256="aa" * 32)
    other = make_result(benchmark_id="DOOR-CONFLICT", manifest_sha256="bb" * 32)
    doors.store.put([first])
    assert list(doors.store.put([other]).values()) == [Stored.CONFLICT]
    assert doors.store.of_benchmark("DOOR-CONFLICT") == [first]


def test_a_manifest_takes_the_place_of_a_failure_and_never_the_reverse(doors):
    failure = make_failure(benchmark_id="DOOR-LATE", submission=1)
    found = make_result(benchmark_id="DOOR-LATE", benchmark_run_id=failure.benchmark_run_id)
    assert failure.manifest_sha256 is None
    doors.store.put([failure])
    assert list(doors.store.put([found]).values()) == [Stored.NEW]
    assert list(doors.store.put([failure]).values()) == [Stored.CONFLICT]
    assert doors.store.of_benchmark("DOOR-LATE") == [found]


def test_every_question_pages(doors):
    """DynamoDB answers in pages of 1 MB: more than one must be read."""
    run = "20200102T000000Z-feedbeef"
    text = "x" * 2000
    results = [
        make_result(benchmark_id=f"PAGE-{n}", benchmark_run_id=run, description=text,
                    log_tail=(text,) * 10, simulation_type="Hg")
        for n in range(60)
    ]  # fmt: skip
    doors.store.put(results)
    assert len(doors.store.of_run(run)) == 60
    assert len(doors.store.of_month("2020-01")) == 60
    assert len(doors.store.of_simulation(results[0].simulation_key)) == 60


def test_items_carry_the_keys_of_every_index():
    item = to_item(make_result())
    assert {"benchmark_id", "run_key", "simulation_key", "benchmark_run_id", "month"} <= set(item)
    required = {name for name, field in Result.model_fields.items() if field.is_required()}
    assert {"benchmark_id", "benchmark_run_id", "submission"} <= required


def test_objects_are_listed_read_and_absent(doors):
    base = f"s3://{doors.bucket}/doors/"
    for name in ("b/1", "a/1", "a/2"):
        doors.objects.put(base + name, name.encode())
    assert list(doors.objects.list(base)) == [base + "a/1", base + "a/2", base + "b/1"]
    assert sorted(doors.objects.folders(base)) == ["a", "b"]
    assert doors.objects.get(base + "a/2") == b"a/2"
    assert doors.objects.get(base + "a/2", 1) == b"a"
    assert doors.objects.get(base + "none") is None


def test_a_missing_bucket_is_said(doors):
    with pytest.raises(StorageError, match="s3://no-such-bucket-here/x: "):
        doors.objects.put("s3://no-such-bucket-here/x", b"")
    with pytest.raises(StorageError, match="cannot list"):
        list(doors.objects.list("s3://no-such-bucket-here/"))


@pytest.mark.parametrize("address", ["", "bucket/key", "s3://", "s3:///key", "http://b/k"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UserError, match="s3://bucket/prefix/"):
        split_address(address)


def test_no_client_without_a_region():
    with pytest.raises(SettingsError, match="AWS_DEFAULT_REGION"):
        make_client("s3", "")


def test_a_queue_that_is_missing_or_disabled_will_not_become_ready(doors):
    assert doors.jobs.queue_state("geos-chem-x86-queue").is_ready
    missing = doors.jobs.queue_state("geos-chem-nowhere-queue")
    assert missing.is_broken
    assert "suite.queues" in missing.message
    batch = make_client("batch", doors.settings.region)
    batch.update_job_queue(jobQueue="geos-chem-x86-spot-queue", state="DISABLED")
    disabled = doors.jobs.queue_state("geos-chem-x86-spot-queue")
    assert disabled.is_broken
    assert "DISABLED" in disabled.message


def test_unknown_jobs_and_logs_are_absent_not_errors(doors):
    assert doors.jobs.describe(["00000000-0000-0000-0000-000000000000"]) == []
    job = _job({"jobId": "1", "jobName": "a", "jobQueue": "q", "status": "RUNNING",
                "container": {"logStreamName": "no/such/stream"}})  # fmt: skip
    assert doors.jobs.log_tail(job) == ()


def test_what_dynamodb_cannot_keep_is_refused_and_not_an_error(doors):
    """One item too large, one number beyond its 38 digits: the others are stored."""
    large = make_result(benchmark_id="DOOR-LARGE", log_tail=("x" * 2000,) * 300)
    number = make_result(benchmark_id="DOOR-NUMBER", wall_seconds=(1e300,))
    good = make_result(benchmark_id="DOOR-GOOD")
    done = list(doors.store.put([large, number, good]).values())
    assert done == [Stored.REFUSED, Stored.REFUSED, Stored.NEW]


def test_an_undated_price_comes_back_as_it_went():
    """Nulls within a part are kept: the reader cannot tell what was left out."""
    price = Price(instance_type="c7g.4xlarge", region="us-west-2", purchase_option="on_demand",
                  usd_per_hour=0.58, source="a source without dates")  # fmt: skip
    result = make_model_result(price=price, aws_region="us-west-2", purchase_option=None)
    assert from_item(to_item(result)) == result
