"""An AWS account as one person sees it: a profile, a region, clients made when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from boto3.session import Session

from geoschem_bench.aws.clients import make_client, make_session
from geoschem_bench.aws.refusals import asking

_HOMES = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(frozen=True)
class Identity:
    """Who AWS takes us for. Shown to the person, stored nowhere."""

    account: str
    arn: str


@dataclass(frozen=True)
class Account:
    """Credentials and region that a command works with."""

    region: str
    profile: str | None = None
    """None: boto3's own search."""
    endpoint_url: str | None = None
    """Set for the sandbox only; clients read it from the environment."""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 - boto3's own
        """A client of the service, the same one every time."""
        where = region or self.region
        key = f"{service} {where}"
        if key not in self._clients:
            self._clients[key] = make_client(service, where, self._session(), prompt=True)
        return self._clients[key]

    def identity(self) -> Identity:
        """Who we are.

        Asked in the home region, so that a region not enabled is not taken for a wrong key.

        Raises:
            AccessError: with the cure.
        """
        with asking(self.region, self.profile):
            answer = self.client("sts", self.home).get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])

    @property
    def home(self) -> str:
        """A region of the same partition that every account has."""
        partition = "aws"
        for prefix in ("cn", "us-gov"):
            partition = f"aws-{prefix}" if self.region.startswith(f"{prefix}-") else partition
        return _HOMES[partition]

    def _session(self) -> Session:
        if "" not in self._clients:
            self._clients[""] = make_session(self.profile)
        session: Session = self._clients[""]
        return session
