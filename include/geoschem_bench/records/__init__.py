"""Results: records, the stores' interfaces, and the way from S3 into the table."""

from geoschem_bench.records.costing import SMOKE
from geoschem_bench.records.cures import cure_of
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
from geoschem_bench.records.run_files import (
    BUDGET_FILE,
    LOAD_FILE,
    BudgetDecision,
    RunPlanFile,
    read_budget_decision,
    read_run_plan,
)
from geoschem_bench.records.spending import COSTS_FILE, RunCosts, SubmissionCost, read_costs
from geoschem_bench.records.stores import ObjectStore, ResultsStore, Stamp, Stored
from geoschem_bench.records.summing import sum_costs

__all__ = [
    "BUDGET_FILE",
    "COSTS_FILE",
    "LOAD_FILE",
    "SMOKE",
    "BudgetDecision",
    "Filed",
    "JobRecord",
    "LoadSummary",
    "LogFacts",
    "LogFiler",
    "ObjectStore",
    "Rejected",
    "Result",
    "ResultsStore",
    "RunCosts",
    "RunPlanFile",
    "Stamp",
    "Stored",
    "SubmissionCost",
    "classify",
    "cure_of",
    "imports_prefix",
    "load_prefix",
    "read_budget_decision",
    "read_costs",
    "read_run_plan",
    "result_of_log",
    "sum_costs",
]
