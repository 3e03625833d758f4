"""Manifests: what a job writes, versioned; parsed or refused, never half read."""

from geoschem_bench.manifest.models import (
    SCHEMA_VERSION,
    Calibration,
    Environment,
    Manifest,
    Observed,
    Outcome,
    PerformanceMetrics,
    Provenance,
    Repetition,
    Requested,
    RunSummary,
    SimulationDetails,
)
from geoschem_bench.manifest.reading import MAX_BYTES, read_manifest

__all__ = [
    "MAX_BYTES",
    "SCHEMA_VERSION",
    "Calibration",
    "Environment",
    "Manifest",
    "Observed",
    "Outcome",
    "PerformanceMetrics",
    "Provenance",
    "Repetition",
    "Requested",
    "RunSummary",
    "SimulationDetails",
    "read_manifest",
]
