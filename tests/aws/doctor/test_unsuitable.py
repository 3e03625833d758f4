"""What is there and looks well, but cannot run our jobs; and what a finding must not say."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import active_definition, environments_named
from geoschem_bench.aws.doctor import State, access, batch, examine, images, logs, network, stores
from geoschem_bench.aws.doctor import quotas as quota_checks
from geoschem_bench.aws.stack.differences import of_definition, of_environment
from geoschem_bench.catalog import load_catalog
from tests.aws.doctor.answers import REGION, definition, environment, patient, refused

SECRET = "hunter2"


def test_no_value_of_a_variable_is_in_a_finding():
    values = {"GEOSCHEM_BENCH_PLATFORM": "aws", "TOKEN": SECRET}
    made = definition(variables=values, job_role="")
    assert SECRET not in repr(made)
    (found,) = logs.job_roles(patient(made))
    assert "describe-job-definitions --job-definition-name d --region" in found.command
    for more in ({}, {"image": ""}, {"unsupported": "ecsProperties"}, {"command": ("x",)}):
        asked = patient(definition(variables=values, job_role="", **more), environment())
        questions = (batch.definitions, images.images, logs.job_roles)
        for ask in (*questions, lambda _, asked=asked: examine(asked)):
            assert SECRET not in str(list(ask(asked)))


def endpoint(name, kind="Interface", vpc="vpc-1", **more):
    return {"ServiceName": name, "VpcEndpointType": kind, "VpcId": vpc, "State": "available"} | more


def way_out(*endpoints, prefix=f"com.amazonaws.{REGION}"):
    table = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}]}
    answers = {"describe_route_tables": {"RouteTables": [table]},
               "describe_vpc_endpoints": {"VpcEndpoints": list(endpoints)}}  # fmt: skip
    ec2 = SimpleNamespace(
        get_paginator=lambda call: SimpleNamespace(paginate=lambda **_: [answers[call]])
    )
    asked = patient(ec2=ec2)
    asked.__dict__["subnets"] = {"s-1": {"VpcId": "vpc-1"}}
    (found,) = network.way_out(asked)
    return found


ALL = ("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs")
GATEWAY = {"kind": "Gateway", "RouteTableIds": ["rtb-1"]}


@pytest.mark.parametrize("prefix", [f"com.amazonaws.{REGION}", f"cn.com.amazonaws.{REGION}"])
@pytest.mark.parametrize("missing", [(), *((name,) for name in ALL), ALL[2:]])
def test_without_a_route_every_endpoint_is_needed_and_what_is_missing_is_named(prefix, missing):
    there = [endpoint(f"{prefix}.{name}") for name in ALL if name not in missing]
    found = way_out(endpoint(f"{prefix}.s3", **GATEWAY), *there)
    assert found.state is (State.FAILED if missing else State.OK)
    if missing:
        assert found.detail.endswith(f"no endpoint of {', '.join(missing)}")
        assert "--vpc-endpoint-type Interface" in found.cure


@pytest.mark.parametrize(
    "s3", [{"kind": "Gateway", "RouteTableIds": ["rtb-2"]}, {"vpc": "vpc-2"}, {"State": "deleted"}]
)
def test_an_endpoint_of_another_table_or_network_is_none(s3):
    prefix = f"com.amazonaws.{REGION}"
    found = way_out(endpoint(f"{prefix}.s3", **s3), *(endpoint(f"{prefix}.{n}") for n in ALL))
    assert found.detail.startswith("no way to S3")
    assert "no endpoint of" not in found.detail


def described(resources, **more):
    data = {"computeEnvironmentName": "e", "state": "ENABLED", "status": "VALID", "type": "MANAGED",
            "containerOrchestrationType": "ECS"} | more  # fmt: skip
    if resources is not None:
        data["computeResources"] = resources
    answer = {"computeEnvironments": [data]}
    asked = SimpleNamespace(describe_compute_environments=lambda **_: answer)
    return environments_named(asked, ["e"])["e"]


GRAVITON = {"type": "EC2", "instanceTypes": ["c7g.4xlarge"], "maxvCpus": 64}


@pytest.mark.parametrize(
    ("made", "state", "words"),
    [
        (described(GRAVITON), State.OK, "VALID and ENABLED"),
        (described(GRAVITON | {"type": "SPOT"}), State.OK, "VALID and ENABLED"),
        (described({"type": "FARGATE"}), State.FAILED, "FARGATE"),
        (described({"type": "FARGATE_SPOT"}), State.FAILED, "FARGATE_SPOT"),
        (described(GRAVITON, containerOrchestrationType="EKS"), State.FAILED, "EKS"),
        (described(None, type="UNMANAGED"), State.UNKNOWN, "UNMANAGED"),
        (described({"type": "ECS_MANAGED_INSTANCES"}), State.UNKNOWN, "ECS_MANAGED_INSTANCES"),
    ],
)
def test_an_environment_must_be_of_instances_that_batch_manages(made, state, words):
    (found,) = batch.environments(patient(environment=made))
    assert found.state is state
    assert words in found.detail
    if state is State.OK:
        return
    (difference,) = of_environment(Account(REGION), made, load_catalog())
    assert words in difference.what
    assert difference.is_fatal is (state is State.FAILED)


def test_nobody_knows_the_network_of_an_unmanaged_environment():
    (found,) = network.one_network(patient(environment=described(None, type="UNMANAGED")))
    assert found.state is State.UNKNOWN


@pytest.mark.parametrize("name", ["c7g", "optimal", "zz9"])
def test_families_and_optimal_are_unknown(name):
    offers = SimpleNamespace(paginate=lambda **_: [{"InstanceTypeOfferings": []}])
    ec2 = SimpleNamespace(get_paginator=lambda _: offers)
    asked = patient(environment=environment(types=(name,)), ec2=ec2)
    for findings in (access.instance_types(asked), quota_checks.quotas(asked)):
        (found,) = findings
        assert found.state is State.UNKNOWN
        assert name in found.check + found.detail


@pytest.mark.parametrize("kind", ["ecsProperties", "eksProperties"])
@pytest.mark.parametrize("is_multinode", [False, True])
def test_definitions_with_other_properties_are_not_supported(kind, is_multinode):
    data = {"jobDefinitionName": "d", "revision": 1, "type": "container", kind: {"x": 1}}
    if is_multinode:
        ranges = [{"targetNodes": "0:", kind: {"x": 1}}]
        data = {"jobDefinitionName": "d", "revision": 1, "type": "multinode",
                "nodeProperties": {"mainNode": 0, "nodeRangeProperties": ranges}}  # fmt: skip
    pages = SimpleNamespace(paginate=lambda **_: [{"jobDefinitions": [data]}])
    made = active_definition(SimpleNamespace(get_paginator=lambda _: pages), "d")
    assert made is not None
    (found,) = batch.definitions(patient(made))
    assert found.state is State.FAILED
    assert found.detail == f"{kind} are not supported"
    (difference,) = of_definition(made)
    assert difference.what == found.detail
    assert difference.is_fatal


@pytest.mark.parametrize(("default", "state"), [(5, State.FAILED), (16, State.OK)])
def test_a_quota_without_an_applied_value_has_aws_default(default, state):
    asked = SimpleNamespace(
        get_service_quota=refused("NoSuchResourceException"),
        get_aws_default_service_quota=lambda **_: {"Quota": {"Value": default}},
    )
    (found,) = quota_checks.quotas(patient(environment=environment(), service_quotas=asked))
    assert found.state is state
    assert f"{default} vCPUs by AWS's default" in found.detail
    assert "get-aws-default-service-quota" in found.command


class Store:
    """A bucket that refuses some actions."""

    def __init__(self, *refuses):
        self.refuses = refuses
        self.held = {}

    def __getattr__(self, name):
        return refused("AccessDenied") if name in self.refuses else getattr(self, f"_{name}")

    def _put_object(self, Key, Body, **_):  # noqa: N803
        self.held[Key] = Body

    def _get_object(self, Key, **_):  # noqa: N803
        return {"Body": io.BytesIO(self.held[Key])}

    def _delete_object(self, Key, **_):  # noqa: N803
        del self.held[Key]


@pytest.mark.parametrize(
    ("refuses", "action"),
    [
        (("get_object",), "s3:GetObject"),
        (("delete_object",), "s3:DeleteObject"),
        (("get_object", "delete_object"), "s3:GetObject"),
    ],
)
def test_what_was_written_is_deleted_or_named(refuses, action):
    store = Store(*refuses)
    (found,) = stores.bucket(patient(s3=store))
    assert found.state is State.FAILED
    assert f"{action} is not allowed" in found.detail
    assert [key for key in store.held if f"s3://bucket/{key} is left" in found.detail] == [
        *store.held
    ]
    assert bool(store.held) == ("delete_object" in refuses)


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_a_group_that_one_of_two_definitions_makes_may_be_missing(order):
    pages = SimpleNamespace(paginate=lambda **_: [{"logGroups": []}])
    asked = patient(logs=SimpleNamespace(get_paginator=lambda _: pages))
    asked.__dict__["definitions"] = {
        str(makes): definition(creates_log_group=makes) for makes in order
    }
    (found,) = logs.log_groups(asked)
    assert found.state is State.OK


def test_every_command_of_aws_has_the_profile():
    answer = {"Regions": [{"RegionName": REGION, "OptInStatus": "not-opted-in"}]}
    results = [{"EvalActionName": "s3:PutObject", "EvalDecision": "allowed"}]
    iam = SimpleNamespace(
        get_role=lambda **_: {},
        simulate_principal_policy=lambda **_: {"EvaluationResults": results},
    )
    missing = refused("ResourceNotFoundException")
    asked = patient(
        definition(), environment(), "mine", iam=iam, s3=Store("get_object"),
        ec2=SimpleNamespace(describe_regions=lambda **_: answer),
        ecr=SimpleNamespace(batch_get_image=refused("ImageNotFoundException")),
        dynamodb=SimpleNamespace(describe_table=missing),
    )  # fmt: skip
    checks = (access.region, logs.job_roles, images.images, stores.bucket, stores.table)
    findings = [finding for ask in checks for finding in ask(asked)]
    gone = patient(profile="mine", iam=SimpleNamespace(get_role=refused("NoSuchEntity")))
    gone.__dict__["definitions"] = {"d": definition()}
    findings += logs.job_roles(gone)
    assert len(findings) == 6
    for finding in findings:
        assert finding.command.endswith(" --profile mine"), finding
    for finding in (findings[0], findings[4]):  # these show one in the cure
        assert "--profile mine" in finding.cure
