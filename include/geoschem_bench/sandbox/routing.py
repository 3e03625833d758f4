"""Which part of the sandbox answers a request: our own services, or moto with its files kept."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Response
from werkzeug.exceptions import NotFound

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.faults.answers import error_of
from geoschem_bench.sandbox.faults.book import FaultBook
from geoschem_bench.sandbox.faults.operations import operation_of
from geoschem_bench.sandbox.faults.tally import Tally
from geoschem_bench.sandbox.gate import Gate, scope_of
from geoschem_bench.sandbox.persistence.wsgi import Answer, call, read_body
from geoschem_bench.sandbox.settings import CONTROL_PATHS, STATUS_PATH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_WITHOUT_STACKS = frozenset({"dynamodb", "s3", "servicequotas", "sts"})
"""Services that have all they need before the stacks are made again, or see to it themselves."""
_READS_OF_LOGS = ("GetLogEvents", "FilterLogEvents")
_USES_OF_NETWORKS = ("/v1/createcomputeenvironment", "/v1/updatecomputeenvironment")


class Mirror(Protocol):
    """Keeps files equal to what moto holds of one service."""

    def is_change(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may change anything."""

    def write(self, environ: WSGIEnvironment, body: bytes, region: str) -> None:
        """Writes through what a request that succeeded has changed."""


class Router:
    """The WSGI application of the whole sandbox."""

    def __init__(
        self,
        gate: Gate,
        region: str,
        mirrors: Mapping[str, Mirror],
        status: Callable[[], dict[str, Any]],
        faults: FaultBook,
    ) -> None:
        self._gate = gate
        self._region = region
        self._mirrors = mirrors
        self._status = status
        self._faults = faults
        self.tally = Tally()
        self._lock_of_the_others = threading.RLock()
        self._locks = {service: threading.RLock() for service in mirrors}
        self._own: dict[str, WSGIApplication] = {}
        self._control: WSGIApplication = NotFound()
        self._restore: Callable[[], None] = lambda: None
        self.moto = DomainDispatcherApplication(create_backend_app)

    def serve(
        self,
        own: Mapping[str, WSGIApplication],
        control: WSGIApplication,
        restore: Callable[[], None],
    ) -> None:
        """Takes services that are ours, and how the stacks are made again after a start."""
        self._own = dict(own)
        self._control = control
        self._restore = restore

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        refusal = self._gate.refuse_pages(environ)
        # The one question that needs no key: it changes nothing and tells no secret.
        if refusal is None and environ["PATH_INFO"] == STATUS_PATH:
            body = json.dumps(self._status())
            return Response(body, mimetype="application/json")(environ, start_response)
        refusal = refusal or self._gate.refuse_strangers(environ)
        if refusal is not None:
            return refusal(environ, start_response)
        if environ["PATH_INFO"].startswith(CONTROL_PATHS):
            return self._control(environ, start_response)
        answer = self.ask(environ)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def restore(self) -> None:
        """Makes the stacks again, if that is still to be done. SandboxError: they cannot be."""
        with self._everything():
            self._restore()

    def ask(self, environ: WSGIEnvironment) -> Answer:
        """Answers a request of whoever may ask: the gate is behind us."""
        region, service = scope_of(environ)
        body = read_body(environ)
        if (error := self._struck(environ, service, body)) is not None:
            return error
        if service in (*self._own, "cloudformation") and region != self._region:
            return _refusal(
                environ,
                f"this sandbox has its {service} in {self._region}, the request is for {region}; "
                f"set AWS_REGION and AWS_DEFAULT_REGION to {self._region}",
            )
        if _needs_stacks(service, environ):
            try:
                self.restore()
            except SandboxError as error:
                return _refusal(environ, str(error))
        if service == "cloudformation":  # makes things of all services
            with self._everything():
                return self._ask_moto(environ, body, region, service)
        if service in self._own:
            return call(self._own[service], environ)
        return self._ask_moto(environ, body, region, service)

    def _struck(self, environ: WSGIEnvironment, service: str, body: bytes) -> Answer | None:
        """Counts the call; late, or an error, where a fault says so. No lock is held meanwhile."""
        operation = operation_of(environ, service, body)
        self.tally.count(service, operation)
        faults = self._faults.of_request(service, operation)
        if late := sum(each.seconds or 0.0 for each in faults if each.effect == "latency"):
            time.sleep(late)
        error = error_of(faults, environ, service)
        return call(error, environ) if error else None

    def _ask_moto(self, environ: WSGIEnvironment, body: bytes, region: str, service: str) -> Answer:
        # One request per service at a time. moto's backends are not thread-safe: a condition is
        # checked and the item then put in two steps, and a reader may see an object half replaced.
        with self._locks.get(service, self._lock_of_the_others):
            answer = call(self.moto, environ)
            mirror = self._mirrors.get(service)
            if mirror and answer.is_success and mirror.is_change(environ):
                mirror.write(environ, body, region)
        return answer

    @contextmanager
    def _everything(self) -> Iterator[None]:
        """All locks, always in this order; who holds one of them asks for no second."""
        with ExitStack() as held:
            for lock in (self._lock_of_the_others, *self._locks.values()):
                held.enter_context(lock)
            yield


def _needs_stacks(service: str, environ: WSGIEnvironment) -> bool:
    """Whether an answer depends on what a stack made in moto's memory."""
    if service in _WITHOUT_STACKS:
        return False
    if service == "batch":
        return environ["PATH_INFO"] in _USES_OF_NETWORKS
    operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
    return not (service == "logs" and operation in _READS_OF_LOGS)


def _refusal(environ: WSGIEnvironment, message: str) -> Answer:
    """In the protocol of the request: forms are answered in XML, all else in JSON."""
    if str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        fault = f"<Code>ValidationError</Code><Message>{escape(message)}</Message>"
        body = f"<Response><Errors><Error>{fault}</Error></Errors></Response>"
        return call(Response(body, 400, mimetype="text/xml"), environ)
    kind = "NoSuchResourceException" if "HTTP_X_AMZ_TARGET" in environ else "ClientException"
    body = json.dumps({"__type": kind, "message": message})
    response = Response(body, 400, mimetype="application/json")
    response.headers["x-amzn-ErrorType"] = kind
    return call(response, environ)
