"""Errors of AWS in the protocol of the service that was asked, so that SDKs raise their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from werkzeug import Response

from geoschem_bench.sandbox.faults.model import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_Error = tuple[str, int]
_THROTTLING: dict[str, _Error] = {
    "batch": ("TooManyRequestsException", 429),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "json": ("ThrottlingException", 400),
    "query": ("Throttling", 400),
}
_BROKEN: dict[str, _Error] = {
    "batch": ("ServerException", 500),
    "dynamodb": ("InternalServerError", 500),
    "ec2": ("InternalError", 500),
    "logs": ("ServiceUnavailableException", 500),
    "s3": ("InternalError", 500),
    "servicequotas": ("ServiceException", 500),
    "json": ("ServerException", 500),
    "query": ("InternalFailure", 500),
}
_REFUSALS: dict[str, dict[str, _Error]] = {
    "expired-token": {
        "batch": ("ExpiredTokenException", 403),
        "ec2": ("RequestExpired", 400),
        "s3": ("ExpiredToken", 400),
        "json": ("ExpiredTokenException", 400),
        "query": ("ExpiredToken", 403),
    },
    "access-denied": {
        "batch": ("AccessDeniedException", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "s3": ("AccessDenied", 403),
        "json": ("AccessDeniedException", 400),
        "query": ("AccessDenied", 403),
    },
    "unknown-key": {
        "batch": ("UnrecognizedClientException", 403),
        "ec2": ("AuthFailure", 401),
        "s3": ("InvalidAccessKeyId", 403),
        "json": ("UnrecognizedClientException", 400),
        "query": ("InvalidClientTokenId", 403),
    },
}
REFUSALS = tuple(_REFUSALS)
_MESSAGES = {
    "throttling": "Rate exceeded",
    "5xx": "An internal error occurred",
    "expired-token": "The security token included in the request is expired",
    "access-denied": "User is not authorized to perform this operation",
    "unknown-key": "The security token included in the request is invalid",
}


def error_of(faults: Sequence[Fault], environ: WSGIEnvironment, service: str) -> Response | None:
    """The answer to a request that these befall; None where they only make it late."""
    for fault in faults:
        if fault.effect != "latency":
            return _answer(fault, service, _protocol(environ, service))
    return None


def _protocol(environ: WSGIEnvironment, service: str) -> str:
    if service in ("s3", "ec2", "batch"):
        return service
    return "json" if "HTTP_X_AMZ_TARGET" in environ else "query"


def _answer(fault: Fault, service: str, protocol: str) -> Response:
    code, status = _error(fault, service, protocol)
    said = _MESSAGES.get(fault.reason or fault.effect, code)
    message = f"{said} (fault {fault.id} of the sandbox)"
    if protocol in ("batch", "json"):
        body = json.dumps({"__type": code, "message": message})
        headers = {"x-amzn-ErrorType": code}
        return Response(body, status, headers, mimetype="application/json")
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    around = {
        "s3": error,
        "ec2": f"<Response><Errors>{error}</Errors></Response>",
        "query": f"<ErrorResponse>{error}</ErrorResponse>",
    }
    return Response(around[protocol], status, mimetype="text/xml")


def _error(fault: Fault, service: str, protocol: str) -> _Error:
    if fault.effect == "refuse":
        given = fault.reason or ""
        known = _REFUSALS.get(given)
        return known[protocol] if known else (given, 400 if protocol == "json" else 403)
    table = _THROTTLING if fault.effect == "throttling" else _BROKEN
    return table.get(service) or table[protocol]
