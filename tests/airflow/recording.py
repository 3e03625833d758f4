"""Notifiers that write down what they were told."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import BaseNotifier


class Recorder(BaseNotifier):
    """Takes what a chat's notifier would."""

    template_fields = ("text",)
    told: ClassVar[list[str]] = []

    def __init__(self, text: str, api_token: str = "") -> None:
        super().__init__()
        self.text = text
        self.api_token = api_token

    def notify(self, context: Any) -> None:
        """Writes it down."""
        self.told.append(self.text)


class Flaky(Recorder):
    """Fails the first time."""

    told: ClassVar[list[str]] = []
    tries: ClassVar[list[str]] = []

    def notify(self, context: Any) -> None:
        """Writes it down, the second time."""
        self.tries.append(self.text)
        if len(self.tries) == 1:
            raise ConnectionError("the chat is away")
        super().notify(context)


class NoNotifier:
    """Of another kind."""
