"""What the row of an imported log says, besides what every manifest says."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from geoschem_bench.manifest import Manifest
from geoschem_bench.records.logs.facts import LogFacts, log_run_id


def log_fields(manifest: Manifest) -> dict[str, Any]:
    """The part of a Result that the planner says of a job and a log of itself."""
    details, provenance, requested = (
        manifest.simulation_details, manifest.provenance, manifest.requested)  # fmt: skip
    if provenance is None or details.simulated_days is None:
        raise ValueError(f"{manifest.benchmark_id}: no manifest of a log")
    facts = LogFacts.model_validate(provenance.facts)
    return {
        "benchmark_id": manifest.benchmark_id,
        "benchmark_run_id": log_run_id(manifest.started, provenance.sha256),
        "submission": provenance.submission,
        "phase": None,
        "suite": None,
        "config_sha256": _sha256_of_setup(manifest),
        "application": details.application,
        "simulation_type": details.simulation_type,
        "resolution": details.resolution,
        "region": details.region,
        "simulated_days": details.simulated_days,
        "model_version": details.model_version,
        "compiler": details.compiler,
        "meteorology": details.meteorology,
        "levels": details.levels,
        "factors": facts.factors,
        "requested_instance_type": requested.instance_type,
        "nodes": requested.nodes,
        "purchase_option": facts.purchase_option,
        "is_cold": facts.is_cold,
        "wall_clock": provenance.wall_clock,
        "wall_uncertainty_seconds": provenance.wall_uncertainty_seconds,
        "origin": "log",
        "source": provenance.source,
        "notes": provenance.notes,
    }


def _sha256_of_setup(manifest: Manifest) -> str:
    """Identity of what was measured, as far as a log and its importer say."""
    setup = {
        "simulation": manifest.simulation_details.model_dump(mode="json"),
        "requested": manifest.requested.model_dump(mode="json"),
        "factors": manifest.provenance.facts.get("factors", {}) if manifest.provenance else {},
    }
    return hashlib.sha256(json.dumps(setup, sort_keys=True).encode()).hexdigest()
