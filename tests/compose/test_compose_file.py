"""docker-compose.yaml as docker-compose resolves it, every service."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema  # type: ignore[import-untyped] # comes with Airflow, its types do not
import pytest
import yaml

from tests.compose.installation import Installation
from tests.servers.settings import REPOSITORY

SPECIFICATION = Path("/usr/lib/python3/dist-packages/compose/config/compose_spec.json")
AIRFLOW = ("settings", "init", "api-server", "scheduler", "dag-processor", "triggerer", "worker",
           "sandbox")  # fmt: skip
ONCE = ("settings", "init")
ALL = (*AIRFLOW, "postgres", "redis")
SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "AIRFLOW_PASSWORD", "AIRFLOW_JWT_SECRET",
           "AIRFLOW_SECRET_KEY", "AIRFLOW_FERNET_KEY")  # fmt: skip


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """With an .env for the sandbox."""
    made = Installation.make(tmp_path_factory.mktemp("file") / "installation")
    assert made.env_sh("new", "--sandbox").returncode == 0
    return made


@pytest.fixture(scope="module")
def config(installation):
    return installation.config()


@pytest.fixture(scope="module")
def written():
    """The file as it is written, anchors resolved, variables not."""
    text = (REPOSITORY / "docker-compose.yaml").read_text()
    return yaml.load(text, Loader=yaml.CSafeLoader)


def test_it_is_what_the_compose_specification_allows(written):
    rules = json.loads(SPECIFICATION.read_text())
    # Its $schema names the draft with a # too much, so the validator has to be named
    jsonschema.Draft201909Validator(rules).validate(written)


def test_it_has_every_service(config):
    assert set(config["services"]) == set(ALL)
    assert config["services"]["worker"]["deploy"]["replicas"] == 2


def test_without_the_profile_there_is_no_sandbox(tmp_path):
    made = Installation.make(tmp_path / "installation")
    assert made.env_sh("new").returncode == 0
    asked = made.compose("config", "--services")
    assert asked.returncode == 0, asked.stderr
    services = made.config()["services"]
    in_profile = [name for name, said in services.items() if said.get("profiles")]
    assert in_profile == ["sandbox"]
    waited_for = {name for said in services.values() for name in said.get("depends_on", {})}
    assert "sandbox" not in waited_for  # or nothing would start without the profile


def test_only_the_api_server_is_published_and_on_loopback(config):
    published = {
        name: said["ports"] for name, said in config["services"].items() if "ports" in said
    }
    assert [*published] == ["api-server"]
    assert published["api-server"] == ["127.0.0.1:8080:8080/tcp"]
    assert not any("network_mode" in said for said in config["services"].values())


def test_no_secret_is_written_in_it_and_none_has_a_default():
    text = (REPOSITORY / "docker-compose.yaml").read_text()
    for name in SECRETS:
        uses = re.findall(rf"\$\{{{name}\b([^}}]*)\}}", text)
        assert uses, name
        assert all(use.startswith(":?") for use in uses), name
    # Whatever stands between a user's colon and an @ is a variable
    assert set(re.findall(r"://\w*:([^@\n]+)@", text)) == {
        "${POSTGRES_PASSWORD:?is missing in .env; run compose/env.sh new}",
        "${REDIS_PASSWORD:?is missing in .env; run compose/env.sh new}",
    }


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_secret_stops_compose_and_says_the_cure(installation, tmp_path, name):
    made = Installation.make(tmp_path / "installation")
    made.env_file.write_text(installation.env_file.read_text())
    made.change(**{name: ""})
    refused = made.compose("config")
    assert refused.returncode != 0
    assert "is missing in .env; run compose/env.sh new" in refused.stderr


def test_the_first_users_password_is_known_where_it_is_needed_alone(config, installation):
    password = installation.env()["AIRFLOW_PASSWORD"]
    knowing = [name for name, said in config["services"].items() if password in str(said)]
    assert sorted(knowing) == sorted(ONCE)


@pytest.mark.parametrize("name", ALL)
def test_a_service(config, name):
    said = config["services"][name]
    once = name in ONCE
    assert said["restart"] == ("no" if once else "unless-stopped")
    assert ("healthcheck" in said) != once
    assert re.fullmatch(r"[\w-]+:[\w.-]*\d[\w.-]*", said["image"]), "pinned by a version"
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert said["logging"]["options"]["max-size"]
    assert (name == "settings") != bool(said.get("depends_on"))
    named = [each for each in said.get("volumes", ()) if not each.startswith(("/", "."))]
    assert {each.split(":")[0] for each in named} <= set(config["volumes"])
    assert bool(named) or name in ("settings",)


@pytest.mark.parametrize("name", AIRFLOW)
def test_a_service_of_airflow(config, name):
    services = config["services"]
    said = services[name]
    assert said["cap_drop"] == ["ALL"]
    assert said["image"] == services["scheduler"]["image"]
    mounted = {each.split(":")[1]: each.split(":")[2] for each in said["volumes"]}
    assert mounted["/opt/airflow/include"] == "ro"
    assert _airflow(said) == _airflow(services["scheduler"])
    assert said["environment"]["AWS_ENDPOINT_URL"] == "http://sandbox:5000"  # all of .env
    assert "/opt/airflow/logs" in mounted or name == "sandbox"


def _airflow(said):
    return {key: value for key, value in said["environment"].items() if key.startswith("AIRFLOW__")}


def test_a_worker_has_time_to_end_its_tasks(config):
    worker = config["services"]["worker"]
    assert worker["stop_grace_period"] == "5m"
    assert worker["environment"]["DUMB_INIT_SETSID"] == "0"


def test_the_image_is_the_official_one_of_the_locked_version():
    text = (REPOSITORY / "Dockerfile").read_text()
    locked = re.search(r"(?m)^apache-airflow==(\S+)", (REPOSITORY / "requirements.txt").read_text())
    assert locked
    assert f"ARG AIRFLOW_IMAGE=apache/airflow:slim-{locked[1]}-python3.11" in text
    assert f"geoschem-bench-airflow:{locked[1]}" in (REPOSITORY / "docker-compose.yaml").read_text()
    assert "USER root" not in text


def test_what_the_dockerfile_copies_is_in_its_context():
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    for line in (REPOSITORY / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY"):
            for source in line.split()[2:-1]:
                assert (REPOSITORY / source).exists(), source
                tops = {f"!{source}", f"!{source}/", f"!{source.split('/')[0]}/"}
                assert tops & set(ignored), f"{source} is not let in by .dockerignore"
