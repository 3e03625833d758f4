"""Asking a running sandbox for faults: what the command line and tests use."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.faults.model import Fault, FaultError, Kind
from geoschem_bench.sandbox.record import Sandbox
from geoschem_bench.sandbox.settings import CALLS_PATH, FAULTS_PATH

_ANSWER_SECONDS = 30.0


def job(
    sandbox: Sandbox,
    pattern: str,
    fate: str,
    *,
    queue: str | None = None,
    reason: str | None = None,
    seconds: float | None = None,
    times: int | None = None,
) -> Fault:
    """Sets the fate of jobs.

    Args:
        sandbox: The one that runs.
        pattern: Of job names, e.g. `smoke-*`.
        fate: One of `model.Fate`.
        queue: Only of this queue.
        reason: For `stuck` and `no-image`: a word of `reasons`, or AWS's text as it stands.
        seconds: How long the job runs before its fate; `idle` then has succeeded.
        times: Only for the first so many attempts.
    """
    return _set(sandbox, Fault(Kind.JOB, pattern, fate, "", reason, queue, seconds, times))


def environment(sandbox: Sandbox, name: str, effect: str, reason: str | None = None) -> Fault:
    """Makes compute environments `invalid` (for a reason), `disabled` or `no-capacity`.

    The name may be a pattern.
    """
    return _set(sandbox, Fault(Kind.ENVIRONMENT, name, effect, reason=reason))


def quota(sandbox: Sandbox, code_or_name: str, vcpus: float) -> Fault:
    """Sets a service quota of EC2, by its code or by a part of its name."""
    return _set(sandbox, Fault(Kind.QUOTA, code_or_name, f"{vcpus:g}"))


def service(
    sandbox: Sandbox,
    target: str,
    effect: str,
    *,
    code: str | None = None,
    seconds: float | None = None,
    rate: float = 1.0,
    times: int | None = None,
    seed: int = 0,
) -> Fault:
    """Makes a service answer late, or with errors.

    Args:
        sandbox: The one that runs.
        target: `s3`, `batch:DescribeJobs`, `ec2:Describe*`, or `*`.
        effect: `latency`, `throttling`, `5xx` or `refuse`.
        code: Of `refuse`: `expired-token`, `access-denied` and `unknown-key` become the service's
            own; any other is sent as it stands.
        seconds: Of `latency`.
        rate: The share of requests.
        times: Only so many requests.
        seed: Of the draw that `rate` makes.
    """
    asked = Fault(
        Kind.SERVICE, target, effect, "", code, None, seconds, times, rate, seed
    )  # fmt: skip
    return _set(sandbox, asked)


def listed(sandbox: Sandbox) -> list[Fault]:
    """The faults that are set, quotas that were changed among them."""
    answer = _ask(sandbox, "GET", FAULTS_PATH)
    return [Fault.from_document(each) for each in answer["faults"]]


def clear(sandbox: Sandbox, fault_id: str | None = None) -> int:
    """Clears one, or all; says how many. Jobs that were stuck go on."""
    path = f"{FAULTS_PATH}/{quote(fault_id, safe='')}" if fault_id else FAULTS_PATH
    return int(_ask(sandbox, "DELETE", path)["cleared"])


def calls(sandbox: Sandbox) -> dict[str, int]:
    """How often each `service:Operation` was asked for, since the start or `reset_calls`."""
    counts: dict[str, int] = _ask(sandbox, "GET", CALLS_PATH)["calls"]
    return counts


def reset_calls(sandbox: Sandbox) -> None:
    """Counts from zero."""
    _ask(sandbox, "DELETE", CALLS_PATH)


def _set(sandbox: Sandbox, fault: Fault) -> Fault:
    fault.check()
    answer = _ask(sandbox, "POST", FAULTS_PATH, json.dumps(fault.to_document()))
    return Fault.from_document(answer["fault"])


def _ask(sandbox: Sandbox, method: str, path: str, body: str | None = None) -> dict[str, Any]:
    address = urlsplit(sandbox.endpoint_url)
    scope = f"{sandbox.access_key}/20000101/{sandbox.region}/sandbox/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"}
    connection = http.client.HTTPConnection(
        str(address.hostname), address.port, timeout=_ANSWER_SECONDS
    )
    try:
        with closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            status, text = response.status, response.read()
            document: dict[str, Any] = json.loads(text) if status in (200, 400) else {}
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise SandboxError(
            f"the sandbox at {sandbox.endpoint_url} does not answer ({error}); start it: "
            "geoschem-bench sandbox up"
        ) from error
    if status == 400:
        raise FaultError(str(document.get("message")))
    if status != 200:
        raise SandboxError(f"the sandbox at {sandbox.endpoint_url} refuses: {text.decode()}")
    return document
