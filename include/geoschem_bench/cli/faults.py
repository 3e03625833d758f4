"""`sandbox fault`: what goes wrong on AWS, made to go wrong in the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from geoschem_bench.cli.console import out, say, show_json, table_of
from geoschem_bench.errors import SandboxError, SettingsError
from geoschem_bench.wiring import state_folder

if TYPE_CHECKING:
    from geoschem_bench.sandbox import Sandbox
    from geoschem_bench.sandbox.faults import Fault

app = typer.Typer(
    help="Make the running sandbox fail as AWS does. Faults last until they are cleared, or until "
    "`sandbox down`.",
    no_args_is_help=True,
)
_Json = Annotated[bool, typer.Option("--json", help="For programs.")]
_Times = Annotated[int | None, typer.Option("--times", help="Only so many times; then it is over.")]


@app.command("list")
def list_faults(json: _Json = False) -> None:
    """The faults that are set, each with the ID that `clear` takes."""
    from geoschem_bench.sandbox import faults

    found = faults.listed(_running())
    if json:
        show_json([each.to_document() for each in found])
    elif found:
        columns = ("ID", "what", "whose", "fault", "more")
        out.print(table_of(columns, [_row(each) for each in found]))
    else:
        say("No fault is set")


@app.command()
def clear(
    fault_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="As `list` shows it.", show_default="all")
    ] = None,
) -> None:
    """Clear one fault, or all, changed quotas among them. Jobs that were stuck go on."""
    from geoschem_bench.sandbox import faults

    count = faults.clear(_running(), fault_id)
    say(f"Cleared {count} {'fault' if count == 1 else 'faults'}")


@app.command()
def job(
    pattern: Annotated[str, typer.Argument(help="Of job names: 'smoke-*', or '*' for all.")],
    fate: Annotated[
        str,
        typer.Option(
            "--fate",
            help="stuck (stays RUNNABLE), spot-reclaim, lose-instance, no-image, out-of-memory, "
            "vanish (Batch forgets the job), idle (RUNNING without running anything: no "
            "measurement).",
        ),
    ],
    queue: Annotated[str | None, typer.Option("--queue", help="Only jobs of this queue.")] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            help="For stuck: capacity, max-resource, job-resources, instance-configuration, "
            "service-role, invalid-environment, undetermined. For no-image: manifest-unknown, "
            "no-arm64, no-amd64, access-denied. Or any text of AWS's.",
            show_default="capacity; manifest-unknown",
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", help="How long a job runs before; an idle one then SUCCEEDED."),
    ] = None,
    times: _Times = None,
) -> None:
    """Decide what becomes of jobs: the next ones, and where that is possible those that run."""
    from geoschem_bench.sandbox import faults

    _tell(faults.job(_running(), pattern, fate, queue=queue, reason=reason, seconds=seconds,
                     times=times))  # fmt: skip


@app.command()
def environment(
    name: Annotated[str, typer.Argument(help="A compute environment, or a pattern of names.")],
    invalid: Annotated[
        str | None,
        typer.Option("--invalid", help="INVALID, for this reason: 'CLIENT_ERROR - Access denied'."),
    ] = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="DISABLED.")] = False,
    no_capacity: Annotated[
        bool, typer.Option("--no-capacity", help="VALID, but AWS has no instances to give.")
    ] = False,
) -> None:
    """Break compute environments: say exactly one of --invalid, --disabled and --no-capacity."""
    from geoschem_bench.sandbox import faults

    given = {"invalid": invalid is not None, "disabled": disabled, "no-capacity": no_capacity}
    _tell(faults.environment(_running(), name, _only_one(given), invalid))


@app.command()
def quota(
    code_or_name: Annotated[
        str, typer.Argument(help="L-1216C47A, or a part of a name that fits one quota alone.")
    ],
    vcpus: Annotated[float, typer.Argument(help="How many vCPUs the account may have.")],
) -> None:
    """Set a service quota of EC2; clear it to have room for everything again."""
    from geoschem_bench.sandbox import faults

    _tell(faults.quota(_running(), code_or_name, vcpus))


@app.command()
def service(
    target: Annotated[
        str, typer.Argument(help="s3, batch:DescribeJobs, 'ec2:Describe*', or '*' for everything.")
    ],
    latency: Annotated[
        float | None, typer.Option("--latency", help="Answers are so many seconds late.")
    ] = None,
    throttling: Annotated[
        bool, typer.Option("--throttling", help="Too many requests, in the service's own words.")
    ] = False,
    broken: Annotated[bool, typer.Option("--5xx", help="An error inside of AWS.")] = False,
    refuse: Annotated[
        str | None,
        typer.Option(
            "--refuse",
            help="expired-token, access-denied, unknown-key, or any error code of AWS's.",
        ),
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", help="The share of requests, drawn at random.")
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Of that draw.")] = 0,
    times: _Times = None,
) -> None:
    """Break a service: say exactly one of --latency, --throttling, --5xx and --refuse."""
    from geoschem_bench.sandbox import faults

    given = {"latency": latency is not None, "throttling": throttling, "5xx": broken,
             "refuse": refuse is not None}  # fmt: skip
    _tell(faults.service(_running(), target, _only_one(given), code=refuse, seconds=latency,
                         rate=rate, seed=seed, times=times))  # fmt: skip


def calls(
    reset: Annotated[bool, typer.Option("--reset", help="Then count from zero.")] = False,
    json: _Json = False,
) -> None:
    """How often each operation of AWS was asked for since the start, or the last --reset."""
    from geoschem_bench.sandbox import faults

    sandbox = _running()
    counts = faults.calls(sandbox)
    if reset:
        faults.reset_calls(sandbox)
    if json:
        show_json(counts)
    elif counts:
        out.print(table_of(("operation", "calls"), list(counts.items())))
    else:
        say("No call was made")


def _running() -> Sandbox:
    from geoschem_bench import sandbox

    found = sandbox.status(state_folder())
    if found is None:
        raise SandboxError("no sandbox is running; start it: geoschem-bench sandbox up")
    return found


def _only_one(given: dict[str, bool]) -> str:
    chosen = [name for name, is_given in given.items() if is_given]
    if len(chosen) != 1:
        options = ", ".join(f"--{name}" for name in given)
        what = f"both --{' and --'.join(chosen)}" if chosen else "nothing"
        raise SettingsError(f"{what} given; give exactly one of {options}")
    return chosen[0]


def _tell(fault: Fault) -> None:
    say(f"Fault {fault.id}: {' '.join(str(each) for each in _row(fault)[1:] if each)}. Clear it: "
        f"geoschem-bench sandbox fault clear {fault.id}")  # fmt: skip


def _row(fault: Fault) -> tuple[str, ...]:
    more = {
        "queue": fault.queue,
        "seconds": fault.seconds,
        "rate": None if fault.rate == 1 else fault.rate,
        "times": f"{fault.used} of {fault.times}" if fault.times else None,
    }
    shown = [f"{name} {value}" for name, value in more.items() if value is not None]
    return (fault.id, fault.kind.value, fault.target, fault.effect,
            ", ".join([*shown, *([fault.reason] if fault.reason else [])]))  # fmt: skip
