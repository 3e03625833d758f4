"""What AWS refuses, as one message with the cure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from geoschem_bench.errors import AccessError

AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
"""All that boto3 raises; the last where a proxy or a stand-in answers something else."""
POLICY = "infra/deployer-policy.json"
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden",
           "AuthorizationError")  # fmt: skip
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
_WRONG_KEY = (
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "AuthFailure",
    "OptInRequired",
)
_CLOCK = re.compile(r"RequestTimeTooSkewed|[Ss]ignature (expired|not yet current)|"
                    r"difference between the request time and the current time")  # fmt: skip
"""AWS takes no request that is signed over some minutes before or after its own time."""
_LONG = 300
"""A page of a proxy is longer than anybody wants to read."""
_ACTION = re.compile(r"perform:? ([a-z0-9-]+:\w+)")


@contextmanager
def asking(region: str, profile: str | None) -> Iterator[None]:
    """For calls to AWS: what they raise becomes an AccessError with the cure."""
    try:
        yield
    except AWS_ERRORS as error:
        raise AccessError(explained(error, region, profile)) from error


def code_of(error: Exception) -> str:
    """AWS's word for the error; empty for one of our side."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def is_denied(error: Exception) -> bool:
    """Whether we may not do this."""
    return code_of(error) in _DENIED


def is_lockout(error: Exception) -> bool:
    """Whether a person must mend it: no waiting brings rights or credentials."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError | SSOError):
        return True
    return is_denied(error) or code_of(error) in (*_EXPIRED, *_WRONG_KEY) or _is_late(error)


def _is_late(error: Exception) -> bool:
    return isinstance(error, ClientError) and _CLOCK.search(str(error)) is not None


def is_of_access(error: Exception) -> bool:
    """Whether no other request would have fared better: credentials, clock, or the way to AWS."""
    if isinstance(error, EndpointConnectionError | HTTPClientError | ResponseParserError):
        return True
    return is_lockout(error) and not is_denied(error)


def message_of(error: Exception) -> str:
    """AWS's own sentence, without botocore's preamble."""
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Message") or error).strip(" .")
    return str(error).strip(" .")


def action_of(error: Exception) -> str:
    """The permission that is missing, as policies spell it: `s3:PutObject`."""
    named = _ACTION.search(message_of(error))
    if named:
        return named[1]
    return getattr(error, "operation_name", "the call")


def explained(error: Exception, region: str, profile: str | None = None) -> str:
    """One message: what AWS said, and what to do."""
    use = f" --profile {profile}" if profile else ""
    said = message_of(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            f"no AWS credentials: {said}. Make them: aws configure{use} (or aws sso login{use}), "
            "or name a profile that has some: --profile NAME"
        )
    if isinstance(error, SSOError | TokenRetrievalError) or code_of(error) in _EXPIRED:
        return (
            f"the AWS session has expired: {said}. Renew it: aws sso login{use}, or take new "
            "temporary keys"
        )
    if _is_late(error):
        return (
            f"this computer's clock is not AWS's: {said}. Set it: timedatectl set-ntp true, and "
            "look at it: date -u"
        )
    if code_of(error) in _WRONG_KEY:
        return (
            f"AWS does not know these credentials: {said}. Check them: aws sts "
            f"get-caller-identity --region {region}{use}; another profile: --profile NAME; and "
            "AWS_ENDPOINT_URL is for the sandbox only"
        )
    if is_denied(error):
        return (
            f"access denied, {action_of(error)} is not allowed: {said}. Have {POLICY} attached to "
            "these credentials, or use others: --profile NAME"
        )
    if isinstance(error, EndpointConnectionError | HTTPClientError | ResponseParserError):
        return (
            f"AWS is not reached: {said[:_LONG]}. Check the network, a proxy, AWS_ENDPOINT_URL, "
            f"and that {region} is the right region"
        )
    return f"AWS refused {getattr(error, 'operation_name', 'the call')}: {said}"
