"""Whether environments, queues and job definitions take and place jobs."""

from __future__ import annotations

from collections.abc import Iterator

from geoschem_bench.aws.batch_resources import Definition, Environment, Queue
from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.stack.differences import OPTIONS, PARAMETERS, PROGRAM

_UP = "geoschem-bench stack up"


def environments(patient: Patient) -> Iterator[Finding]:
    """Each environment behind the queues: VALID, ENABLED, of one architecture, of the type."""
    if not patient.environments:
        yield skipped("environments", "no queue leads to one")
    for environment in patient.environments.values():
        yield _of_environment(patient, environment)


def queues(patient: Patient) -> Iterator[Finding]:
    """Each queue that the settings or the suite name."""
    for name in patient.queue_names:
        yield _of_queue(patient, name, patient.queues.get(name))


def definitions(patient: Patient) -> Iterator[Finding]:
    """Each job definition: ACTIVE, and with our command."""
    for name in patient.definition_names:
        yield _of_definition(patient, name, patient.definitions.get(name))


def _of_environment(patient: Patient, environment: Environment) -> Finding:
    check = f"environment {environment.name}"
    command = patient.command(
        f"batch describe-compute-environments --compute-environments {environment.name}"
    )
    update = f"batch update-compute-environment --compute-environment {environment.name}"
    enable = patient.command(f"{update} --state ENABLED")
    types = ", ".join(environment.types)
    if environment.obstacle:
        return failed(check, environment.obstacle, command,
                      f"a MANAGED environment of EC2 instances: {_UP}")  # fmt: skip
    if environment.status == "INVALID":
        return failed(check, f"INVALID: {environment.reason}", command,
                      "mend what AWS names (docs/troubleshooting.md), then update it: "
                      f"{enable}")  # fmt: skip
    if environment.state != "ENABLED":
        return failed(check, f"{environment.state}: it starts no instance", command,
                      enable)  # fmt: skip
    if environment.status != "VALID":
        return unknown(check, f"{environment.status}: {environment.reason}", command,
                       "AWS works on it; wait, then ask again")  # fmt: skip
    if environment.doubt:
        return unknown(check, environment.doubt, command,
                       f"a MANAGED environment of EC2 instances: {_UP}")  # fmt: skip
    if len(environment.architectures(patient.catalog)) > 1:
        one = patient.command(f"{update} --compute-resources instanceTypes=ONE_TYPE")
        return failed(check, f"mixed architectures: {types}; images of one fail on the other with "
                      "'exec format error'", command, one)  # fmt: skip
    strangers = _strangers(patient, environment)
    if strangers:
        return failed(check, f"it holds {types}, but {', '.join(strangers)}: such a job fails as "
                      "wrong_instance", command, f"{_UP} --suite FILE, or "
                      "suite.queues in the suite")  # fmt: skip
    return ok(check, f"VALID and ENABLED, {types}, at most {environment.most_vcpus} vCPUs", command)


def _strangers(patient: Patient, environment: Environment) -> list[str]:
    """Benchmarks of the suite that come here and want another type than there is."""
    found = []
    for queue in patient.queues.values():
        if environment.name not in queue.environments:
            continue
        for item in patient.planned_for(queue.name):
            wanted = item.benchmark.hardware.instance_type
            if tuple(environment.types) != (wanted,):
                found.append(f"{item.id} wants {wanted}")
    return found


def _of_queue(patient: Patient, name: str, queue: Queue | None) -> Finding:
    check = f"queue {name}"
    command = patient.command(f"batch describe-job-queues --job-queues {name}")
    if queue is None:
        # CloudFormation does not notice what was deleted behind its back
        order = f"order=1,computeEnvironment={name.removesuffix('-queue')}"
        create = patient.command(f"batch create-job-queue --job-queue-name {name} --priority 1 "
                                 f"--compute-environment-order {order}")  # fmt: skip
        return failed(check, f"there is none of this name in {patient.region}", command,
                      f"have the stack make it: {_UP}{' --suite FILE' if patient.planned else ''}; "
                      f"where the stack had it and somebody deleted it: {create}; or name another: "
                      "GEOSCHEM_BENCH_QUEUES, or suite.queues")  # fmt: skip
    if queue.state != "ENABLED":
        update = patient.command(f"batch update-job-queue --job-queue {name} --state ENABLED")
        return failed(check, f"{queue.state}: it takes no job", command, update)
    if queue.status == "INVALID":
        return failed(check, f"INVALID: {queue.reason}", command,
                      f"mend its environment, see above; one of our stack: {_UP}")  # fmt: skip
    if queue.status != "VALID":
        return unknown(check, f"{queue.status}: {queue.reason}", command,
                       "AWS works on it; wait, then ask again")  # fmt: skip
    gone = [each for each in queue.environments if each not in patient.environments]
    if gone or not queue.environments:
        order = "--compute-environment-order order=1,computeEnvironment=NAME"
        update = patient.command(f"batch update-job-queue --job-queue {name} {order}")
        why = f"its environment is not there: {', '.join(gone) or 'none is named'}"
        return failed(check, why, command, update)
    return ok(check, f"VALID and ENABLED, to {', '.join(queue.environments)}", command)


def _of_definition(patient: Patient, name: str, definition: Definition | None) -> Finding:
    check = f"definition {name}"
    command = patient.command(
        f"batch describe-job-definitions --job-definition-name {name} --status ACTIVE"
    )
    if definition is None:
        other = "or name another: GEOSCHEM_BENCH_JOB_DEFINITIONS"
        why = f"no ACTIVE revision in {patient.region}"
        return failed(check, why, command, f"make it: {_UP}; {other}")
    said = " ".join(definition.command) or "none"
    ours = f"{PROGRAM} --benchmark Ref::configJson --output-path Ref::outputPath"
    if definition.unsupported:
        return failed(check, f"{definition.unsupported} are not supported", command,
                      "register a revision with containerProperties (of several nodes: container) "
                      f"and the command {ours}; ours: {_UP}")  # fmt: skip
    missing = [text for text in OPTIONS + PARAMETERS if text not in definition.command]
    if missing:
        return failed(check, f"its command does not hold {', '.join(missing)}: {said}; a job would "
                      "not learn what to run", command,
                      f"register a revision with the command {ours}; ours: {_UP}")  # fmt: skip
    if PROGRAM not in definition.command[0]:
        return unknown(check, f"its command is not {PROGRAM}'s: {said}", command,
                       f"an image of container/build.sh, and the command {ours}")  # fmt: skip
    return ok(check, f"ACTIVE, revision {definition.revision}, image {definition.image}", command)
