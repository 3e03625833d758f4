"""Service quotas as `quotas.json` says."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

STANDARD = "L-1216C47A"


@pytest.fixture
def quotas(sandbox, connect):
    client = connect(sandbox, "service-quotas")
    path = sandbox.state_dir / "sandbox" / "quotas.json"
    yield client, path
    path.unlink(missing_ok=True)
    client.close()


def value(client, code=STANDARD):
    return client.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"]


def test_without_a_file_there_is_room_for_everything(quotas):
    client, _ = quotas
    assert value(client) == 4096
    listed = client.list_service_quotas(ServiceCode="ec2")["Quotas"]
    assert {each["Value"] for each in listed} == {4096}
    default = client.get_aws_default_service_quota(ServiceCode="ec2", QuotaCode=STANDARD)["Quota"]
    assert (default["Value"], default["Adjustable"]) == (5, True)


def test_the_file_is_read_at_each_request(quotas):
    client, path = quotas
    path.write_text(json.dumps({STANDARD: 0, "L-OWN": 3}))
    assert (value(client), value(client, "L-OWN")) == (0, 3)
    listed = client.list_service_quotas(ServiceCode="ec2")["Quotas"]
    assert {each["QuotaCode"]: each["Value"] for each in listed}["L-OWN"] == 3
    path.write_text(json.dumps({STANDARD: 64}))
    assert value(client) == 64


@pytest.mark.parametrize("asked", [("ec2", "L-NONE"), ("vpc", STANDARD)])
def test_an_unknown_quota_is_awss_error(quotas, asked):
    client, _ = quotas
    with pytest.raises(client.exceptions.NoSuchResourceException):
        client.get_service_quota(ServiceCode=asked[0], QuotaCode=asked[1])


@pytest.mark.parametrize("text", ["{cut", '{"L-1216C47A": "many"}', "[]"])
def test_a_damaged_file_is_named(quotas, text):
    client, path = quotas
    path.write_text(text)
    with pytest.raises(ClientError, match=r"quotas\.json"):
        value(client)
