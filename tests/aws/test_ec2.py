"""The catalogue as it is taken from EC2: moto's copy, and answers moto never gives."""

from __future__ import annotations

from datetime import date
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from geoschem_bench.aws.ec2 import SOURCE, enabled_regions, fetch_catalog
from geoschem_bench.catalog import load_catalog
from geoschem_bench.errors import UserError

TODAY = date(2026, 11, 22)
SAMPLE = {
    "c7g.4xlarge",
    "c7i.4xlarge",
    "c7a.4xlarge",
    "hpc7g.16xlarge",
    "hpc6a.48xlarge",
    "t2.micro",
}


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with moto.mock_aws():
        yield lambda region: boto3.client("ec2", region_name=region)


class OnlyTheSample:
    """A client that forgets every offering but the sample's, to spare moto seconds of work."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get_paginator(self, name: str) -> Any:
        paginator = self.client.get_paginator(name)
        return FilteredOfferings(paginator) if name.endswith("offerings") else paginator


class FilteredOfferings:
    def __init__(self, paginator: Any) -> None:
        self.paginator = paginator

    def paginate(self, **arguments: Any) -> Any:
        for page in self.paginator.paginate(**arguments):
            offers = page["InstanceTypeOfferings"]
            yield {"InstanceTypeOfferings": [o for o in offers if o["InstanceType"] in SAMPLE]}


def test_the_snapshot_is_what_moto_gives_now(aws):
    snapshot = load_catalog()
    regions = sorted({region for instance in snapshot for region in instance.regions})
    clients: dict[str, Any] = {region: OnlyTheSample(aws(region)) for region in regions}
    fresh = fetch_catalog(clients.__getitem__, regions, TODAY)
    assert {instance.name for instance in fresh} == SAMPLE
    assert (fresh.taken_on, fresh.source) == (TODAY, SOURCE)
    for instance in fresh:
        assert instance == snapshot.get(instance.name)


def test_moto_does_page_through_everything_a_region_offers(aws):
    fresh = fetch_catalog(aws, ["ap-southeast-5"], TODAY)
    expected = {i.name for i in load_catalog() if "ap-southeast-5" in i.regions}
    assert {instance.name for instance in fresh} == expected
    assert len(expected) > 100  # more than one request's worth


def test_the_regions_an_account_has(aws):
    assert "us-west-2" in enabled_regions(aws("us-west-2"))


class Ec2:
    """An EC2 client that answers from lists of pages, and notes what it was asked."""

    def __init__(self, offerings: list[list[str]], types: list[dict[str, Any]]) -> None:
        self.offerings = offerings
        self.types = types
        self.asked: list[str] = []

    def get_paginator(self, name: str) -> Any:
        self.operation = name
        return self

    def paginate(self, **arguments: Any) -> Any:
        if self.operation == "describe_instance_type_offerings":
            assert arguments == {"LocationType": "region"}
            for names in self.offerings:
                yield {"InstanceTypeOfferings": [{"InstanceType": name} for name in names]}
            return
        wanted = arguments["Filters"][0]["Values"]
        assert len(wanted) <= 200
        self.asked += wanted
        for info in self.types:  # a page each
            yield {"InstanceTypes": [info] if info["InstanceType"] in wanted else []}


def _info(name: str, cpu: dict[str, Any], **processor: Any) -> dict[str, Any]:
    return {
        "InstanceType": name,
        "ProcessorInfo": {
            "SupportedArchitectures": ["x86_64"],
            "Manufacturer": "Intel",
            **processor,
        },
        "VCpuInfo": {"DefaultVCpus": 16, **cpu},
        "MemoryInfo": {"SizeInMiB": 1024},
        "NetworkInfo": {"NetworkPerformance": "10 Gigabit"},
        "SupportedUsageClasses": ["spot", "on-demand"],
    }


TOLD = {"DefaultCores": 8, "DefaultThreadsPerCore": 2}


def _fetch(*types: dict[str, Any]) -> Any:
    client: Any = Ec2([[info["InstanceType"] for info in types]], list(types))
    return fetch_catalog(lambda _region: client, ["us-west-2"], TODAY)


def test_pages_of_all_regions_are_joined_and_each_type_is_described_once():
    types = [_info("a.large", TOLD), _info("b.large", TOLD), _info("c.large", TOLD)]
    clients: dict[str, Any] = {
        "us-west-2": Ec2([["b.large"], ["c.large"]], types),
        "eu-west-1": Ec2([["a.large"], [], ["b.large"]], types),
    }
    catalog = fetch_catalog(clients.__getitem__, ["us-west-2", "eu-west-1", "us-west-2"], TODAY)
    assert catalog.regions_of("b.large") == ("eu-west-1", "us-west-2")
    assert catalog.regions_of("a.large") == ("eu-west-1",)
    assert clients["us-west-2"].asked == ["c.large"]
    assert {instance.usage_classes for instance in catalog} == {("on-demand", "spot")}


def test_a_type_that_is_offered_but_not_described_is_left_out():
    client: Any = Ec2([["a.large", "ghost.large"]], [_info("a.large", TOLD)])
    assert [i.name for i in fetch_catalog(lambda _: client, ["us-west-2"], TODAY)] == ["a.large"]


@pytest.mark.parametrize(
    ("cpu", "cores"),
    [
        (TOLD, 8),
        ({"DefaultCores": 8}, 8),
        ({"DefaultThreadsPerCore": 2}, 8),
        ({"ValidThreadsPerCore": [1]}, 16),
    ],
)
def test_cores_follow_from_what_is_told(cpu, cores):
    found = _fetch(_info("a.large", cpu)).get("a.large")
    assert (found.physical_cores, found.threads_per_core) == (cores, 16 // cores)


@pytest.mark.parametrize("cpu", [{}, {"ValidThreadsPerCore": [1, 2]}])
def test_a_type_whose_cores_are_not_told_is_left_out(cpu):
    assert len(_fetch(_info("a.large", cpu))) == 0


def test_macs_are_left_out_and_i386_is_x86_64():
    both = _info("t.micro", TOLD, SupportedArchitectures=["i386", "x86_64"])
    mac = _info("mac.metal", TOLD, SupportedArchitectures=["arm64_mac"])
    assert [(i.name, i.architecture) for i in _fetch(both, mac)] == [("t.micro", "x86_64")]


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "Describe"),
        EndpointConnectionError(endpoint_url="https://ec2.nowhere"),
    ],
)
def test_a_refusal_names_the_region_and_the_cure(error):
    def refuse(_region: str) -> Any:
        raise error

    with pytest.raises(UserError, match=r"(?s)EC2 in us-west-2.*ec2:DescribeInstanceTypes"):
        fetch_catalog(refuse, ["us-west-2"], TODAY)
