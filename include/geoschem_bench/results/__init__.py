"""Results: records, the stores' interfaces, and the way from S3 into the table."""

from geoschem_bench.results.failures import classify
from geoschem_bench.results.importing import (
    Filed,
    file_log,
    filed_logs,
    imports_prefix,
    result_of_log,
)
from geoschem_bench.results.loading import LoadSummary, Rejected, load_prefix
from geoschem_bench.results.logs import LogFacts
from geoschem_bench.results.records import JobRecord, Result
from geoschem_bench.results.run_files import RunPlanFile, read_run_plan
from geoschem_bench.results.stores import ObjectStore, ResultsStore, Stored

__all__ = [
    "Filed",
    "JobRecord",
    "LoadSummary",
    "LogFacts",
    "ObjectStore",
    "Rejected",
    "Result",
    "ResultsStore",
    "RunPlanFile",
    "Stored",
    "classify",
    "file_log",
    "filed_logs",
    "imports_prefix",
    "load_prefix",
    "read_run_plan",
    "result_of_log",
]
