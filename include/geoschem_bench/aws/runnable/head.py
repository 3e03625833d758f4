"""Why the first job of a queue gets no instance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from geoschem_bench.aws.batch_resources import Environment
from geoschem_bench.aws.doctor import Patient, State
from geoschem_bench.aws.doctor.finding import Finding
from geoschem_bench.aws.doctor.network import one_network, way_out
from geoschem_bench.aws.gates.images import image_state
from geoschem_bench.aws.gates.optional import Answer, if_allowed
from geoschem_bench.aws.gates.state import Want
from geoschem_bench.aws.runnable.batch_words import Words, reason_of_environment, words_of
from geoschem_bench.aws.runnable.fit import beyond_types, memory_words, misfit, types_of
from geoschem_bench.aws.runnable.queue_facts import QueueFacts, WaitingJob
from geoschem_bench.aws.runnable.waiting import Waiting, in_line, starting, stuck
from geoschem_bench.aws.vcpu_quotas import (
    Quota,
    granted_vcpus,
    quota_of,
    request_command,
    vcpus_in_use,
)
from geoschem_bench.catalog import Catalog
from geoschem_bench.errors import Reason

STARTING_MINUTES = 10
"""An instance needs a few minutes to start and to join its cluster."""
_DOCTOR = "geoschem-bench stack doctor"


class HeadDiagnosis:
    """Looks at one queue's head; what Batch says first, then what EC2, ECR and the VPC say."""

    def __init__(self, facts: QueueFacts, catalog: Catalog) -> None:
        self._facts = facts
        self._catalog = catalog
        self._notes: list[str] = []

    def of_queue(self) -> Waiting | None:
        """What holds every job of the queue: it, or all that is behind it, cannot be used."""
        facts = self._facts
        queue = facts.queue
        if queue is None:
            return stuck(
                Reason.MISCONFIGURED, f"queue {facts.name} is gone", _DOCTOR, of_queue=True
            )
        if queue.status not in ("VALID", "CREATING", "UPDATING"):
            return stuck(Reason.MISCONFIGURED, f"queue {queue.name} is {queue.status}: "
                         f"{queue.reason}", _DOCTOR, of_queue=True)  # fmt: skip
        if facts.usable:
            return None
        moving = [each for each in facts.environments.values() if _is_moving(each)]
        if moving:
            return starting(f"environment {moving[0].name} is still {moving[0].status}")
        return _unusable(facts)

    def of_head(self, job: WaitingJob) -> Waiting:
        """Why this job, which is the first, waits."""
        if job.status != "RUNNABLE":
            return starting(f"job {job.name} is {job.status}")
        words = words_of(job.status_reason)
        if words and words.reason is not Reason.CAPACITY:
            return self._as_batch_says(job, words)
        for ask in (self._small_quota, self._in_line, self._misfit, self._taken_quota):
            if found := ask(job):
                return found
        if words:
            return self._as_batch_says(job, words)
        for ask in (self._network, self._image, self._young):
            if found := ask(job):
                return found
        return self._undetermined(job)

    def _as_batch_says(self, job: WaitingJob, words: Words) -> Waiting:
        if words.reason is Reason.CAPACITY and (found := self._in_line(job)):
            return found
        detail = misfit(job, self._facts.usable, self._catalog)
        if "JOB_RESOURCE" in words.code and not detail:
            detail = self._likely_misfit(job)
        message = f"{words.meaning}{f': {detail}' if detail else ''}; Batch says: "
        return Waiting("stuck", words.reason, message + job.status_reason, words.cure,
                       words.is_of_the_queue)  # fmt: skip

    def _likely_misfit(self, job: WaitingJob) -> str | None:
        types = types_of(self._facts.usable, self._catalog)
        return memory_words(job, max(types, key=lambda each: each.memory_mib)) if types else None

    def _small_quota(self, job: WaitingJob) -> Waiting | None:
        """Larger than the account may ever have."""
        for quota, need in self._needs(job):
            granted = self._granted(quota)
            if granted is not None and need > granted:
                return stuck(
                    Reason.QUOTA,
                    f"quota {quota.code} ({quota.title}) is {granted:g} vCPUs, and it needs {need}",
                    self._ask(quota, need),
                    of_queue=job.nodes == 1,
                )
        return None

    def _taken_quota(self, job: WaitingJob) -> Waiting | None:
        """Instances of others have taken what the account may have."""
        for quota, need in self._needs(job):
            granted = self._granted(quota)
            used = self._allowed(partial(vcpus_in_use, self._facts.account, quota, self._catalog))
            if granted is not None and used and need > granted - used:
                return stuck(
                    Reason.QUOTA,
                    f"quota {quota.code} ({quota.title}) is {granted:g} vCPUs, {used} are in use, "
                    f"and it needs {need}",
                    "end other instances of the account, or " + self._ask(quota, need + used),
                    of_queue=True,
                )
        return None

    def _in_line(self, job: WaitingJob) -> Waiting | None:
        count = self._facts.count_on_hosts
        # Of a job that waits for the computer alone, the sandbox's Batch says nothing
        if not count and self._facts.is_in_the_sandbox and not job.status_reason:
            count = self._facts.count_on_computer
        if not count:
            return None
        said = f"; Batch says: {job.status_reason}" if job.status_reason else ""
        return in_line(f"first in line; {count} jobs have the instances it waits for{said}")

    def _misfit(self, job: WaitingJob) -> Waiting | None:
        if self._facts.is_in_the_sandbox:  # which grants a job what there is
            return None
        detail = misfit(job, self._facts.usable, self._catalog)
        code = "JOB_RESOURCE_REQUIREMENT"
        if detail and not beyond_types(job, self._facts.usable, self._catalog):
            code = "COMPUTE_ENVIRONMENT_MAX_RESOURCE"
        words = words_of(f"MISCONFIGURATION:{code}")
        if not detail or words is None:
            return None
        return stuck(words.reason, f"{words.meaning}: {detail}", words.cure)

    def _network(self, job: WaitingJob) -> Waiting | None:
        """Instances without a way to ECS start and never take a job."""
        patient = Patient(self._facts.account, bucket="", table="",
                          queue_names=[self._facts.name], definition_names=[])  # fmt: skip
        for check in (one_network, way_out):
            for finding in self._allowed(partial(_listed, check, patient)) or ():
                if finding.state is State.FAILED:
                    return stuck(Reason.MISCONFIGURED, f"{finding.check}: {finding.detail}",
                                 finding.cure, of_queue=True)  # fmt: skip
        return None

    def _image(self, job: WaitingJob) -> Waiting | None:
        architectures = {a for e in self._facts.usable for a in e.architectures(self._catalog)}
        for architecture in sorted(architectures - {"unknown"}):
            want = Want(job.name, self._facts.name, job.definition, architecture, "", job.vcpus,
                        job.nodes, is_spot=False, input=None)  # fmt: skip
            state = self._allowed(partial(image_state, self._facts.account, [want]))
            if state and state.state == "broken" and state.reason is Reason.IMAGE:
                return stuck(Reason.IMAGE, state.message, state.cure)
        return None

    def _young(self, job: WaitingJob) -> Waiting | None:
        since = self._facts.front.get(job.id)
        if job.status_reason:  # Batch has waited long enough to call it blocked
            return None
        if since is None or datetime.now(UTC) - since > timedelta(minutes=STARTING_MINUTES):
            return None
        return starting(
            f"first in line since {since:%H:%M} UTC; {self._facts.started_vcpus} vCPUs of "
            "instances are started or asked for"
        )

    def _undetermined(self, job: WaitingJob) -> Waiting:
        said = job.status_reason or "nothing"
        started = self._facts.started_vcpus
        where = (
            f"{started} vCPUs of instances are asked for, and none takes a job: they are not to be "
            "had, or do not join their ECS cluster (way out of the subnet, AMI, instance role)"
            if started
            else "Batch asks for no instance"
        )
        notes = f" ({'; '.join(dict.fromkeys(self._notes))})" if self._notes else ""
        return stuck(
            Reason.UNKNOWN,
            f"environments, quota, network, image and the request look well{notes}; {where}; "
            f"Batch says: {said}",
            f"{_DOCTOR}; then the activity of the environment's Auto Scaling group in the EC2 "
            "console",
            of_queue=True,
        )

    def _needs(self, job: WaitingJob) -> Iterator[tuple[Quota, int]]:
        """Quota and vCPUs of the smallest instances that could take it, where we know them all."""
        for environment in self._facts.usable[:1]:
            types = types_of([environment], self._catalog) or []
            fitting = [each for each in types if job.vcpus <= each.vcpus] or types
            if not fitting:
                return
            least = min(fitting, key=lambda each: each.vcpus)
            quota = quota_of(least.name, is_spot=environment.is_spot)
            if quota:
                yield quota, least.vcpus * job.nodes

    def _granted(self, quota: Quota) -> float | None:
        return self._allowed(partial(granted_vcpus, self._facts.account, quota))

    def _ask(self, quota: Quota, vcpus: int) -> str:
        command = request_command(quota, vcpus, self._facts.account.region)
        return f"ask for more (hours to days): {command}"

    def _allowed(self, ask: Callable[[], Answer]) -> Answer | None:
        return if_allowed(ask, self._notes)


def _listed(check: Callable[[Patient], Iterable[Finding]], patient: Patient) -> list[Finding]:
    """All that a check finds, asked for now and not when it is looked at."""
    return list(check(patient))


def _is_moving(environment: Environment) -> bool:
    return environment.state == "ENABLED" and environment.status in ("CREATING", "UPDATING")


def _unusable(facts: QueueFacts) -> Waiting:
    found = list(facts.environments.values())
    if not found:
        return stuck(Reason.MISCONFIGURED, f"queue {facts.name} has no environment behind it",
                     _DOCTOR, of_queue=True)  # fmt: skip
    said = "; ".join(f"environment {e.name} is {e.state} and {e.status}: {e.reason}" for e in found)
    return stuck(
        reason_of_environment(said),
        said,
        "mend what AWS names (docs/troubleshooting.md), then: aws batch "
        f"update-compute-environment --compute-environment {found[0].name} --state ENABLED",
        of_queue=True,
    )
