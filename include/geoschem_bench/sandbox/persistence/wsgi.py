"""Calling moto's web application from inside the process."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geoschem_bench.errors import SandboxError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


@dataclass
class Answer:
    """A complete answer, kept back until what it promises is on disk."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the request was carried out."""
        return self.status[0] in "23"


def call(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Runs an application to the end."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str,
        headers: list[tuple[str, str]],
        exc_info: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401 - the signature is WSGI's
        started.append((status, headers))
        return lambda _: None

    chunks: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    return Answer(status, headers, body)


def read_body(environ: WSGIEnvironment) -> bytes:
    """Takes the body in and leaves it in place for the application.

    Done before any lock is taken, so that a slow client holds up nobody.
    """
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    if length:
        body = bytes(stream.read(int(length)))
    else:  # werkzeug decodes chunked bodies and says when they end
        body = bytes(stream.read()) if environ.get("wsgi.input_terminated") else b""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


def path_of(environ: WSGIEnvironment) -> str:
    """The decoded path; WSGI hands it over as if it were Latin-1."""
    return str(environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")


def replayed(application: WSGIApplication, environ: WSGIEnvironment) -> None:
    """Repeats a request of an earlier life.

    Raises:
        SandboxError: moto refuses now what it accepted then.
    """
    answer = call(application, environ)
    if not answer.is_success:
        raise SandboxError(
            f"the sandbox's state cannot be loaded: {environ['REQUEST_METHOD']} "
            f"{environ['PATH_INFO']} gave {answer.status}: {answer.body.decode(errors='replace')}"
        )
