"""What a person asks of Airflow by REST, counted: each wish explains one more job."""

from __future__ import annotations

import time

import httpx
from benchmarks.chaos.ground import Ground, Run
from benchmarks.chaos.missed import MissedError

from tests.servers.session import RestError

_ANSWER_SECONDS = 20.0
_PAUSE_SECONDS = 0.5


def change(ground: Ground, run: Run, task_id: str, state: str | None) -> str:
    """Marks a task, or clears it where no state is given; says what became of that.

    It is asked until Airflow is reached, and never again then: a request whose answer was lost may
    have been done, and a second one would be a second wish.
    """
    wish = (run, task_id, state)
    ground.wishes.append(wish)
    name, deadline = f"{task_id} of {run.dag_id}", time.monotonic() + _ANSWER_SECONDS
    while True:
        try:
            _ask(ground, run, task_id, state)
        except httpx.ConnectError as error:
            if time.monotonic() > deadline:
                ground.wishes.remove(wish)
                raise MissedError("Airflow was down") from error
            time.sleep(_PAUSE_SECONDS)
        except (httpx.TransportError, RestError) as error:
            if isinstance(error, RestError) and error.status < httpx.codes.INTERNAL_SERVER_ERROR:
                ground.wishes.remove(wish)
                raise MissedError(f"refused: {error.status}") from error
            return f"{name}, without an answer"
        else:
            return name


def _ask(ground: Ground, run: Run, task_id: str, state: str | None) -> None:
    if state is None:
        ground.client.clear(run.dag_id, run.run_id, [task_id])
    else:
        ground.client.mark(run.dag_id, run.run_id, task_id, state)
