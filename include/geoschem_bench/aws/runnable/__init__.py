"""Why a job waits in RUNNABLE, and whether it will ever get an instance."""

from geoschem_bench.aws.runnable.diagnosis import RunnableDiagnosis
from geoschem_bench.aws.runnable.waiting import Waiting

__all__ = ["RunnableDiagnosis", "Waiting"]
