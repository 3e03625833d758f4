"""One message a run: on its end, good or bad, and when it is not over by its deadline.

Whom it goes to says the environment (`wiring.notifiers`). A message that does not arrive makes its
task fail, and the verdict say so; the run itself is no worse for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import conf, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from geoschem_bench.errors import StorageError
from geoschem_bench.orchestration.links import report_page
from geoschem_bench.orchestration.loading import load_what_is_left
from geoschem_bench.orchestration.notifiers import send
from geoschem_bench.orchestration.ownership import generation_of
from geoschem_bench.orchestration.run_context import Parts, is_in_process, run_request, skipped
from geoschem_bench.orchestration.verdict import (
    ENDED_UNLOADED,
    NOTIFY,
    Failings,
    failings_of,
    was_late,
)
from geoschem_bench.planning import run_prefix
from geoschem_bench.suite import Suite
from geoschem_bench.wiring.notifiers import NOTIFIERS, TOPIC, NotifierChoice, usable_notifiers

if TYPE_CHECKING:
    from geoschem_bench.report.message import Message

_log = logging.getLogger(__name__)
_TOLD = "told"
"""Of the task's state store: who has the message already."""


def tell_people(suite: Suite) -> Any:  # noqa: ANN401 - Airflow's task object
    """The task that sends a run's message.

    A teardown, since a run that a person marked failed is one to be told of, too.
    """

    @task(task_id=NOTIFY)
    def notify() -> None:
        """Tells people what became of the run: one message, to whoever is to have it.

        A message that does not arrive fails this task, and not the run.
        """
        context = get_current_context()
        if run_request(context).dry_run:
            raise skipped("nobody is told of a dry run")
        choices, wrong = usable_notifiers()
        if not (choices or wrong):
            raise skipped(f"nobody is to be told: neither {TOPIC} nor {NOTIFIERS} "
                                       "is set")  # fmt: skip
        found = failings_of(context)
        occasion = "failure" if found.words or found.unread else "finish"
        if occasion not in suite.header.notify:
            raise skipped(f"suite.notify does not name '{occasion}'")
        if ENDED_UNLOADED in found.others:  # what there is of a table and a report is to be told
            load_what_is_left()
        parts = Parts()
        message, words = _message(suite, context, found, parts)
        print(message.text)  # noqa: T201 - into the task's log
        _tell_each(choices, words | {"event": occasion}, context, parts)
        if wrong:  # no second try mends it
            raise AirflowFailException(wrong)

    return notify().as_teardown(on_failure_fail_dagrun=False)


def _tell_each(
    choices: Sequence[NotifierChoice],
    words: Mapping[str, str],
    context: Any,  # noqa: ANN401 - Airflow's
    parts: Parts,
) -> None:
    """Each of them once, also when the task is tried again; a person who clears it asks anew."""
    store, generation = context["task_state_store"], _generation(context)
    kept: Any = store.get(_TOLD)
    is_ours = isinstance(kept, dict) and kept["generation"] == generation
    told: list[int] = list(kept["told"]) if is_ours else []
    lost = []
    for number, choice in enumerate(choices):
        if number in told:
            continue
        why = tell(choice, words, context, parts)
        if why is not None:
            lost.append(f"{choice.title}: {why}")
            continue
        print(f"told: {choice.title}")  # noqa: T201 - into the task's log
        told.append(number)
        store.set(_TOLD, {"generation": generation, "told": told})
    if lost:
        raise AirflowException(f"not told: {'; '.join(lost)}")


def _generation(context: Any) -> int:  # noqa: ANN401
    ti = context["ti"]
    return generation_of(ti, int(getattr(context["task"], "retries", 0) or 0))


def tell(
    choice: NotifierChoice,
    words: Mapping[str, str],
    context: Any,  # noqa: ANN401 - Airflow's
    parts: Parts,
) -> str | None:
    """Send it to one of them; why not, where that failed: the others are told all the same."""
    try:
        send(choice, words, context, parts)
    except Exception as error:  # of classes that are not ours: whatever they raise
        return f"{type(error).__name__}: {error}"
    return None


