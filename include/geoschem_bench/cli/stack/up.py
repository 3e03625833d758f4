"""`stack up`: make the stack, or bring it up to date."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoschem_bench.cli.connection import find_suite, use_connection
from geoschem_bench.cli.console import out, say, show_json, table_of
from geoschem_bench.cli.stack.idle import idle_costs
from geoschem_bench.cli.stack.options import AsJson, Profile, Region, Yes, account_of
from geoschem_bench.errors import UserError
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import routes_of

if TYPE_CHECKING:
    from geoschem_bench.aws.account import Account
    from geoschem_bench.aws.stack.changes import ChangeSet
    from geoschem_bench.aws.stack.reading import Stack
    from geoschem_bench.aws.stack.template import Template
    from geoschem_bench.aws.stack.watching import Event

_STACK = "BenchmarkingStack"
Name = Annotated[str, typer.Argument(help="Name of the stack.")]
Assign = Annotated[
    list[str] | None,
    typer.Option("--set", help="Parameter=value of the template; repeatable."),
]
Suite = Annotated[
    str | None, typer.Option(help="Name or path: adds queues for the types it needs.")
]
Owner = Annotated[str | None, typer.Option(help="Tag `owner`: who to ask.")]
Expires = Annotated[str | None, typer.Option(help="Tag `expires`: a day as 2026-12-31, or never.")]
AdoptData = Annotated[
    bool,
    typer.Option(
        "--adopt-data",
        help="Take over the table, and the bucket of --set BucketName, that an earlier stack left.",
    ),
]
File = Annotated[Path | None, typer.Option(help="Another template than the committed one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the changes, make none of them.")]


@dataclass(frozen=True)
class _Asked:
    """What one `stack up` is to do."""

    account: Account
    name: str
    template: Template
    values: Mapping[str, str]
    """Given for parameters; every one is in the template."""
    old: Stack | None

    @property
    def all_values(self) -> dict[str, str]:
        """Every parameter's value: given, else as it is, else the template's default."""
        present = self.old.parameters if self.old else {}
        defaults = {name: p.default or "" for name, p in self.template.parameters.items()}
        return {**defaults, **present, **self.values}


def up(
    name: Name = _STACK,
    assign: Assign = None,
    suite: Suite = None,
    owner: Owner = None,
    expires: Expires = None,
    adopt_data: AdoptData = False,
    template: File = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Make the stack, or change it to what the template and the options say."""
    from geoschem_bench.aws.stack.template import TEMPLATE, read_template

    read = read_template(template or TEMPLATE)
    values = _values(read, assign or [], owner, expires)
    use_connection()
    account = account_of(profile, region)
    asked = _asked(account, name, read, values, suite)
    _refuse_taken(asked, adopt_data)
    change_set = _prepare(asked, adopt_data)
    if change_set is None:
        say(f"Stack {name}: nothing to change")
        if as_json:
            show_json({"stack": name, "changes": []})
        return
    try:
        _show(asked, change_set, as_json)
        agreed = not dry_run and (yes or _agrees(change_set))
    except BaseException:  # Ctrl-C, or nobody reads on: what only waited must not stay
        _discard(account, change_set)
        raise
    if not agreed:
        _discard(account, change_set)
        say("Dry run: nothing was changed" if dry_run else "Nothing was changed")
        raise typer.Exit(0 if dry_run else 1)
    _carry_out(asked, change_set)


def _values(
    template: Template, given: list[str], owner: str | None, expires: str | None
) -> dict[str, str]:
    from geoschem_bench.aws.stack.template import assignments, check_values
    from geoschem_bench.aws.stack.wishes import expiry

    if owner == "":
        raise UserError("--owner is empty (an unset $USER?); say who to ask: --owner NAME")
    values = assignments(given)
    short = {"Owner": owner, "ExpiresOn": expires}
    for name, value in short.items():
        if value is not None and name in values:
            raise UserError(f"{name} is given twice, by --set and by its own option; give it once")
    if expires is not None:
        short["ExpiresOn"] = expiry(expires, datetime.now(UTC).date())
    values |= {name: value for name, value in short.items() if value is not None}
    check_values(template, values)
    return values


