"""Only who has the key may ask: neither another user of this computer nor a web page."""

from __future__ import annotations

import http.client
import json
import stat
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import running, status, up
from geoschem_bench.sandbox.settings import STATUS_PATH

CALLS = {
    "batch": lambda batch: batch.describe_job_queues(),
    "dynamodb": lambda dynamodb: dynamodb.list_tables(),
    "ec2": lambda ec2: ec2.describe_instance_types(),
    "logs": lambda logs: logs.describe_log_groups(),
    "s3": lambda s3: s3.list_buckets(),
    "sts": lambda sts: sts.get_caller_identity(),
}
STRANGERS: dict[str, dict[str, Any]] = {
    "other key": {"aws_access_key_id": "sandbox"},
    "half a key": {"aws_access_key_id": "SANDBOX"},
    "unsigned": {"config": Config(signature_version=UNSIGNED)},
}


def ask(sandbox, path="/", method="GET", body=None, **headers):
    """A request as a program without an SDK, or a browser, sends it."""
    address = urlsplit(sandbox.endpoint_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    with closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def signed(sandbox, service="batch"):
    scope = f"{sandbox.access_key}/20260101/{sandbox.region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("service", CALLS)
def test_strangers_are_told_how_to_get_the_key(sandbox, connect, service, stranger):
    with (
        closing(connect(sandbox, service, **STRANGERS[stranger])) as client,
        pytest.raises(ClientError, match="geoschem-bench sandbox up --env") as refused,
    ):
        CALLS[service](client)
    answer = refused.value.response
    assert answer["Error"]["Code"] == "InvalidClientTokenId"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize("service", CALLS)
def test_its_own_key_opens_every_service(sandbox, connect, service):
    with closing(connect(sandbox, service)) as client:
        assert CALLS[service](client)


def test_an_unsigned_job_is_never_registered_nor_moto_reset(sandbox, batch):
    document = {"jobDefinitionName": "evil", "type": "container"}
    path = "/v1/registerjobdefinition"
    assert ask(sandbox, path, "POST", json.dumps(document))[0] == 403
    assert ask(sandbox, "/moto-api/reset", "POST")[0] == 403
    found = batch.describe_job_definitions(jobDefinitionName="evil")
    assert found["jobDefinitions"] == []


@pytest.mark.parametrize("path", ["/v1/describejobqueues", STATUS_PATH])
@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost", "null"])
def test_web_pages_are_refused_even_with_the_key(sandbox, path, origin):
    headers = {"Authorization": signed(sandbox), "Origin": origin}
    code, text = ask(sandbox, path, "POST", "{}", **headers)
    assert code == 403
    assert "no web pages" in text


@pytest.mark.parametrize("path", ["/v1/describejobqueues", STATUS_PATH])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example:80", "10.0.0.1", ""]
)
def test_foreign_hosts_are_refused_even_with_the_key(sandbox, path, host):
    headers = {"Authorization": signed(sandbox), "Host": host}
    assert ask(sandbox, path, "POST", "{}", **headers)[0] == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:1234"])
def test_loopback_has_two_names(sandbox, host):
    headers = {"Authorization": signed(sandbox), "Host": host}
    assert ask(sandbox, "/v1/describejobqueues", "POST", "{}", **headers)[0] == 200


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_addresses_carry_the_key(sandbox, connect, version):
    config = Config(signature_version=version)
    asked = {"Bucket": sandbox.bucket, "Key": "presigned"}
    with (
        closing(connect(sandbox, "s3")) as s3,
        closing(connect(sandbox, "s3", config=config)) as signer,
    ):
        s3.put_object(**asked, Body=b"x")
        url = urlsplit(signer.generate_presigned_url("get_object", Params=asked))
    path = f"{url.path}?{url.query}"
    assert ask(sandbox, path) == (200, "x")
    assert ask(sandbox, path.replace(sandbox.access_key, "SANDBOX0"))[0] == 403
    assert ask(sandbox, url.path)[0] == 403


def test_the_status_needs_no_key_and_tells_none(sandbox):
    code, text = ask(sandbox, STATUS_PATH)
    assert code == 200
    assert json.loads(text).keys() == {"token", "pid", "jobs", "has_stacks"}
    assert sandbox.access_key not in text
    assert sandbox.secret_key not in text
    assert ask(sandbox, STATUS_PATH + "/")[0] == 403


def test_the_key_is_private_and_survives_a_restart(tmp_path):
    state = tmp_path / "new" / "state"
    with running(state) as first:
        assert first.access_key.startswith("SANDBOX")
        assert len(first.access_key) == len("SANDBOX") + 20
        for secret in (first.access_key, first.secret_key):
            assert secret not in repr(first)
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (state, state / "sandbox", state / "sandbox" / "credentials.json")
        }
        assert modes == {"state": 0o700, "sandbox": 0o700, "credentials.json": 0o600}
    with running(state) as second:
        assert second.environment() == first.environment()


def test_every_state_has_its_own_key(sandbox, tmp_path):
    with running(tmp_path) as other:
        assert other.access_key != sandbox.access_key
        assert other.secret_key != sandbox.secret_key


def test_a_damaged_key_is_said_while_it_runs(tmp_path):
    """Not replaced then: the server and its jobs know the old one only."""
    with running(tmp_path):
        for text in ("", "{cut", "[]", "{}", '{"access_key": "", "secret_key": "s"}'):
            (tmp_path / "sandbox" / "credentials.json").write_text(text)
            with pytest.raises(SandboxError, match=r"credentials\.json.*sandbox down, then up"):
                up(tmp_path)
            with pytest.raises(SandboxError, match="sandbox down, then up"):
                status(tmp_path)


def test_a_damaged_key_is_replaced_at_the_next_start(tmp_path):
    folder = tmp_path / "sandbox"
    folder.mkdir(mode=0o755)
    (folder / "credentials.json").write_text("{cut")
    with running(tmp_path) as sandbox:
        assert sandbox.access_key.startswith("SANDBOX")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
