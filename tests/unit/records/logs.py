"""Logs of the project as the importer sees them."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from geoschem_bench.model_logs import open_log, read_log
from geoschem_bench.pricing import Price, PriceList
from geoschem_bench.records import LogFacts, LogFiler

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


def filed(objects, store, facts=LogFacts(), run=None, prices=None):  # noqa: B008 - frozen
    return LogFiler(BUCKET, objects, store, prices).file(run or log(), GOOD, facts)


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
