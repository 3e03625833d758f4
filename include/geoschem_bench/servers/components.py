"""Airflow's four components: how each is started, and when it is ready."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from geoschem_bench.servers.ports import HOST

Name = Literal["api-server", "scheduler", "dag-processor", "triggerer"]
NAMES: tuple[Name, ...] = get_args(Name)
ARGUMENTS: dict[Name, list[str]] = {
    "api-server": [],
    # Their log servers would listen on all addresses
    "scheduler": ["--skip-serve-logs"],
    "dag-processor": [],
    "triggerer": ["--skip-serve-logs"],
}
LAUNCH = Path(__file__).parents[1] / "orchestration" / "launch.py"
HEALTH_PATH = "/api/v2/monitor/health"
_ANSWER_SECONDS = 10.0
Health = Mapping[str, Any]


def command(name: Name) -> list[str]:
    """What starts it."""
    return [*_program(name), name, *ARGUMENTS[name]]


def _program(name: Name) -> list[str]:
    if name == "scheduler":
        return [sys.executable, "-P", str(LAUNCH)]  # -P: its folder is no place to import from
    return [sys.executable, "-m", "airflow"]


def ask_health(port: int) -> Health | None:
    """What the api-server says of all; None where it does not answer, or another one does."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", HEALTH_PATH)
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) and "metadatabase" in answer else None


def is_healthy(name: Name, health: Health | None, since: float) -> bool:
    """Whether it works now.

    Args:
        name: The component.
        health: What the api-server says.
        since: When it was started: a heartbeat before that is of one that is gone.
    """
    if health is None:
        return False
    if name == "api-server":
        return bool((health["metadatabase"] or {}).get("status") == "healthy")
    key = name.replace("-", "_")
    said = health.get(key) or {}
    last = said.get(f"latest_{key}_heartbeat")
    return bool(said.get("status") == "healthy" and last and _seconds(last) > since)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
