"""Whether jobs can log, and whether their role may write results."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from geoschem_bench.aws.batch_resources import DEFAULT_LOG_GROUP
from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.refusals import AWS_ERRORS, code_of, explained

_UP = "geoschem-bench stack up"
_WRITES = ("s3:PutObject", "s3:GetObject")


def log_groups(patient: Patient) -> Iterator[Finding]:
    """The log group of each definition; one finding per group."""
    if not patient.definitions:
        yield skipped("log group", "no job definition is there to name one")
    definitions = patient.definitions.values()
    for name in dict.fromkeys(each.log_group for each in definitions):
        is_made_by_batch = any(d.creates_log_group for d in definitions if d.log_group == name)
        yield _of_group(patient, name, may_be_missing=is_made_by_batch or name == DEFAULT_LOG_GROUP)


def job_roles(patient: Patient) -> Iterator[Finding]:
    """The role of each definition's jobs; one finding per role."""
    if not patient.definitions:
        yield skipped("job role", "no job definition is there to name one")
    roles: dict[str, str] = {}
    for definition in patient.definitions.values():
        roles.setdefault(definition.job_role, definition.name)
    for arn, name in roles.items():
        if arn:
            yield _of_role(patient, arn)
        elif patient.runs_in_the_sandbox:
            yield skipped("job role", f"{name} names none, and the sandbox asks for none")
        else:
            yield unknown(
                "job role",
                f"{name} names none: its jobs have what the host's role may",
                patient.command(f"batch describe-job-definitions --job-definition-name {name}"),
                "register a revision with a jobRoleArn that may write to the bucket",
            )


def _of_group(patient: Patient, name: str, *, may_be_missing: bool) -> Finding:
    check = f"log group {name}"
    command = patient.command(f"logs describe-log-groups --log-group-name-prefix {name}")
    pages = patient.account.client("logs").get_paginator("describe_log_groups")
    found = [
        group
        for page in pages.paginate(logGroupNamePrefix=name)
        for group in page["logGroups"]
        if group["logGroupName"] == name
    ]
    if found:
        days = found[0].get("retentionInDays")
        return ok(
            check, f"kept for {days} days" if days else "kept, and paid for, for ever", command
        )
    if may_be_missing:
        return ok(check, "not there yet; AWS Batch makes it with the first job", command)
    make = patient.command(f"logs create-log-group --log-group-name {name}")
    why = "it is not there, so no job of its definition starts"
    return failed(check, why, command, f"{make}; where there is no stack yet: {_UP}")


def _of_role(patient: Patient, arn: str) -> Finding:
    name = arn.rsplit("/", 1)[-1]
    check, command = f"job role {name}", patient.command(f"iam get-role --role-name {name}")
    iam = patient.account.client("iam")
    try:
        iam.get_role(RoleName=name)
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        return failed(check, "there is no such role, so no job of its definition starts", command,
                      f"{_UP}, or register a revision with a jobRoleArn that is there")  # fmt: skip
    if patient.runs_in_the_sandbox:
        return ok(check, "it is there; the sandbox does not ask what it may", command)
    return _may_write(patient, arn, check)


def _may_write(patient: Patient, arn: str, check: str) -> Finding:
    """Asked before a campaign: a job that may not write has run in vain."""
    target = f"arn:{arn.split(':')[1]}:s3:::{patient.bucket}/runs/doctor"
    command = patient.command(
        f"iam simulate-principal-policy --policy-source-arn {arn} --action-names "
        f"{' '.join(_WRITES)} --resource-arns {target}"
    )
    try:
        answer = patient.account.client("iam").simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=list(_WRITES), ResourceArns=[target]
        )
    except AWS_ERRORS as error:
        why = explained(error, patient.region, patient.account.profile)
        return unknown(check, f"it is there; whether it may write is not told: {why}", command,
                       "allow iam:SimulatePrincipalPolicy")  # fmt: skip
    refused = [
        each["EvalActionName"]
        for each in answer["EvaluationResults"]
        if each["EvalDecision"] != "allowed"
    ]
    if refused:
        return failed(check, f"it may not {', '.join(refused)} on s3://{patient.bucket}/runs/",
                      command, f"allow it in the role's policy; ours: {_UP}")  # fmt: skip
    return ok(check, f"it may write to s3://{patient.bucket}/runs/", command)
