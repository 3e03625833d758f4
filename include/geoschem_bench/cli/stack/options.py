"""What every command of the group takes: profile, region, and how they become an account."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from geoschem_bench.cli.connection import check_answers
from geoschem_bench.cli.console import say
from geoschem_bench.cli.tariffs import known_region
from geoschem_bench.wiring import region_of

if TYPE_CHECKING:
    from geoschem_bench.aws.account import Account

Profile = Annotated[
    str | None,
    typer.Option(help="AWS profile; default AWS_PROFILE, else boto3's own search."),
]
Region = Annotated[
    str | None,
    typer.Option(help="AWS region; default AWS_DEFAULT_REGION or AWS_REGION, else us-west-2."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def account_of(profile: str | None, region: str | None, *, tell: bool = True) -> Account:
    """The account to work with; what it is, is said on stderr.

    Raises:
        UserError: no such region or profile, no credentials, nobody answers.
    """
    from geoschem_bench.aws.account import Account

    endpoint = os.environ.get("AWS_ENDPOINT_URL") or None
    check_answers(endpoint)
    account = Account(
        region=known_region(region) if region else region_of(),
        profile=profile or _profile_of_the_environment(),
        endpoint_url=endpoint,
    )
    if tell:
        who = account.identity()
        where = f" at {endpoint}" if endpoint else ""
        say(f"Account {who.account}, region {account.region}{where}, as {who.arn}")
    return account


def _profile_of_the_environment() -> str | None:
    """Keys of the environment win over its profile, for every program that speaks to AWS."""
    has_keys = bool(os.environ.get("AWS_ACCESS_KEY_ID"))
    return None if has_keys else os.environ.get("AWS_PROFILE") or None
