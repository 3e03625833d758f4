"""The web face of our CloudFormation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator
from werkzeug import Request, Response

from geoschem_bench.errors import UserError
from geoschem_bench.sandbox.cloudformation import changes, operations
from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.query import answer_of, error_of, parameters_of
from geoschem_bench.sandbox.cloudformation.service import Stacks
from geoschem_bench.sandbox.models import service_model

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LOG = logging.getLogger(__name__)
Operation = Callable[[Stacks, dict[str, Any]], dict[str, Any]]
OPERATIONS: dict[str, Operation] = {
    "CreateChangeSet": changes.create,
    "CreateStack": operations.create_stack,
    "DeleteChangeSet": changes.delete,
    "DeleteStack": operations.delete_stack,
    "DescribeChangeSet": changes.describe,
    "DescribeStackEvents": operations.describe_events,
    "DescribeStackResource": operations.describe_resource,
    "DescribeStackResources": operations.describe_resources,
    "DescribeStacks": operations.describe_stacks,
    "ExecuteChangeSet": changes.execute,
    "GetTemplate": operations.get_template,
    "GetTemplateSummary": operations.get_summary,
    "ListChangeSets": changes.list_all,
    "ListStackResources": operations.list_resources,
    "ListStacks": operations.list_stacks,
    "UpdateStack": operations.update_stack,
    "ValidateTemplate": operations.validate_template,
}


class CloudFormationApp:
    """A WSGI application that answers CloudFormation's operations."""

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request, always with XML."""
        try:
            response = _xml(self._answer(Request(environ)), 200)
        except StackError as error:
            response = _xml(error_of(error.code, str(error)), 400)
        except UserError as error:
            response = _xml(error_of("ValidationError", str(error)), 400)
        except Exception as error:  # an error of ours is an answer too: a client must not hang
            _LOG.exception("CloudFormation")
            response = _xml(error_of("InternalFailure", f"Error of the sandbox: {error!r}"), 500)
        return response(environ, start_response)

    def _answer(self, request: Request) -> str:
        name = request.form.get("Action", "")
        operation = OPERATIONS.get(name)
        if operation is None:
            raise StackError(
                f"{name}: the sandbox's CloudFormation does not know this operation; it knows "
                f"{', '.join(OPERATIONS)}"
            )
        model = service_model("cloudformation").operation_model(name)
        shape: Any = model.input_shape
        parameters = parameters_of(request.form, shape)
        report = ParamValidator().validate(parameters, shape)
        if report.has_errors():
            raise StackError(f"{name}: {report.generate_report()}")
        return answer_of(name, model.output_shape, operation(self._stacks, parameters))


def _xml(body: str, status: int) -> Response:
    return Response(body, status, mimetype="text/xml")
