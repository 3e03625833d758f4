"""Service quotas of EC2, as `quotas.json` of the sandbox's folder says at each request.

    {"L-1216C47A": 64}

Without the file, or for a quota that it does not name, there is room for everything.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from geoschem_bench.errors import SandboxError, UserError
from geoschem_bench.sandbox.files import read_json, write_json

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GENEROUS = 4096.0
_NAMES = {
    "L-1216C47A": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    "L-34B43A08": "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
    "L-43DA4232": "Running On-Demand High Memory instances",
    "L-7295265B": "Running On-Demand X instances",
    "L-E3A00192": "All X Spot Instance Requests",
    "L-F7808C92": "Running On-Demand HPC instances",
}
_DEFAULTS = {"L-1216C47A": 5.0, "L-34B43A08": 5.0}
"""What AWS grants a new account; it grants none of the others."""
_SERVICE = {"ServiceCode": "ec2", "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)"}


class UnknownQuotaError(UserError):
    """There is no such quota here."""


class QuotaFile:
    """The values that are not generous."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def read(self) -> dict[str, float]:
        """Values by code, as the file says now. SandboxError where it is damaged."""
        try:
            document = read_json(self._path)
        except FileNotFoundError:
            return {}
        if not isinstance(document, dict) or not all(
            isinstance(value, int | float) for value in document.values()
        ):
            raise SandboxError(f'{self._path}: must say numbers by code, {{"L-1216C47A": 64}}')
        return document

    def grant(self, code_or_name: str, value: float) -> str:
        """Writes a value down, and returns the quota's code."""
        code = _code_of(code_or_name)
        with self._lock:
            write_json(self._path, {**self.read(), code: value})
        return code

    def forget(self, code: str) -> None:
        """There is room for everything again."""
        with self._lock:
            left = {known: value for known, value in self.read().items() if known != code}
            if left:
                write_json(self._path, left)
            else:
                self._path.unlink(missing_ok=True)


def _code_of(code_or_name: str) -> str:
    """Of the quotas known here, that of this code, or the only one with such a part in its name."""
    if code_or_name in _NAMES:
        return code_or_name
    found = [code for code, name in _NAMES.items() if code_or_name.lower() in name.lower()]
    if len(found) != 1:
        known = "; ".join(f"{code} {name}" for code, name in _NAMES.items())
        what = "names none" if not found else "names several"
        raise UnknownQuotaError(f"quota: {code_or_name!r} {what}; give a code. Known are: {known}")
    return found[0]


class QuotasApp:
    """A WSGI application that answers what may be asked of quotas."""

    def __init__(self, file: Path, region: str, account: str) -> None:
        self._granted = QuotaFile(file).read
        self._arn = f"arn:aws:servicequotas:{region}:{account}:ec2"
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetAWSDefaultServiceQuota": lambda asked: {"Quota": self._default(_code(asked))},
            "GetServiceQuota": lambda asked: {"Quota": self._applied(_code(asked))},
            "ListAWSDefaultServiceQuotas": lambda asked: {
                "Quotas": [self._default(code) for code in self._codes(asked)]
            },
            "ListServiceQuotas": lambda asked: {
                "Quotas": [self._applied(code) for code in self._codes(asked)]
            },
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request, always with JSON."""
        try:
            response = _json(self._answer(Request(environ)), 200)
        except UnknownQuotaError as error:
            response = _json({"__type": "NoSuchResourceException", "Message": str(error)}, 400)
        except (SandboxError, ValueError) as error:
            response = _json({"__type": "ServiceException", "Message": str(error)}, 500)
        return response(environ, start_response)

    def _answer(self, request: Request) -> dict[str, Any]:
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        operation = self._operations.get(name)
        if operation is None:
            raise UnknownQuotaError(
                f"{name}: the sandbox does not know this operation; it knows "
                f"{', '.join(self._operations)}"
            )
        return operation(json.loads(request.get_data()))

    def _codes(self, asked: dict[str, Any]) -> list[str]:
        _check_service(asked)
        return sorted({*_NAMES, *self._granted()})

    def _applied(self, code: str) -> dict[str, Any]:
        granted = self._granted()
        if code not in _NAMES and code not in granted:
            raise UnknownQuotaError(f"The request failed because the quota {code} does not exist")
        return self._quota(code, granted.get(code, GENEROUS))

    def _default(self, code: str) -> dict[str, Any]:
        if code not in _NAMES:
            raise UnknownQuotaError(f"The request failed because the quota {code} does not exist")
        return self._quota(code, _DEFAULTS.get(code, 0.0))

    def _quota(self, code: str, value: float) -> dict[str, Any]:
        return {
            **_SERVICE,
            "QuotaArn": f"{self._arn}/{code}",
            "QuotaCode": code,
            "QuotaName": _NAMES.get(code, code),
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }


def _code(asked: dict[str, Any]) -> str:
    _check_service(asked)
    return str(asked.get("QuotaCode"))


def _check_service(asked: dict[str, Any]) -> None:
    if asked.get("ServiceCode") != "ec2":
        raise UnknownQuotaError(f"ServiceCode: {asked.get('ServiceCode')!r}; the sandbox has 'ec2'")


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/x-amz-json-1.1")
