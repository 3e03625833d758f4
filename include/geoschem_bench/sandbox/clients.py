"""botocore clients of the sandbox from inside its own process, without a socket in between."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.config import Config
from werkzeug.test import EnvironBuilder

from geoschem_bench.sandbox.credentials import Credentials
from geoschem_bench.sandbox.models import session
from geoschem_bench.sandbox.persistence.wsgi import Answer
from geoschem_bench.sandbox.settings import HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Ask = Callable[["WSGIEnvironment"], Answer]


class _Body(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:  # noqa: ANN401 - urllib3's options
        """All that is left, in one piece."""
        if rest := self.read():
            yield rest


class Clients:
    """One client per service, made when first asked for."""

    def __init__(self, ask: Ask, region: str, credentials: Credentials) -> None:
        self._ask = ask
        self._region = region
        self._credentials = credentials
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:  # noqa: ANN401 - botocore's own
        """The client of a service."""
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:  # noqa: ANN401 - botocore's own
        client: Any = session().create_client(
            service,
            endpoint_url=f"http://{HOST}",
            region_name=self._region,
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
            config=Config(proxies={}, retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: Any, **_: Any) -> Any:  # noqa: ANN401 - botocore's own
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        builder = EnvironBuilder(
            base_url=f"http://{HOST}",
            path=request.url.partition(HOST)[2].partition("?")[0] or "/",
            query_string=request.url.partition("?")[2],
            method=request.method,
            headers=[(key, _decoded(value)) for key, value in request.headers.items()],
            data=body or b"",
        )
        answer = self._ask(builder.get_environ())
        status = int(answer.status.split(" ", 1)[0])
        headers: Any = dict(answer.headers)
        return AWSResponse(request.url, status, headers, _Body(answer.body))


def _decoded(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
