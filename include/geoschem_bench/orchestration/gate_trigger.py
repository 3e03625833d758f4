"""Waiting for a gate in the triggerer, where it takes no worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from geoschem_bench.aws.gates import GateState, Question
from geoschem_bench.errors import Reason
from geoschem_bench.orchestration.run_context import Parts

_LOOKS_WITHOUT_ANSWER = 4
"""One after the other; a hiccup of the network is shorter."""


class GateTrigger(BaseTrigger):
    """Looks again and again until a gate is open, broken, or the time is over.

    Args:
        question: What the gate asks, as a document.
        until: When to give up, ISO 8601.
        poll_seconds: Between two looks.
    """

    def __init__(self, *, question: Mapping[str, Any], until: str, poll_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.question = dict(question)
        self.until = until
        self.poll_seconds = poll_seconds
        self._parts: Parts | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class and arguments, as Airflow stores a trigger."""
        arguments = {
            "question": self.question,
            "until": self.until,
            "poll_seconds": self.poll_seconds,
        }
        return f"{__name__}.GateTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event: the last state seen."""
        question, until = Question.from_document(self.question), datetime.fromisoformat(self.until)
        unanswered, said = 0, ""
        while True:
            state = await asyncio.to_thread(self._look, question)
            unanswered = unanswered + 1 if state.state == "silent" else 0
            if state.message != said:
                said = state.message
                self.log.info("%s: %s", state.state, said)
            is_over = datetime.now(UTC) >= until or unanswered >= _LOOKS_WITHOUT_ANSWER
            if state.state in ("open", "broken") or is_over:
                yield TriggerEvent(state.to_document())  # type: ignore[no-untyped-call]  # Airflow's
                return
            await asyncio.sleep(self.poll_seconds)

    def _look(self, question: Question) -> GateState:
        try:
            self._parts = self._parts or Parts()
            return self._parts.gates.look(question)
        except Exception as error:  # raised here it would fail the gate without a word of why
            return GateState("silent", f"{type(error).__name__}: {error}", Reason.UNKNOWN)
