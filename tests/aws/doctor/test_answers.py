"""What the sandbox cannot be made to answer: refusals, other regions, images of one kind."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from geoschem_bench.aws import images as registry
from geoschem_bench.aws.batch_resources import _holds
from geoschem_bench.aws.doctor import State, access, examine, logs, network
from geoschem_bench.aws.doctor import images as image_checks
from geoschem_bench.aws.doctor import quotas as quota_checks
from geoschem_bench.aws.doctor.quotas import quota_of
from tests.aws.doctor.answers import IMAGE, REGION, definition, environment, patient, refused


def test_a_region_that_is_not_enabled():
    answer = {"Regions": [{"RegionName": REGION, "OptInStatus": "not-opted-in"}]}
    (found,) = access.region(patient(ec2=SimpleNamespace(describe_regions=lambda **_: answer)))
    assert found.state is State.FAILED
    assert "aws account enable-region --region-name us-west-2" in found.cure


def test_a_quota_that_may_not_be_asked_is_not_taken_for_enough():
    asked = SimpleNamespace(get_service_quota=refused("AccessDeniedException", DENIED))
    (found,) = quota_checks.quotas(patient(environment=environment(), service_quotas=asked))
    assert found.state is State.UNKNOWN
    assert "servicequotas:GetServiceQuota" in found.detail


DENIED = "User: x is not authorized to perform: servicequotas:GetServiceQuota"


def test_a_type_whose_quota_nobody_knows():
    (found,) = quota_checks.quotas(patient(environment=environment(types=("g5.xlarge",))))
    assert found.state is State.UNKNOWN
    assert "g5.xlarge" in found.detail


@pytest.mark.parametrize(
    ("name", "on_demand", "spot"),
    [
        ("c7g.4xlarge", "L-1216C47A", "L-34B43A08"),
        ("i4i.large", "L-1216C47A", "L-34B43A08"),
        ("im4gn.large", "L-1216C47A", "L-34B43A08"),
        ("x2idn.16xlarge", "L-7295265B", "L-E3A00192"),
        ("hpc7g.16xlarge", "L-F7808C92", None),
        ("inf2.xlarge", None, None),
        ("dl1.24xlarge", None, None),
        ("trn1.2xlarge", None, None),
        ("p5.48xlarge", None, None),
        ("u-6tb1.metal", None, None),
        ("mac2.metal", None, None),
    ],
)
def test_each_family_has_its_quota(name, on_demand, spot):
    codes = [quota.code if (quota := quota_of(name, is_spot=s)) else None for s in (False, True)]
    assert codes == [on_demand, spot]


def ecr(manifest, address="https://layers.example.org/config"):
    return SimpleNamespace(
        batch_get_image=lambda **_: {"images": [{"imageManifest": json.dumps(manifest)}]},
        get_download_url_for_layer=lambda **_: {"downloadUrl": address},
    )


SINGLE = {"config": {"digest": "sha256:1"}, "layers": []}


@pytest.mark.parametrize(("architecture", "state"), [("amd64", State.FAILED), ("arm64", State.OK)])
def test_an_image_of_one_architecture_says_which_in_its_configuration(
    monkeypatch, architecture, state
):
    body = json.dumps({"architecture": architecture}).encode()
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: io.BytesIO(body))
    asked = patient(definition(), environment(), ecr=ecr(SINGLE))
    (found,) = image_checks.images(asked)
    assert found.state is state
    assert (state is State.OK) == ("exec format error" not in found.detail)


@pytest.mark.parametrize(
    "answers",
    [
        ecr(SINGLE, "file:///etc/passwd"),
        ecr({"manifests": []}),
        ecr({"manifests": [{"platform": {"architecture": "unknown"}}]}),
        ecr({}),
        SimpleNamespace(batch_get_image=refused("AccessDeniedException")),
    ],
)
def test_an_image_that_nobody_can_judge_is_unknown(answers):
    (found,) = image_checks.images(patient(definition(), environment(), ecr=answers))
    assert found.state is State.UNKNOWN
    assert "container/build.sh" in found.cure


def _with(asked, **fields):
    """A copy; what it has cached goes with it."""
    made = replace(asked, **fields)
    made.__dict__.update({k: v for k, v in asked.__dict__.items() if k not in made.__dict__})
    return made


@pytest.mark.parametrize(
    ("look", "state", "words"),
    [
        (None, State.SKIPPED, "without an image"),
        (lambda _: None, State.FAILED, "has no image"),
        (lambda _: "amd64", State.OK, "for amd64"),
    ],
)
def test_the_sandboxs_image_is_asked_of_this_computers_engine(look, state, words):
    asked = patient(definition(variables={"GEOSCHEM_BENCH_PLATFORM": "sandbox"}))
    asked = _with(asked, local_image=look)
    (found,) = image_checks.images(asked)
    assert found.state is state
    assert words in found.detail


def test_an_address_of_ecr_is_taken_apart():
    assert registry.repository_of(IMAGE) == ("us-west-2", "geos-chem")
    digest = f"sha256:{1:064x}"
    china = f"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:1@{digest}"
    assert registry.repository_of(china) == ("cn-north-1", "a/b")
    assert registry.repository_of("geos-chem:latest") is None


@pytest.mark.parametrize(
    ("decision", "state"), [("allowed", State.OK), ("implicitDeny", State.FAILED)]
)
def test_whether_the_role_may_write_is_simulated_on_aws(decision, state):
    results = [{"EvalActionName": "s3:PutObject", "EvalDecision": decision}]
    iam = SimpleNamespace(
        get_role=lambda **_: {},
        simulate_principal_policy=lambda **_: {"EvaluationResults": results},
    )
    (found,) = logs.job_roles(patient(definition(), iam=iam))
    assert found.state is state
    assert "s3://bucket/runs/" in found.detail


def test_a_simulation_that_is_refused_is_unknown():
    iam = SimpleNamespace(
        get_role=lambda **_: {}, simulate_principal_policy=refused("AccessDenied")
    )
    (found,) = logs.job_roles(patient(definition(), iam=iam))
    assert found.state is State.UNKNOWN
    assert "iam:SimulatePrincipalPolicy" in found.cure


def test_security_groups_may_be_in_the_launch_template():
    version = {"LaunchTemplateData": {"NetworkInterfaces": [{"Groups": ["sg-1"]}]}}
    groups = [{"GroupId": "sg-1", "VpcId": "vpc-1"}]
    ec2 = SimpleNamespace(
        describe_launch_template_versions=lambda **_: {"LaunchTemplateVersions": [version]},
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [{"SecurityGroups": groups}]),
    )
    made = environment(subnets=("s-1",), launch_template={"launchTemplateId": "lt-1"})
    asked = patient(environment=made, ec2=ec2)
    asked.__dict__["subnets"] = {"s-1": {"VpcId": "vpc-1"}}
    (found,) = network.one_network(asked)
    assert found.state is State.OK
    asked.__dict__["subnets"] = {"s-1": {"VpcId": "vpc-2"}}
    (found,) = network.one_network(asked)
    assert "makes such an environment INVALID" in found.detail


def test_an_internet_gateway_serves_only_hosts_with_public_addresses():
    table = {"Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}]}
    assert network._default_route(table, is_public=True)
    assert network._default_route(table, is_public=False) is None
    nat = {"Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}]}
    assert network._default_route(nat, is_public=False)
    dead = {"Routes": [nat["Routes"][0] | {"State": "blackhole"}]}
    assert network._default_route(dead, is_public=True) is None


@pytest.mark.parametrize(
    ("target", "node", "holds"),
    [("0:", 0, True), ("0:3", 3, True), ("1:3", 0, False), ("2", 2, True), (":1", 1, True)],
)
def test_ranges_of_nodes_are_read_as_batch_means_them(target, node, holds):
    assert _holds(target, node) is holds


def test_a_check_that_is_refused_is_unknown_and_the_next_ones_are_asked():
    sts = SimpleNamespace(
        get_caller_identity=lambda **_: {"Account": "123456789012", "Arn": "arn:aws:iam::x"}
    )
    regions = {"Regions": [{"RegionName": REGION, "OptInStatus": "opt-in-not-required"}]}
    ec2 = SimpleNamespace(
        describe_regions=lambda **_: regions,
        get_paginator=lambda _: (_ for _ in ()).throw(
            ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "Describe")
        ),
    )
    tables = SimpleNamespace(describe_table=refused("ResourceNotFoundException"))
    s3 = SimpleNamespace(put_object=refused("AccessDenied"))
    found = {f.check: f for f in examine(patient(sts=sts, ec2=ec2, dynamodb=tables, s3=s3))}
    assert found["instance types"].state is State.UNKNOWN
    assert "infra/deployer-policy.json" in found["instance types"].cure
    assert found["bucket"].state is State.FAILED
    assert "s3:PutObject is not allowed" in found["bucket"].detail
    assert found["table"].state is State.FAILED
