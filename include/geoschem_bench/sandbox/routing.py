"""Which part of the sandbox answers a request: our Batch, or moto with its files kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Response

from geoschem_bench.sandbox.batch.app import BatchApp
from geoschem_bench.sandbox.gate import Gate, scope_of
from geoschem_bench.sandbox.persistence.dynamodb import DynamoDBMirror
from geoschem_bench.sandbox.persistence.s3 import S3Mirror
from geoschem_bench.sandbox.persistence.wsgi import Answer, call, read_body
from geoschem_bench.sandbox.settings import STATUS_PATH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Router:
    """The WSGI application of the whole sandbox."""

    def __init__(
        self,
        gate: Gate,
        batch: BatchApp,
        region: str,
        s3: S3Mirror,
        dynamodb: DynamoDBMirror,
        status: Callable[[], dict[str, Any]],
    ) -> None:
        self._gate = gate
        self._batch = batch
        self._region = region
        self._mirrors: dict[str, S3Mirror | DynamoDBMirror] = {"s3": s3, "dynamodb": dynamodb}
        self._status = status
        self._locks = {service: threading.Lock() for service in self._mirrors}
        self._lock_of_the_others = threading.Lock()
        self.moto = DomainDispatcherApplication(create_backend_app)

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
        region, service = scope_of(environ)
        if service == "batch":
            if region != self._region:
                return self._wrong_region(region)(environ, start_response)
            return self._batch(environ, start_response)
        answer = self._ask_moto(environ, region, service)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _ask_moto(self, environ: WSGIEnvironment, region: str, service: str) -> Answer:
        body = read_body(environ)
        # One request per service at a time. moto's backends are not thread-safe: a condition is
        # checked and the item then put in two steps, and a reader may see an object half replaced.
        with self._locks.get(service, self._lock_of_the_others):
            answer = call(self.moto, environ)
            mirror = self._mirrors.get(service)
            if mirror and answer.is_success and mirror.is_change(environ):
                mirror.write(environ, body, region)
        return answer

    def _wrong_region(self, region: str) -> Response:
        message = (
            f"this sandbox has its Batch in {self._region}, the request is for {region}; "
            f"set AWS_REGION and AWS_DEFAULT_REGION to {self._region}"
        )
        response = Response(json.dumps({"message": message}), 400, mimetype="application/json")
        response.headers["x-amzn-ErrorType"] = "ClientException"
        return response
