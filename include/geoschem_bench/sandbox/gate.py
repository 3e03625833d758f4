"""Who may ask the sandbox: programs of this computer that have its key, and no web page."""

from __future__ import annotations

import hmac
import json
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from werkzeug import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_OUR_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?", re.IGNORECASE)
_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]*)/aws4_request")
_WRONG_KEY = (
    "this is not the sandbox's access key; take its environment anew: "
    'eval "$(geoschem-bench sandbox up --env)"'
)
_FROM_A_PAGE = "the sandbox answers programs of this computer only, no web pages"


class Gate:
    """Refuses requests of strangers. A job runs any command, so nobody else may submit one."""

    def __init__(self, access_key: str) -> None:
        self._access_key = access_key.encode()

    def refuse_pages(self, environ: WSGIEnvironment) -> Response | None:
        """The refusal of what a browser sends for a web page.

        Browsers name the page's origin; a page whose own name was made to lead to loopback (DNS
        rebinding) is of the same origin, but its name is in `Host`.
        """
        is_ours = _OUR_HOST.fullmatch(environ.get("HTTP_HOST", ""))
        if is_ours and "HTTP_ORIGIN" not in environ:
            return None
        return _refusal(environ, "AccessDenied", _FROM_A_PAGE)

    def refuse_strangers(self, environ: WSGIEnvironment) -> Response | None:
        """The refusal of what was not signed with the sandbox's key."""
        if hmac.compare_digest(_key_of(environ).encode(), self._access_key):
            return None
        return _refusal(environ, "InvalidClientTokenId", _WRONG_KEY)


def scope_of(environ: WSGIEnvironment) -> tuple[str, str]:
    """Region and service that a request was signed for."""
    found = _SCOPE.search(_signed(environ))
    # What is not signed, moto takes for S3.
    return (found[2], found[3].lower()) if found else ("us-east-1", "s3")


def _key_of(environ: WSGIEnvironment) -> str:
    found = _SCOPE.search(_signed(environ))
    # boto3 presigns for S3 in the old way (version 2) unless told otherwise.
    return found[1] if found else Request(environ).args.get("AWSAccessKeyId", "")


def _signed(environ: WSGIEnvironment) -> str:
    """Where the key and the scope are named; presigned URLs carry them in the query."""
    query = Request(environ).args.get("X-Amz-Credential", "")
    return environ.get("HTTP_AUTHORIZATION") or f"Credential={query}"


def _refusal(environ: WSGIEnvironment, code: str, message: str) -> Response:
    """A 403 in the protocol of the service that was asked, so that SDKs show its message."""
    _, service = scope_of(environ)
    content = environ.get("CONTENT_TYPE", "")
    is_json = service == "batch" or "json" in content
    # S3 is what an unsigned request counts as, but it is never asked with a form.
    is_s3 = service == "s3" and "form" not in content
    if is_json:
        body = json.dumps({"__type": code, "message": message})
    else:
        body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        body = body if is_s3 else f"<ErrorResponse>{body}</ErrorResponse>"
    kind = "application/json" if is_json else "text/xml"
    return Response(body, 403, {"x-amzn-ErrorType": code}, mimetype=kind)
