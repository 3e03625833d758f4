"""The web face of our Batch: AWS's REST-JSON protocol, described by botocore's own model."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from botocore.model import OperationModel
from botocore.validate import ParamValidator
from werkzeug import Request, Response

from geoschem_bench.sandbox.batch import definitions, environments, jobs, listing, queues, tags
from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState
from geoschem_bench.sandbox.models import service_model

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LOG = logging.getLogger(__name__)
_TAGS = "/v1/tags/"

Operation = Callable[[BatchState, Document], Document]
OPERATIONS: dict[str, Operation] = {
    "CancelJob": jobs.cancel,
    "CancelJobs": jobs.cancel_all,
    "CreateComputeEnvironment": environments.create,
    "CreateJobQueue": queues.create,
    "DeleteComputeEnvironment": environments.delete,
    "DeleteJobQueue": queues.delete,
    "DeregisterJobDefinition": definitions.deregister,
    "DescribeComputeEnvironments": environments.describe,
    "DescribeJobDefinitions": definitions.describe,
    "DescribeJobQueues": queues.describe,
    "DescribeJobs": jobs.describe,
    "GetJobQueueSnapshot": queues.snapshot,
    "ListJobs": listing.list_jobs,
    "ListTagsForResource": tags.list_tags,
    "RegisterJobDefinition": definitions.register,
    "SubmitJob": jobs.submit,
    "TagResource": tags.tag,
    "TerminateJob": jobs.terminate,
    "TerminateJobs": jobs.terminate_all,
    "UntagResource": tags.untag,
    "UpdateComputeEnvironment": environments.update,
    "UpdateJobQueue": queues.update,
}


class BatchApp:
    """A WSGI application that answers Batch's operations."""

    def __init__(self, state: BatchState) -> None:
        self._state = state
        model = service_model("batch")
        operations = [model.operation_model(name) for name in model.operation_names]
        self._routes = {_route(operation): operation for operation in operations}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request, always with JSON."""
        try:
            response = _json(self._answer(Request(environ)), 200)
        except RefusedError as error:
            response = _error("ClientException", str(error), 400)
        except Exception as error:  # an error of ours is an answer too: a client must not hang
            _LOG.exception("Batch")
            response = _error("ServerException", f"Error of the sandbox: {error!r}", 500)
        return response(environ, start_response)

    def _answer(self, request: Request) -> str:
        """The answer as text, made under the lock: documents change once it is released."""
        path = _TAGS + "{resourceArn}" if request.path.startswith(_TAGS) else request.path
        model = self._routes.get((request.method, path))
        if model is None:
            raise RefusedError(f"{request.method} {request.path} is no operation of AWS Batch")
        operation = OPERATIONS.get(model.name)
        if operation is None:
            raise RefusedError(
                f"{model.name}: the sandbox's Batch does not know this operation; "
                f"it knows {', '.join(OPERATIONS)}"
            )
        parameters = _parameters(request, model)
        with self._state.changed:
            return json.dumps(operation(self._state, parameters))


def _route(model: OperationModel) -> tuple[str, str]:
    return model.http["method"], model.http["requestUri"]


def _parameters(request: Request, model: OperationModel) -> Document:
    """The request as one document, checked against AWS's model of it."""
    try:
        parameters: dict[str, Any] = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise RefusedError(f"{model.name}: the body is no JSON: {error}") from error
    if request.path.startswith(_TAGS):
        parameters["resourceArn"] = unquote(request.path.removeprefix(_TAGS))
        if keys := request.args.getlist("tagKeys"):
            parameters["tagKeys"] = keys
    if model.input_shape is None:
        return parameters
    report = ParamValidator().validate(parameters, model.input_shape)
    if report.has_errors():
        raise RefusedError(f"{model.name}: {report.generate_report()}")
    return parameters


def _json(body: str, status: int) -> Response:
    return Response(body, status, mimetype="application/json")


def _error(code: str, message: str, status: int) -> Response:
    response = _json(json.dumps({"message": message}), status)
    response.headers["x-amzn-ErrorType"] = code
    return response
