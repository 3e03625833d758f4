"""Setting, listing and clearing faults over the sandbox's own paths. The gate is before it.

GET    /_sandbox/faults          {"faults": [...]}
POST   /_sandbox/faults          a fault; answers it with its id
DELETE /_sandbox/faults[/ID]     {"cleared": 1}
GET    /_sandbox/calls           {"calls": {"batch:DescribeJobs": 3, ...}}
DELETE /_sandbox/calls
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.faults.book import FaultBook
from geoschem_bench.sandbox.faults.model import Fault, FaultError, Kind
from geoschem_bench.sandbox.faults.services import checked_target
from geoschem_bench.sandbox.faults.tally import Tally
from geoschem_bench.sandbox.quotas import QuotaFile, UnknownQuotaError
from geoschem_bench.sandbox.settings import CALLS_PATH, FAULTS_PATH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class ControlApp:
    """A WSGI application. `changed` is called after each change, `check` before a fault is set."""

    def __init__(
        self,
        book: FaultBook,
        tally: Tally,
        quotas: QuotaFile,
        check: Callable[[Fault], None],
        changed: Callable[[], None],
    ) -> None:
        self._book = book
        self._tally = tally
        self._quotas = quotas
        self._check = check
        self._changed = changed

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request, always with JSON."""
        try:
            answer, status = self._answer(Request(environ)), 200
        except (FaultError, UnknownQuotaError, SandboxError) as error:
            answer, status = {"message": str(error)}, 400
        response = Response(json.dumps(answer), status, mimetype="application/json")
        return response(environ, start_response)

    def _answer(self, request: Request) -> dict[str, Any]:
        path, _, fault_id = request.path.partition(f"{FAULTS_PATH}/")
        match request.method, path or FAULTS_PATH:
            case "GET", p if p == FAULTS_PATH:
                return {"faults": [fault.to_document() for fault in self._all()]}
            case "POST", p if p == FAULTS_PATH:
                return {"fault": self._set(_fault_in(request)).to_document()}
            case "DELETE", p if p == FAULTS_PATH:
                return {"cleared": self._clear(fault_id)}
            case "GET", p if p == CALLS_PATH:
                return {"calls": self._tally.counts()}
            case "DELETE", p if p == CALLS_PATH:
                self._tally.reset()
                return {"calls": {}}
        raise FaultError(f"{request.method} {request.path}: the sandbox has no such page")

    def _all(self) -> list[Fault]:
        kept = [fault for kind in Kind for fault in self._book.of(kind)]
        return kept + [_quota(code, value) for code, value in self._quotas.read().items()]

    def _set(self, fault: Fault) -> Fault:
        fault.check()
        if fault.kind is Kind.QUOTA:
            code = self._quotas.grant(fault.target, float(fault.effect))
            return _quota(code, float(fault.effect))
        if fault.kind is Kind.SERVICE:
            fault = checked_target(fault)
        self._check(fault)
        made = self._book.add(fault)
        self._changed()
        return made

    def _clear(self, fault_id: str) -> int:
        every = [fault.id for fault in self._all()]
        if fault_id and fault_id not in every:
            known = ", ".join(every) or "none"
            raise FaultError(f"fault: there is no fault {fault_id!r}; there are: {known}")
        chosen = [fault_id] if fault_id else every
        for each in chosen:
            if not self._book.remove(each):
                self._quotas.forget(each)
        self._changed()
        return len(chosen)


def _quota(code: str, value: float) -> Fault:
    """A quota is its own id: there is one of a code."""
    return Fault(Kind.QUOTA, code, f"{value:g}", id=code)


def _fault_in(request: Request) -> Fault:
    try:
        document = json.loads(request.get_data())
    except ValueError as error:
        raise FaultError(f"the body is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise FaultError("the body is no fault")
    return Fault.from_document(document)
