"""Logs of the model as results: with provenance, and nothing that nobody said."""

from geoschem_bench.records.logs.checks import instance_of
from geoschem_bench.records.logs.facts import LogFacts, derived_id, log_run_id, with_facts
from geoschem_bench.records.logs.fields import log_fields
from geoschem_bench.records.logs.writing import manifest_of_log

__all__ = [
    "LogFacts",
    "derived_id",
    "instance_of",
    "log_fields",
    "log_run_id",
    "manifest_of_log",
    "with_facts",
]
