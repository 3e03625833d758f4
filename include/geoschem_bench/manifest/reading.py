"""Bytes → Manifest, or one sentence that says why not."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any, NoReturn

from pydantic import ValidationError

from geoschem_bench.errors import ManifestError, SettingsError
from geoschem_bench.manifest.models import SCHEMA_VERSION, Manifest
from geoschem_bench.suite import complete_benchmark

MAX_BYTES = 5_000_000
_MAX_MISTAKES = 5


def read_manifest(raw: bytes, where: str, expected_id: str | None = None) -> Manifest:
    """Parse and check a manifest found at `where`.

    Args:
        raw: The file; no more than MAX_BYTES + 1 of it need be read.
        where: Its name, for the error.
        expected_id: The benchmark whose folder it lies in.

    Raises:
        ManifestError: Not JSON, cut off, NaN, wrong types, another major version, another
            benchmark's, too large.
    """
    data = _parse(raw, where)
    _check_version(data.get("schema_version"), where)
    try:
        # JSON text, not Python data: in JSON mode an array may become a tuple
        manifest = Manifest.model_validate_json(raw)
    except ValidationError as error:
        raise ManifestError(where, _mistakes(error)) from error
    _check_identity(manifest, where, expected_id)
    return manifest


def _parse(raw: bytes, where: str) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise ManifestError(where, f"is larger than {MAX_BYTES // 1_000_000} MB")

    def refuse(constant: str) -> NoReturn:
        raise ManifestError(where, f"holds {constant}, which is no JSON number")

    try:
        data = json.loads(raw, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ManifestError(where, f"is no valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise ManifestError(where, "is no JSON object")
    return data


def _check_version(version: object, where: str) -> None:
    ours = SCHEMA_VERSION.split(".")[0]
    if not isinstance(version, str) or version.split(".")[0] != ours:
        raise ManifestError(where, f"has schema_version {version!r}; this reader knows {ours}.x")


def _mistakes(error: ValidationError) -> str:
    items = error.errors(include_url=False, include_input=False)
    shown = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in items[:_MAX_MISTAKES]]
    more = len(items) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def _check_identity(manifest: Manifest, where: str, expected_id: str | None) -> None:
    given = manifest.benchmark_id
    if expected_id is not None and given != expected_id:
        raise ManifestError(where, f"is of benchmark {given!r} but lies under {expected_id!r}")
    _check_start(manifest, where)
    if manifest.provenance:
        return  # a log has no configuration of ours
    _check_complete(manifest, where)
    try:
        completed = complete_benchmark(manifest.configuration)
    except SettingsError as error:
        raise ManifestError(where, f"configuration: {error}") from error
    if completed.benchmark.id != given:
        other = completed.benchmark.id
        raise ManifestError(where, f"is of benchmark {given!r}, its configuration of {other!r}")


def _check_complete(manifest: Manifest, where: str) -> None:
    """What only a log may leave out."""
    summary, observed = manifest.run_summary, manifest.observed
    needed = {
        "run_summary.start_time": summary.start_time,
        "run_summary.end_time": summary.end_time,
        "run_summary.duration_seconds": summary.duration_seconds,
        "run_summary.architecture": summary.architecture,
        "requested.instance_type": manifest.requested.instance_type,
        "observed.architecture": observed.architecture,
        "observed.vcpus": observed.vcpus,
    }
    missing = [name for name, value in needed.items() if value is None]
    missing += [
        f"repetitions.{run.number}.cpu_seconds"
        for run in manifest.repetitions
        if run.cpu_user_seconds is None or run.cpu_system_seconds is None
    ]
    if missing:
        raise ManifestError(where, f"is of a job and has no {', '.join(missing)}")


def _check_start(manifest: Manifest, where: str) -> None:
    try:
        started = manifest.started
        if started and started.tzinfo is None:
            raise ManifestError(where, "run_summary.start_time has no time zone")
        if started:
            started.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the year 0, seen from UTC
        raise ManifestError(where, f"run_summary.start_time: {error}") from error
