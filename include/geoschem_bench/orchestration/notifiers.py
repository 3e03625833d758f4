"""Airflow's notifiers, made from what the environment names and given a run's message."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk.log import mask_secret

from geoschem_bench.errors import SettingsError
from geoschem_bench.wiring.notifiers import (
    NOTIFIERS,
    SNS_NOTIFIER,
    NotifierChoice,
    usable_notifiers,
)

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

    from geoschem_bench.orchestration.run_context import Parts


def check_notifiers() -> list[str]:
    """What is wrong with the notifiers that the environment names; empty where nothing is."""
    choices, unreadable = usable_notifiers()
    wrong = [unreadable] if unreadable else []
    for choice in choices:
        try:
            if not choice.topic:
                make_notifier(choice)
        except SettingsError as error:
            wrong.append(str(error))
    return wrong


def make_notifier(choice: NotifierChoice) -> BaseNotifier:
    """The notifier, its arguments still templates.

    Raises:
        SettingsError: there is no such class, it is no notifier, or it takes other arguments.
    """
    made = _class_of(choice.notifier)
    try:
        return made(**choice.kwargs)
    except Exception as error:  # a class of others: whatever it says against its arguments
        raise SettingsError(
            f"{NOTIFIERS}: {choice.notifier} does not take these kwargs "
            f"({', '.join(choice.kwargs) or 'none'}): {error}"
        ) from error


def _class_of(path: str) -> type[BaseNotifier]:
    from airflow.sdk import BaseNotifier

    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"{NOTIFIERS}: there is no {path}: {error}; write the path of a notifier's class, such "
            f"as {SNS_NOTIFIER}, and install the provider that has it"
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
        raise SettingsError(f"{NOTIFIERS}: {path} is no notifier of Airflow (BaseNotifier)")
    return found


def send(choice: NotifierChoice, words: Mapping[str, str], context: Any, parts: Parts) -> None:  # noqa: ANN401
    """Tell one of them.

    Args:
        choice: Whom.
        words: What the templates may name: `subject`, `message` and others.
        context: Airflow's, for classes that look into it.
        parts: Of this installation.

    Raises:
        SettingsError: it cannot be made.
    """
    mask_secret(dict(choice.kwargs))  # by their names, as Airflow does with connections
    notifier = make_notifier(_addressed(choice, parts) if choice.topic else choice)
    # Not by calling it: that puts its own unrendered fields before our words, and a second
    # rendering would take what a failed job printed for a template.
    notifier.render_template_fields(dict(words))  # type: ignore[arg-type]
    notifier.notify(context)


def _addressed(choice: NotifierChoice, parts: Parts) -> NotifierChoice:
    """A topic's notifier, with the credentials and the region of everything else."""
    kwargs = {
        "target_arn": parts.topic_arn(choice.topic),
        "subject": "{{ subject }}",
        "message": "{{ message }}",
        "aws_conn_id": parts.settings.aws_conn_id,
        "region_name": parts.settings.region,
    }
    return NotifierChoice(choice.notifier, kwargs)
