"""What a person asks of a stack → values of the template's parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from geoschem_bench.aws.stack.template import Template
from geoschem_bench.catalog import load_catalog
from geoschem_bench.errors import UserError
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.suite import LOCAL
from geoschem_bench.suite.names import likeliest

ON_DEMAND, SPOT, MULTINODE = (
    "CampaignInstanceTypes",
    "CampaignSpotInstanceTypes",
    "MultinodeInstanceTypes",
)
DEFAULTS = {"arm64": "GravitonInstanceType", "x86_64": "X86InstanceType"}
"""Parameters that say which type the default environments hold."""
NEVER = "never"
TypesWanted = Mapping[str, set[str]]


def expiry(text: str, today: date) -> str:
    """The day as ISO, or `never`. UserError for another, or for one that has passed."""
    if text == NEVER:
        return text
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"--expires {text}: write a day as 2026-12-31, or '{NEVER}'") from error
    if day < today:
        raise UserError(f"--expires {text}: that day has passed; give a later one or '{NEVER}'")
    return day.isoformat()


def types_wanted(planned: Iterable[PlannedBenchmark], default: Collection[str]) -> TypesWanted:
    """Instance types by the parameter whose environments must hold them.

    Args:
        planned: What is to run.
        default: Types that the default environments hold.
    """
    wanted: dict[str, set[str]] = {ON_DEMAND: set(), SPOT: set(), MULTINODE: set()}
    for item in planned:
        name = item.benchmark.hardware.instance_type
        if name == LOCAL or item.unavailable:
            continue
        if item.benchmark.hardware.nodes > 1:
            wanted[MULTINODE].add(name)
        elif name not in default:
            is_spot = item.benchmark.purchase_option == "spot"
            wanted[SPOT if is_spot else ON_DEMAND].add(name)
    return wanted


def sandboxed(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """With what the sandbox says of itself, where nothing else is said: jobs look for no EC2."""
    own = {"Platform": "sandbox", "StandIn": "proxy", "ImageUri": "geos-chem:latest"}
    return {name: own[name] for name in own if name in template.parameters} | dict(values)


def check_types(values: Mapping[str, str]) -> None:
    """UserError for a type that there is not, of the other architecture, or wanted twice.

    Twice, it would have two environments, and two queues, of one name.
    """
    _check_known(values)
    both = sorted(set(_types(values.get(ON_DEMAND, ""))) & set(_types(values.get(MULTINODE, ""))))
    if both:
        raise UserError(
            f"{', '.join(both)}: in {ON_DEMAND} and in {MULTINODE}, which would have the same "
            f"names; name it in one of them, by --set {ON_DEMAND}=… or --set {MULTINODE}=… (an "
            f"environment for several nodes takes jobs of one node as well)"
        )


def with_types(values: Mapping[str, str], present: Mapping[str, str],
               wanted: TypesWanted) -> dict[str, str]:  # fmt: skip
    """The values with these types added to those that are given, or already in the stack.

    Raises:
        UserError: a type is needed for jobs on several nodes and has an environment without.
    """
    result = dict(values)
    has = {name: _types(values.get(name, present.get(name, ""))) for name in wanted}
    # one environment of a name: that of several nodes takes jobs of one node as well
    on_several = wanted[MULTINODE] | set(has[MULTINODE])
    if both := sorted(wanted[MULTINODE] & set(has[ON_DEMAND])):
        rest = ",".join(name for name in has[ON_DEMAND] if name not in both)
        raise UserError(
            f"{', '.join(both)}: the suite runs it on several nodes, and {ON_DEMAND} holds it for "
            f"one; take it out first: geoschem-bench stack up --set {ON_DEMAND}={rest}"
        )
    for parameter, types in wanted.items():
        new = types - on_several if parameter == ON_DEMAND else types
        if not new <= set(has[parameter]):
            result[parameter] = ",".join(dict.fromkeys([*has[parameter], *sorted(new)]))
    return result


def requested(
    template: Template, values: Mapping[str, str], present: Mapping[str, str] | None
) -> list[dict[str, str | bool]]:
    """Parameters as CloudFormation wants them: given, else as they are, else the default.

    Args:
        template: What asks for them.
        values: Given now.
        present: In the stack; None where there is no stack yet.

    Raises:
        UserError: one without a default is not given.
    """
    parameters: list[dict[str, str | bool]] = []
    missing = []
    for name, parameter in template.parameters.items():
        if name in values:
            parameters.append({"ParameterKey": name, "ParameterValue": values[name]})
        elif present is not None and name in present:
            parameters.append({"ParameterKey": name, "UsePreviousValue": True})
        elif parameter.default is None:
            missing.append(f"{name} has no default ({parameter.description or 'see the template'})"
                           f"; give {_option(name)}")  # fmt: skip
    if missing:
        raise UserError("\n".join(missing))
    return parameters


def _option(name: str) -> str:
    return "--owner you@example.org" if name == "Owner" else f"--set {name}=…"


def _types(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _check_known(values: Mapping[str, str]) -> None:
    catalog = load_catalog()
    wanted: dict[str, tuple[str, str | None]] = {
        values.get(name, ""): (name, architecture) for architecture, name in DEFAULTS.items()
    }
    wanted |= {
        name: (key, None)
        for key in (ON_DEMAND, SPOT, MULTINODE)
        for name in _types(values.get(key, ""))
    }
    for name, (parameter, architecture) in wanted.items():
        found = catalog.get(name)
        if name and found is None:
            known = [each.name for each in catalog]
            raise UserError(
                f"{parameter}={name}: no instance type that we know{likeliest(name, known)}; "
                "newer than the catalogue? geoschem-bench catalog refresh"
            )
        if found and architecture and found.architecture != architecture:
            raise UserError(f"{parameter}={name}: it is {found.architecture}, and the queue is for "
                            f"{architecture}")  # fmt: skip
