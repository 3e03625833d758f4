"""Answers the questions of the gates."""

from __future__ import annotations

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.gates.images import image_state
from geoschem_bench.aws.gates.inputs import input_state
from geoschem_bench.aws.gates.queues import queue_state
from geoschem_bench.aws.gates.room import quota_state
from geoschem_bench.aws.gates.state import GateState, Question
from geoschem_bench.aws.refusals import AWS_ERRORS, explained, is_lockout
from geoschem_bench.catalog import Catalog, load_catalog
from geoschem_bench.errors import GeosChemBenchError, LockedOutError, Reason


class GateKeeper:
    """Looks; it never waits."""

    def __init__(self, account: Account, catalog: Catalog | None = None) -> None:
        self._account = account
        self._catalog = catalog or load_catalog()

    def look(self, question: Question) -> GateState:
        """The state of a gate now. What AWS refuses is a state too: `silent`."""
        try:
            return self._answer(question)
        except AWS_ERRORS as error:
            said = explained(error, self._account.region, self._account.profile)
            return _silent(said, is_locked_out=is_lockout(error))
        except GeosChemBenchError as error:
            return _silent(str(error), is_locked_out=isinstance(error, LockedOutError))

    def _answer(self, question: Question) -> GateState:
        match question.kind:
            case "queue":
                return queue_state(self._account, question.wants)
            case "image":
                return image_state(self._account, question.wants)
            case "input":
                return input_state(self._account, question.wants)
            case "quota":
                return quota_state(self._account, self._catalog, question)


def _silent(message: str, *, is_locked_out: bool) -> GateState:
    reason = Reason.MISCONFIGURED if is_locked_out else Reason.UNKNOWN
    return GateState("silent", message, reason)