def _message(
    suite: Suite,
    context: Any,  # noqa: ANN401 - Airflow's
    found: Failings,
    parts: Parts,
) -> tuple[Message, dict[str, str]]:
    """What is said of the run at its end, and the words that templates may name."""
    dag_run, run_id = context["dag_run"], run_request(context).benchmark_run_id
    troubles = [*_of_tasks(found), *found.others]
    if found.unread:
        troubles.append(_unread(found.unread))
    since = dag_run.start_date or dag_run.run_after
    state = _state_of(suite, context, found)
    return message_of(suite.name, run_id, state, since, troubles, parts, dag_run=dag_run)


def _state_of(suite: Suite, context: Any, found: Failings) -> str:  # noqa: ANN401
    if was_late(context):
        return f"not run, as it would have started over {suite.header.late_minutes} minutes late"
    if found.words:
        return "failed"
    return "over, but its results could not be read" if found.unread else "succeeded"


def message_of(
    suite: str,
    run_id: str,
    state: str,
    since: datetime,
    troubles: Iterable[str],
    parts: Parts,
    dag_run: Any,  # noqa: ANN401 - Airflow's
    note: str = "",
) -> tuple[Message, dict[str, str]]:
    """The message of a run from what it has stored so far, and the words of templates."""
    from geoschem_bench.report.message import RunFacts, compose

    report = run_prefix(parts.bucket, run_id) + "report.html"
    links = [*_links(report, parts), *_page_in_airflow(dag_run.dag_id, dag_run.run_id)]
    stored, unread = _stored(run_id, parts)
    told = list(dict.fromkeys([*troubles, *unread]))  # the same may be in both
    facts = RunFacts(suite=suite, run_id=run_id, state=state, duration=duration_since(since),
                     troubles=told, links=links, note=note, **stored)  # fmt: skip
    message = compose(facts)
    words = {
        "subject": message.subject,
        "message": message.text,
        "suite": suite,
        "run": run_id,
        "state": state,
        "report": report,
    }
    return message, words


def _stored(run_id: str, parts: Parts) -> tuple[dict[str, Any], list[str]]:
    """What the stores know of the run, and why they do not; a bare message is better than none."""
    from geoschem_bench import pipeline

    try:
        results = parts.store.of_run(run_id)
        return {
            "results": results,
            "analysis": pipeline.analysis_of(run_id, parts.bucket, parts.objects, results),
            "planned": _planned(run_id, parts),
            "money": pipeline.closing_words(run_id, parts.bucket, parts.objects),
        }, []
    except StorageError as error:
        return {}, [_unread(error)]


def _unread(error: StorageError) -> str:
    return f"the results could not be read: {error}"


def _planned(run_id: str, parts: Parts) -> int | None:
    from geoschem_bench.records import read_run_plan

    plan = read_run_plan(parts.objects, run_prefix(parts.bucket, run_id) + "plan.json")
    return len(plan.benchmarks) if plan else None


def _of_tasks(found: Failings) -> list[str]:
    """Tasks that failed; a benchmark's own says no more than its result does."""
    known = {words.partition(" ")[0] for words in found.benchmarks}
    return [
        f"the task {name} failed; its log says why"
        for name in found.tasks
        if name.rpartition(".")[2] not in known
    ]


def _links(report: str, parts: Parts) -> list[tuple[str, str]]:
    """The report, where there is one, and its page where AWS has a console."""
    try:
        if not parts.objects.exists(report):
            return []
    except StorageError:
        return []
    if parts.settings.endpoint_url:
        return [("Report", report)]
    return [("Report", report), ("In the browser", report_page(report, parts.settings.region))]


def _page_in_airflow(dag_id: str, dag_run_id: str) -> list[tuple[str, str]]:
    """The run's page, where Airflow knows its own address."""
    base = conf.get("api", "base_url", fallback="")
    if is_in_process() or not base.startswith(("http://", "https://")):
        return []
    return [("In Airflow", f"{base.rstrip('/')}/dags/{dag_id}/runs/{quote(dag_run_id, safe='')}")]


def duration_since(moment: datetime) -> str:
    """`2 h 13 min`; `3 min`; `less than a minute`."""
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def warn_of_notifiers() -> None:
    """At the plan, since a message that nobody gets is missed only when it matters."""
    from geoschem_bench.orchestration.notifiers import check_notifiers

    for wrong in check_notifiers():
        _log.warning("nobody will be told by it: %s", wrong)
