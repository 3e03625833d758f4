"""A small client of Airflow's REST API: what a person does in the UI, and what one sees there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import httpx

from tests.servers.session import Answer, RestError, Session
from tests.servers.waiting import wait_until

Found = TypeVar("Found")
RUN_ENDED = frozenset({"success", "failed"})
TASK_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class TaskState(NamedTuple):
    """Where a task of a run is."""

    state: str | None
    """None: not yet looked at by the scheduler."""
    try_number: int


class Client(Session):
    """What a person does in the UI, and what one sees there."""

    # Waiting

    def wait_for(
        self, found: Callable[[], Found], what: str, timeout_seconds: float = 60.0
    ) -> Found:
        """The first true answer of `found`. TimeoutError, which says the last one, if none is."""
        return wait_until(found, what, timeout_seconds=timeout_seconds, check=self.check)

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        expected: str | None = None,
        timeout_seconds: float = 180.0,
    ) -> str:
        """Waits for a run's end; returns its state. AssertionError, with logs, if unexpected."""

        def ended() -> str | None:
            state = str(self.dag_run(dag_id, run_id)["state"])
            return state if state in RUN_ENDED else None

        try:
            state = str(self.wait_for(ended, f"the end of {dag_id} {run_id}", timeout_seconds))
        except TimeoutError as error:
            error.add_note(self.explain(dag_id, run_id))
            raise
        if expected not in (None, state):
            raise AssertionError(f"{state}, not {expected}: {self.explain(dag_id, run_id)}")
        return state

    def explain(self, dag_id: str, run_id: str) -> str:
        """Where a run's tasks are, with the logs of those that failed."""
        tasks = self.task_instances(dag_id, run_id)
        lines = [f"{dag_id} {run_id}"]
        for task_id, (state, tried) in tasks.items():
            lines.append(f"{task_id}: {state}, try {tried}")
            if state in ("failed", "up_for_retry"):
                lines.append(self.task_log(dag_id, run_id, task_id, tried))
        return "\n".join(lines)

    def wait_for_task(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        states: Collection[str] = TASK_ENDED,
        *,
        try_number: int = 0,
        timeout_seconds: float = 120.0,
    ) -> TaskState:
        """Waits until a task is in one of these states, in this try or a later one."""
        last: list[TaskState] = []

        def there() -> TaskState | None:
            last[:] = [self.task_state(dag_id, run_id, task_id)]
            state, tried = last[0]
            return last[0] if state in states and tried >= try_number else None

        what = f"{task_id} of {dag_id} {run_id} to be {' or '.join(sorted(states))}"
        try:
            found = self.wait_for(there, what, timeout_seconds)
        except TimeoutError as error:
            error.add_note(f"it was {last[0]}")
            raise
        assert found is not None
        return found

    # DAGs

    def dag(self, dag_id: str) -> Answer:
        """One DAG."""
        return dict(self.request("GET", f"/dags/{quote(dag_id)}"))

    def dag_ids(self) -> list[str]:
        """All DAGs, paused ones included."""
        return sorted(str(dag["dag_id"]) for dag in self.items("/dags", "dags"))

    def import_errors(self) -> dict[str, str]:
        """DAG files that cannot be loaded, with the trace."""
        found = self.items("/importErrors", "import_errors")
        return {str(each["filename"]): str(each["stack_trace"]) for each in found}

    def unpause(self, dag_id: str, *, paused: bool = False) -> None:
        """Lets a DAG run, or pauses it."""
        self.request("PATCH", f"/dags/{quote(dag_id)}", json={"is_paused": paused})

    # Runs

    def trigger(
        self,
        dag_id: str,
        conf: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        logical_date: datetime | None = None,
        partition_key: str | None = None,
    ) -> str:
        """Starts a run; returns its id."""
        body = {"conf": dict(conf or {}), "logical_date": _iso(logical_date)}
        body |= {"dag_run_id": run_id} if run_id else {}
        body |= {"partition_key": partition_key} if partition_key else {}
        return str(self.request("POST", f"/dags/{quote(dag_id)}/dagRuns", json=body)["dag_run_id"])

    def dag_run(self, dag_id: str, run_id: str) -> Answer:
        """One run."""
        return dict(self.request("GET", _run(dag_id, run_id)))

    def dag_runs(self, dag_id: str) -> list[Answer]:
        """All runs of a DAG, the oldest first."""
        path = f"/dags/{quote(dag_id)}/dagRuns"
        return list(self.items(path, "dag_runs", order_by="run_after"))

    def mark_run(self, dag_id: str, run_id: str, state: str) -> None:
        """As a person marks a run: queued, success or failed."""
        self.request("PATCH", _run(dag_id, run_id), json={"state": state})

    def clear_run(self, dag_id: str, run_id: str, *, only_failed: bool = False) -> None:
        """As a person clears a whole run."""
        body = {"dry_run": False, "only_failed": only_failed}
        self.request("POST", f"{_run(dag_id, run_id)}/clear", json=body)

    # Tasks

    def task_instance(self, dag_id: str, run_id: str, task_id: str) -> Answer:
        """One task of a run."""
        return dict(self.request("GET", _task(dag_id, run_id, task_id)))

    def task_state(self, dag_id: str, run_id: str, task_id: str) -> TaskState:
        """Where one task of a run is."""
        found = self.task_instance(dag_id, run_id, task_id)
        return TaskState(found["state"], int(found["try_number"]))

    def task_instances(self, dag_id: str, run_id: str) -> dict[str, TaskState]:
        """Where every task of a run is."""
        found = self.items(f"{_run(dag_id, run_id)}/taskInstances", "task_instances")
        return {each["task_id"]: TaskState(each["state"], each["try_number"]) for each in found}

    def clear(
        self,
        dag_id: str,
        run_id: str,
        task_ids: Sequence[str],
        *,
        downstream: bool = True,
        only_failed: bool = False,
    ) -> list[str]:
        """As a person clears tasks, with those after them; returns what was cleared."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "include_downstream": downstream,
            "only_failed": only_failed,
        }
        answer = self.request("POST", f"/dags/{quote(dag_id)}/clearTaskInstances", json=body)
        return sorted(str(each["task_id"]) for each in answer["task_instances"])

    def mark(self, dag_id: str, run_id: str, task_id: str, state: str) -> None:
        """As a person marks a task: success, failed or skipped."""
        self.request("PATCH", _task(dag_id, run_id, task_id), json={"new_state": state})

    def xcoms(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """All that a task has pushed."""
        path = f"{_task(dag_id, run_id, task_id)}/xcomEntries"
        keys = [str(entry["key"]) for entry in self.items(path, "xcom_entries")]
        return {key: self.request("GET", f"{path}/{quote(key)}")["value"] for key in keys}

    def state_store(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """What a task has stored for its later tries."""
        path = f"{_task(dag_id, run_id, task_id)}/state-store"
        return {str(e["key"]): e["value"] for e in self.items(path, "task_state_store")}

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1) -> str:
        """The lines of a try's log, with the texts of its exceptions."""
        path = f"{_task(dag_id, run_id, task_id)}/logs/{try_number}"
        answer = self.request("GET", path, params={"full_content": True})
        return "\n".join(_line(entry) for entry in answer["content"])

    def links(self, dag_id: str, run_id: str, task_id: str) -> dict[str, str | None]:
        """The links beside a task in the UI; None: not to be followed yet."""
        answer = self.request("GET", f"{_task(dag_id, run_id, task_id)}/links")
        return dict(answer["extra_links"])

    # A person's answers

    def questions(self, dag_id: str, run_id: str) -> dict[str, Answer]:
        """What a run asks of a person, by task, answered or not."""
        found = self.items(f"{_run(dag_id, run_id)}/hitlDetails", "hitl_details")
        return {str(each["task_instance"]["task_id"]): each for each in found}

    def answer(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        chosen: Sequence[str],
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Answers what a task asks, e.g. `["Approve"]`."""
        body = {"chosen_options": list(chosen), "params_input": dict(params or {})}
        path = f"{_task(dag_id, run_id, task_id)}/-1/hitlDetails"
        self.request("PATCH", path, json=body)

    # Backfills

    def backfill(
        self,
        dag_id: str,
        first: datetime,
        last: datetime,
        conf: Mapping[str, Any] | None = None,
        *,
        reprocess: str = "none",
        max_active_runs: int = 10,
    ) -> int:
        """Creates a backfill; returns its id."""
        body = {
            "dag_id": dag_id,
            "from_date": _iso(first),
            "to_date": _iso(last),
            "dag_run_conf": dict(conf or {}),
            "reprocess_behavior": reprocess,
            "max_active_runs": max_active_runs,
        }
        return int(self.request("POST", "/backfills", json=body)["id"])

    def backfill_of(self, backfill_id: int) -> Answer:
        """A backfill; `completed_at` is None while it runs."""
        return dict(self.request("GET", f"/backfills/{backfill_id}"))

    def ask_to_parse(self, file_token: str) -> bool:
        """Has a DAG file parsed at once. False if Airflow knows no DAG of it yet."""
        try:
            self.request("PUT", f"/parseDagFile/{file_token}")
        except RestError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True


def _run(dag_id: str, run_id: str) -> str:
    return f"/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}"


def _task(dag_id: str, run_id: str, task_id: str) -> str:
    return f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _line(entry: Answer | str) -> str:
    """A line of a log as a person reads it."""
    if isinstance(entry, str):
        return entry
    causes = entry.get("error_detail") or []
    texts = [f"{cause['exc_type']}: {cause['exc_value']}" for cause in causes]
    level = str(entry.get("level") or "")
    return "\n".join([f"{level.upper()} {entry['event']}".strip(), *texts])