def _asked(
    account: Account, name: str, template: Template, values: Mapping[str, str], suite: str | None
) -> _Asked:
    from geoschem_bench.aws.stack.failures import check_can_change
    from geoschem_bench.aws.stack.reading import find_stack
    from geoschem_bench.aws.stack.template import check_values
    from geoschem_bench.aws.stack.wishes import (
        DEFAULTS,
        check_types,
        sandboxed,
        types_wanted,
        with_types,
    )

    found = find_stack(account, name)
    check_can_change(found, account.region)
    old = None if found and found.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE") else found
    if account.endpoint_url and old is None:
        values = sandboxed(template, values)
    asked = _Asked(account, name, template, values, old)
    check_types(asked.all_values)
    if suite is None:
        return asked
    planned = plan_suite(load_suite(find_suite(suite)), routes=routes_of())
    default = [asked.all_values.get(parameter, "") for parameter in DEFAULTS.values()]
    wanted = types_wanted(planned, default)
    with_suite = with_types(values, old.parameters if old else {}, wanted)
    check_values(template, with_suite)
    return _Asked(account, name, template, with_suite, old)


def _refuse_taken(asked: _Asked, adopt_data: bool) -> None:
    from geoschem_bench.aws.stack.reading import resources_of
    from geoschem_bench.aws.stack.taken import refusal_of, taken_names

    own = set()
    if asked.old is not None:
        own = {part.name for part in resources_of(asked.account, asked.old.stack_id)}
    taken = taken_names(asked.account, asked.template, asked.all_values, own)
    if adopt_data:
        taken = [each for each in taken if not each.keeps_data]
    if taken:
        raise UserError(refusal_of(taken, asked.account.region))


def _prepare(asked: _Asked, adopt_data: bool) -> ChangeSet | None:
    from geoschem_bench.aws.stack.changes import Wish, prepare
    from geoschem_bench.aws.stack.reading import OUR_TAG
    from geoschem_bench.aws.stack.wishes import requested

    template = asked.template.with_names(asked.all_values) if adopt_data else asked.template
    wish = Wish(
        name=asked.name,
        template=template,
        parameters=requested(
            asked.template, asked.values, asked.old.parameters if asked.old else None
        ),
        # None that changes: CloudFormation hands them on, and environments cannot change theirs.
        # Owner and expiry are tags that the template gives to what may have others later.
        tags=dict([OUR_TAG]),
        is_new=asked.old is None,
        adopt=adopt_data,
    )
    return prepare(asked.account, wish)


def _show(asked: _Asked, change_set: ChangeSet, as_json: bool) -> None:
    if as_json:
        show_json({"stack": asked.name, "changes": [asdict(c) for c in change_set.changes]})
        return
    rows = [
        (c.action, c.kind.removeprefix("AWS::"), c.logical_id, ", ".join(c.details))
        for c in change_set.changes
    ]
    title = f"Stack {asked.name}, {'new' if change_set.is_new else 'to be changed'}"
    if any(differs for *_, differs in rows):
        out.print(table_of(("action", "kind", "part", "what differs"), rows, title))
    else:  # a new stack, or the sandbox, which does not tell
        out.print(table_of(("action", "kind", "part"), [row[:3] for row in rows], title))
    if not rows:
        say("CloudFormation lists no part that changes: values of parameters or tags do")
    for change in change_set.losses:
        say(f"{change.action}: {change.kind} {change.physical_id or change.logical_id}; what it "
            "holds is lost unless the template keeps it")  # fmt: skip
    for line in idle_costs(asked.template, asked.all_values, asked.account.region):
        say(line)


def _agrees(change_set: ChangeSet) -> bool:
    if not sys.stdin.isatty():
        say("Nobody is there to ask; say --yes to do it")
        return False
    verb = "Make" if change_set.is_new else "Change"
    return typer.confirm(f"{verb} it?", err=True)


def _discard(account: Account, change_set: ChangeSet) -> None:
    from geoschem_bench.aws.stack.changes import discard

    discard(account, change_set)


def _carry_out(asked: _Asked, change_set: ChangeSet) -> None:
    from geoschem_bench.aws.stack.failures import failed
    from geoschem_bench.aws.stack.watching import carry_out, unwatched

    events: list[Event] = []

    def tell(event: Event) -> None:
        events.append(event)
        say_event(event)

    try:
        stack = carry_out(asked.account, change_set, tell)
    except KeyboardInterrupt:
        say(unwatched(asked.name, asked.account.region))
        raise typer.Exit(130) from None
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise failed(asked.account, stack, events)
    say(f"Stack {asked.name} is {stack.status}. Next: geoschem-bench stack connect {asked.name}")


def say_event(event: Event) -> None:
    """One line of progress."""
    reason = f": {event.reason}" if event.reason and "User Initiated" not in event.reason else ""
    say(f"  {event.status:<28} {event.kind.removeprefix('AWS::')} {event.logical_id}{reason}")
