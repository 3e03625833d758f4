"""The plan of `make chaos`, and that its checks see what they are for: a doctored run fails."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from benchmarks.chaos.evidence import Evidence, SeenJob
from benchmarks.chaos.invariants import violations
from benchmarks.chaos.plan import WEIGHTS, Kind, draw, rounds

KEYS = (("A", 1), ("B", 1))
JOBS = tuple(SeenJob(*key, f"job-{key[0]}", "SUCCEEDED", 1000, 2000) for key in KEYS)
GOOD = Evidence(
    run="dag run",
    run_id="r1",
    state="success",
    ended=5000,
    benchmarks=("A", "B"),
    tasks={"plan": "success", "phase_1.A": "success", "phase_1.B": "success"},
    jobs=JOBS,
    manifests=frozenset(KEYS),
    rows=dict.fromkeys(KEYS, "succeeded"),
    reported=dict.fromkeys(KEYS, "succeeded"),
    retried=frozenset({"unknown"}),
)
FAILED = replace(JOBS[0], status="FAILED", reason="unknown")
AGAIN = SeenJob("A", 2, "job-A2", "SUCCEEDED", 3000, 4000)
TWO: dict[str, Any] = {
    "manifests": frozenset({*KEYS, AGAIN.key}),
    "rows": {("A", 1): "failed", ("B", 1): "succeeded", AGAIN.key: "succeeded"},
    "reported": {("A", 1): "failed", ("B", 1): "succeeded", AGAIN.key: "succeeded"},
}


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    assert rounds(3, 25, 10, 2) == rounds(3, 25, 10, 2)
    assert rounds(3, 25, 10, 2) != rounds(4, 25, 10, 2)
    assert [len(each) for each in rounds(3, 25, 10, 2)] == [10, 10, 5]
    assert rounds(3, 100, 10, 2)[1] == draw(3, 1, 10, 2), "a round can be had again alone"


def test_every_kind_is_drawn_about_as_often_as_it_should_be():
    strikes = [strike for each in rounds(1, 4000, 10, 2) for strike in each]
    counts, weights = Counter(strike.kind for strike in strikes), sum(WEIGHTS.values())
    assert set(WEIGHTS) == set(Kind)
    for kind, weight in WEIGHTS.items():
        assert counts[kind] == pytest.approx(4000 * weight / weights, rel=0.3)
    assert {strike.run for strike in strikes} == {0, 1}
    assert all(strike.after_seconds > 0 for strike in strikes)


@pytest.mark.parametrize(
    "seen",
    [
        GOOD,
        replace(GOOD, jobs=(FAILED, AGAIN, JOBS[1]), **TWO),
        replace(GOOD, jobs=(JOBS[0], AGAIN, JOBS[1]), cleared={"A": 1},
                **{**TWO, "rows": dict.fromkeys((*KEYS, AGAIN.key), "succeeded"),
                   "reported": dict.fromkeys((*KEYS, AGAIN.key), "succeeded")}),
        replace(GOOD, state="failed", tasks={**GOOD.tasks, "phase_1.A": "failed"},
                marked=frozenset("A")),
    ],
    ids=["undisturbed", "tried again", "cleared", "marked"],
)  # fmt: skip
def test_nothing_is_said_of_a_run_that_went_well(seen):
    assert violations(seen) == []


@pytest.mark.parametrize(
    ("name", "doctored", "words"),
    [
        ("lost", {"manifests": frozenset({("B", 1)})}, "A/1 .* no manifest"),
        ("lost", {"rows": {("B", 1): "succeeded"}}, "A/1 .* is not in the table"),
        ("lost", {"rows": {**GOOD.rows, ("A", 1): "failed"}}, "A/1 .* is failed in the table"),
        ("lost", {"reported": {("B", 1): "succeeded"}}, "A is not in results.json"),
        ("doubled", {"jobs": (*JOBS, replace(AGAIN, created=1500)), **TWO}, "while job-A .* lived"),
        ("doubled", {"jobs": (*JOBS, AGAIN)}, "2 jobs: 1 SUCCEEDED, 2 SUCCEEDED; cleared 0"),
        ("doubled", {"jobs": (replace(FAILED, reason="timeout"), AGAIN)}, "1 FAILED timeout"),
        ("orphan", {"jobs": (*JOBS[:1], replace(JOBS[1], status="RUNNING"))}, "job-B .* RUNNING"),
        ("orphan", {"ended": 1500}, "job-A of A outlived its run by 0.5 s"),
        ("stuck", {"state": "running", "tasks": {"load": "scheduled"}}, "with load scheduled"),
        ("wrong end", {"state": "failed"}, "without a failed benchmark"),
        ("wrong end", {"tasks": {**GOOD.tasks, "phase_1.A": "failed"}}, "succeeded, with A failed"),
        ("wrong end", {"state": "failed", "tasks": {**GOOD.tasks, "phase_1.B": "failed"}},
         "B failed, was not marked"),
        ("wrong end", {"tasks": {**GOOD.tasks, "phase_1.A": "deferred"}}, "A is deferred"),
        ("wrong end", {"state": "failed", "tasks": {**GOOD.tasks, "phase_1.A": "failed"},
                       "jobs": (replace(FAILED, reason="cancelled"), JOBS[1])},
         "we have ended its job ourselves"),
    ],
)  # fmt: skip
def test_a_doctored_run_is_seen_through(name, doctored, words):
    found = violations(replace(GOOD, **doctored))
    assert name in {each.name for each in found}
    assert any(re.search(words, each.what) for each in found), found
