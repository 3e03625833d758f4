"""Results: records, the stores' interfaces, and the way from S3 into the table."""

from geoschem_bench.records.costing import SMOKE
from geoschem_bench.records.failures import classify
from geoschem_bench.records.importing import (
    Filed,
    LogFiler,
    imports_prefix,
    result_of_log,
)
from geoschem_bench.records.loading import LoadSummary, Rejected, load_prefix
from geoschem_bench.records.logs import LogFacts
from geoschem_bench.records.models import JobRecord, Result
from geoschem_bench.records.run_files import RunPlanFile, read_run_plan
from geoschem_bench.records.stores import ObjectStore, ResultsStore, Stored

__all__ = [
    "SMOKE",
    "Filed",
    "JobRecord",
    "LoadSummary",
    "LogFacts",
    "LogFiler",
    "ObjectStore",
    "Rejected",
    "Result",
    "ResultsStore",
    "RunPlanFile",
    "Stored",
    "classify",
    "imports_prefix",
    "load_prefix",
    "read_run_plan",
    "result_of_log",
]
