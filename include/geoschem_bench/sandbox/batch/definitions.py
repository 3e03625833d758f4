"""Operations on job definitions."""

from __future__ import annotations

from geoschem_bench.sandbox.batch import resolve
from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState, checked_name, last_part


def register(state: BatchState, request: Document) -> Document:
    """RegisterJobDefinition: each time a new revision, counted up from 1."""
    name = checked_name(request["jobDefinitionName"], "jobDefinitionName")
    _check_kind(request)
    check_timeout(state, request.get("timeout", {}))
    check_retries(request.get("retryStrategy", {}))
    revision = max((each["revision"] for each in _revisions(state, name)), default=0) + 1
    definition = {
        "parameters": {},
        "tags": {},
        "platformCapabilities": ["EC2"],
        **request,
        "jobDefinitionArn": state.arn("job-definition", f"{name}:{revision}"),
        "revision": revision,
        "status": "ACTIVE",
        "containerOrchestrationType": "ECS",
    }
    state.definitions.put(f"{name}:{revision}", definition)
    shown = ("jobDefinitionName", "jobDefinitionArn", "revision")
    return {key: definition[key] for key in shown}


def describe(state: BatchState, request: Document) -> Document:
    """DescribeJobDefinitions, the newest revision first."""
    wanted = {last_part(each) for each in request.get("jobDefinitions", [])}
    name, status = request.get("jobDefinitionName"), request.get("status")
    shown = [
        each
        for each in state.definitions
        if (not wanted or wanted & {each["jobDefinitionName"], _revision_name(each)})
        and name in (None, each["jobDefinitionName"])
        and status in (None, each["status"])
    ]
    shown.sort(key=lambda each: (each["jobDefinitionName"], -each["revision"]))
    return {"jobDefinitions": shown}


def deregister(state: BatchState, request: Document) -> Document:
    """DeregisterJobDefinition: it stays visible as INACTIVE; its jobs are not touched."""
    name, colon, _ = last_part(request["jobDefinition"]).partition(":")
    if not colon:
        raise RefusedError(f"jobDefinition: {name!r} names no revision; write {name}:<revision>")
    definition = find(state, request["jobDefinition"])
    state.definitions.put(_revision_name(definition), {**definition, "status": "INACTIVE"})
    return {}


def find(state: BatchState, given: str) -> Document:
    """The ACTIVE definition of this name (its latest), name:revision or ARN."""
    name, _, revision = last_part(given).partition(":")
    active = [
        each
        for each in _revisions(state, name)
        if each["status"] == "ACTIVE" and revision in ("", str(each["revision"]))
    ]
    if not active:
        known = ", ".join(
            sorted(_revision_name(each) for each in state.definitions if each["status"] == "ACTIVE")
        )
        raise RefusedError(
            f"jobDefinition: there is no active job definition {given!r}; "
            f"there are: {known or 'none'}"
        )
    return max(active, key=lambda each: int(each["revision"]))


def check_timeout(state: BatchState, timeout: Document) -> None:
    """Refuses a timeout that AWS would refuse."""
    least = state.behaviour.minimum_timeout_seconds
    seconds = timeout.get("attemptDurationSeconds")
    if seconds is not None and seconds < least:
        raise RefusedError(f"timeout: attemptDurationSeconds is {seconds}; at least {least}")


def check_retries(strategy: Document) -> None:
    """Refuses a retry strategy that AWS would refuse."""
    attempts, rules = strategy.get("attempts"), strategy.get("evaluateOnExit", [])
    if attempts is not None and not 1 <= attempts <= 10:
        raise RefusedError(f"retryStrategy: attempts is {attempts}; 1 to 10 are allowed")
    if rules and attempts is None:
        raise RefusedError("retryStrategy: evaluateOnExit needs attempts as well")
    if len(rules) > 5:
        raise RefusedError(f"retryStrategy: evaluateOnExit has {len(rules)} entries; at most 5")
    for rule in rules:
        if str(rule["action"]).upper() not in ("RETRY", "EXIT"):
            raise RefusedError(f"retryStrategy: action is {rule['action']!r}; RETRY or EXIT")


def _check_kind(request: Document) -> None:
    kind = request["type"]
    if kind == "container":
        _check_container(request.get("containerProperties"), "containerProperties")
    elif kind == "multinode":
        if "nodeProperties" not in request:
            raise RefusedError("nodeProperties: missing; type is 'multinode'")
        try:
            _, container = resolve.main_node(request["nodeProperties"])
        except LookupError as error:
            raise RefusedError(str(error)) from error
        _check_container(container, "nodeProperties.nodeRangeProperties.container")
    else:
        raise RefusedError(f"type: {kind!r}; 'container' or 'multinode' are allowed")


def _check_container(container: Document | None, key: str) -> None:
    if container is None:
        raise RefusedError(f"{key}: missing; it says which image, command and resources")
    if "image" not in container:
        raise RefusedError(f"{key}: image is missing")
    asked = {requirement["type"] for requirement in resolve.requirements_of(container)}
    if missing := {"VCPU", "MEMORY"} - asked:
        raise RefusedError(f"{key}.resourceRequirements: {', '.join(sorted(missing))} missing")


def _revisions(state: BatchState, name: str) -> list[Document]:
    return [each for each in state.definitions if each["jobDefinitionName"] == name]


def _revision_name(definition: Document) -> str:
    return f"{definition['jobDefinitionName']}:{definition['revision']}"
