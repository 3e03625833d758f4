"""Who is told of a run: what the environment says, as records. Nothing is imported or sent here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geoschem_bench.errors import SettingsError

NOTIFIERS = "GEOSCHEM_BENCH_NOTIFIERS"
TOPIC = "GEOSCHEM_BENCH_TOPIC"
SNS_NOTIFIER = "airflow.providers.amazon.aws.notifications.sns.SnsNotifier"
_EXAMPLE = '[{"notifier": "package.module.Class", "kwargs": {"text": "{{ message }}"}}]'


@dataclass(frozen=True)
class NotifierChoice:
    """One of Airflow's notifiers."""

    notifier: str
    """Path of its class."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """As the class takes them; texts are templates."""
    topic: str = ""
    """Name or ARN of an Amazon SNS topic, where that is all that was said."""

    @property
    def title(self) -> str:
        """For a person; without the arguments, which may hold secrets."""
        name = self.notifier.rpartition(".")[2]
        return f"{name} of {self.topic.rpartition(':')[2]}" if self.topic else name


def read_notifiers(environment: Mapping[str, str] = os.environ) -> tuple[NotifierChoice, ...]:
    """Whom the environment names: a topic, a list, both or nobody.

    Raises:
        SettingsError: the list cannot be read.
    """
    return (*_topic_of(environment), *_listed(environment.get(NOTIFIERS, "").strip()))


def usable_notifiers(
    environment: Mapping[str, str] = os.environ,
) -> tuple[tuple[NotifierChoice, ...], str]:
    """Who can be told, and what is wrong with the list: the topic is told without it, too."""
    try:
        return read_notifiers(environment), ""
    except SettingsError as error:
        return _topic_of(environment), str(error)


def _topic_of(environment: Mapping[str, str]) -> tuple[NotifierChoice, ...]:
    topic = environment.get(TOPIC, "").strip()
    return (NotifierChoice(SNS_NOTIFIER, topic=topic),) if topic else ()


def _listed(text: str) -> list[NotifierChoice]:
    if not text:
        return []
    try:
        document = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{NOTIFIERS} is no JSON: {error}; write {_EXAMPLE}") from error
    if not isinstance(document, list):
        raise SettingsError(f"{NOTIFIERS} is no list; write {_EXAMPLE}")
    return [_choice(number, each) for number, each in enumerate(document)]


def _choice(number: int, given: object) -> NotifierChoice:
    where = f"{NOTIFIERS}[{number}]"
    if not isinstance(given, dict):
        raise SettingsError(f"{where} is no object; write {_EXAMPLE}")
    unknown = sorted(set(given) - {"notifier", "kwargs"})
    if unknown:
        raise SettingsError(
            f"{where} has the key '{unknown[0]}'; allowed are notifier and kwargs: what the class "
            "takes belongs in kwargs"
        )
    path, kwargs = given.get("notifier"), given.get("kwargs", {})
    if not isinstance(path, str) or path.count(".") < 1:
        raise SettingsError(
            f"{where}.notifier is {path!r}; write the path of a class, such as {SNS_NOTIFIER}"
        )
    if not isinstance(kwargs, dict):
        raise SettingsError(f"{where}.kwargs is no object; write the arguments of {path} by name")
    return NotifierChoice(path, kwargs)
