"""`make chaos` counts what a person asks for: one wish too many would hide a doubled job."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from benchmarks.chaos import wishes
from benchmarks.chaos.ground import Run
from benchmarks.chaos.missed import MissedError

from tests.servers.session import RestError

RUN = Run("dag", "run")
WISH = (RUN, "phase_1.B-00", None)


def refusal(status):
    return RestError(httpx.Response(status, request=httpx.Request("POST", "http://airflow/clear")))


@pytest.fixture
def ground(monkeypatch):
    monkeypatch.setattr(wishes, "_PAUSE_SECONDS", 0)
    return SimpleNamespace(wishes=[])


def answering(ground: Any, *answers: Exception | None) -> list[str]:
    """Gives each clear the next of these answers; the list says who was asked."""
    asked, left = [], list(answers)

    def clear(dag_id, run_id, task_ids):
        asked.extend(task_ids)
        if error := left.pop(0):
            raise error

    ground.client = SimpleNamespace(clear=clear)
    return asked


def test_one_strike_is_one_wish_however_often_airflow_was_down(ground):
    asked = answering(ground, *[httpx.ConnectError("refused")] * 5, None)
    wishes.change(ground, *WISH)
    assert (len(asked), ground.wishes) == (6, [WISH])


@pytest.mark.parametrize("lost", [httpx.ReadError("reset"), httpx.ReadTimeout(""), refusal(500)])
def test_what_may_have_been_done_is_not_asked_for_again(ground, lost):
    asked = answering(ground, lost)
    assert "without an answer" in wishes.change(ground, *WISH)
    assert (len(asked), ground.wishes) == (1, [WISH])


@pytest.mark.parametrize("refused", [refusal(404), refusal(409)])
def test_a_refused_wish_explains_nothing(ground, refused):
    answering(ground, refused)
    ground.wishes.append(WISH)
    with pytest.raises(MissedError, match="refused: 4"):
        wishes.change(ground, *WISH)
    assert ground.wishes == [WISH], "that of another strike"


def test_an_airflow_that_stays_away_was_asked_nothing(ground, monkeypatch):
    monkeypatch.setattr(wishes, "_ANSWER_SECONDS", -1)
    answering(ground, httpx.ConnectError("refused"))
    with pytest.raises(MissedError, match="down"):
        wishes.change(ground, *WISH)
    assert ground.wishes == []
