"""`container/build.sh` against engines and an `aws` that only write down what they were told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.images.engine import ROOT

GOLDEN = Path(__file__).parent / "golden"
TOOLS = ("bash", "cat", "dirname", "env", "grep", "head", "mktemp", "rm", "sed", "tail")
ENGINE = r"""#!/usr/bin/env bash
echo "${0##*/} $*" >>"$CALLS"
case "$*" in
    *"{{.Architecture}}"*amd64) echo "${FAKE_AMD64:-amd64}" ;;
    *"{{.Architecture}}"*arm64) echo arm64 ;;
    *"{{.Size}}"*) echo 123456789 ;;
    *"amd64 uname -m") echo "${FAKE_MACHINE:-x86_64}" ;;
    *"arm64 uname -m") echo aarch64 ;;
    "version --format"*) echo Engine ;;
    "buildx inspect"*) echo "Platforms: linux/amd64, linux/arm64" ;;
    *--password-stdin*) cat >>"$CALLS.password" ;;
esac
"""
AWS = r"""#!/usr/bin/env bash
echo "aws $*" >>"$CALLS"
case "$*" in
    sts*) [[ -z ${FAKE_STRANGER:-} ]] || { echo "Unable to locate credentials" >&2; exit 253; }
          echo 123456789012 ;;
    *describe-repositories*)
          [[ -n ${FAKE_REPOSITORY:-} ]] || { echo "RepositoryNotFoundException" >&2; exit 254; }
          [[ $FAKE_REPOSITORY != denied ]] || { echo "AccessDeniedException: no" >&2; exit 254; }
          echo "$FAKE_REPOSITORY" ;;
    *create-repository*) echo 123456789012.dkr.ecr.us-west-2.amazonaws.com/geos-chem ;;
    *get-login-password*) echo very-secret ;;
esac
"""
UNAME = '#!/usr/bin/env bash\n[[ $1 == -s ]] && echo Linux || echo "${FAKE_HOST:-x86_64}"\n'


@dataclass(frozen=True)
class Bench:
    """A PATH with nothing but what it is given."""

    folder: Path

    def program(self, name: str, script: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        told = {"PATH": str(self.folder / "bin"), "CALLS": str(self.folder / "calls"), "HOME": "/"}
        return subprocess.run(
            [ROOT / "container" / "build.sh", *arguments],
            env=told | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    @property
    def calls(self) -> list[str]:
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def bench(tmp_path):
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    made = Bench(tmp_path)
    made.program("uname", UNAME)
    return made


@pytest.fixture
def equipped(bench):
    """With podman and aws."""
    bench.program("podman", ENGINE)
    bench.program("aws", AWS)
    return bench


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_a_dry_run_prints_every_command_and_runs_none(bench, engine):
    done = bench.run("--dry-run", "--push", "--engine", engine, "--profile", "me", "--tag", "1.2.3")
    golden = GOLDEN / f"{engine}.txt"
    if os.environ.get("GEOSCHEM_BENCH_WRITE_GOLDEN") == "1":
        golden.write_text(done.stdout)
    assert (done.returncode, done.stderr, bench.calls) == (0, "", [])
    assert done.stdout == golden.read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--platform", "linux/riscv64"], "unknown platform linux/riscv64; there are linux/amd64"),
        (["--platform", ","], "--platform names none"),
        (["--platform"], "--platform needs a value"),
        (["--target", "gchp"], "unknown target gchp; there is proxy"),
        (["--engine", "lxc"], "unknown engine lxc; there are docker and podman"),
        (["--region", "oregon"], "oregon is no AWS region; one looks like us-west-2"),
        (["--tag", "a b"], "a b is no tag"),
        (["--repository", "Geos:Chem"], "Geos:Chem is no name of a repository"),
        (["--pull"], "unknown argument --pull"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(equipped, arguments, complaint):
    done = equipped.run(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert equipped.calls == []


def test_without_an_engine_it_says_how_to_get_one(bench):
    done = bench.run()
    assert done.returncode == 1
    assert "no container engine: start Docker, or on Debian 12 say" in done.stderr


def test_without_an_emulator_it_says_how_to_get_one(equipped):
    done = equipped.run("--platform", "linux/amd64", FAKE_HOST="riscv64")
    assert done.returncode == 1
    assert "(riscv64) cannot run linux/amd64" in done.stderr
    assert "container/engine.sh setup amd64" in done.stderr
    assert equipped.calls == []


def test_without_credentials_nothing_is_built(equipped):
    done = equipped.run("--push", "--profile", "me", FAKE_STRANGER="1")
    assert done.returncode == 1
    assert "AWS does not know who you are (profile me): Unable to locate cred" in done.stderr
    assert "aws configure --profile me" in done.stderr
    assert [call.split()[0] for call in equipped.calls] == ["aws"]


def test_without_the_aws_program_it_says_so(bench):
    bench.program("podman", ENGINE)
    done = bench.run("--platform", "linux/amd64", "--push")
    assert done.returncode == 1
    assert "--push needs the aws command line" in done.stderr


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"FAKE_AMD64": "arm64"}, "is for arm64 and should be for amd64; nothing was pushed"),
        ({"FAKE_MACHINE": "aarch64"}, "says it is aarch64 and should be x86_64; nothing was"),
    ],
)
def test_an_image_of_the_wrong_architecture_is_not_pushed(equipped, environment, complaint):
    done = equipped.run("--platform", "linux/amd64", "--push", "--tag", "1", **environment)
    assert done.returncode == 1
    assert f"geos-chem:1-amd64 {complaint}" in done.stderr
    assert not [call for call in equipped.calls if re.search(r"push|login|ecr", call)]


def test_a_push_makes_the_repository_and_ends_with_the_list(equipped):
    done = equipped.run("--platform", "linux/amd64", "--push", "--tag", "1")
    assert done.returncode == 0, done.stderr
    address = "123456789012.dkr.ecr.us-west-2.amazonaws.com/geos-chem"
    pushes = [call for call in equipped.calls if " push " in call]
    assert pushes == [
        f"podman push {address}:1-amd64",
        f"podman manifest push --all localhost/geos-chem:1 docker://{address}:1",
        f"podman manifest push --all localhost/geos-chem:latest docker://{address}:latest",
    ]
    assert [call for call in equipped.calls if "create-repository" in call]
    assert f"{address}:latest will hold linux/amd64 only" in done.stderr
    assert "geos-chem:1-amd64: 123 MB" in done.stderr


def test_the_password_is_on_no_command_line(equipped):
    done = equipped.run("--platform", "linux/amd64", "--push")
    assert (equipped.folder / "calls.password").read_text() == "very-secret\n"
    assert "very-secret" not in "\n".join([*equipped.calls, done.stdout, done.stderr])


def test_every_aws_command_names_the_region_and_the_profile(equipped):
    equipped.run("--platform", "linux/amd64", "--push", AWS_PROFILE="me", AWS_REGION="eu-west-1")
    asked = [call for call in equipped.calls if call.startswith("aws ")]
    assert len(asked) == 4
    assert all("--region eu-west-1" in call and "--profile me" in call for call in asked)


def test_an_existing_repository_is_used(equipped):
    equipped.run("--platform", "linux/amd64", "--push", FAKE_REPOSITORY="host/geos-chem")
    assert not [call for call in equipped.calls if "create-repository" in call]
    assert any(call.startswith("podman push host/geos-chem:") for call in equipped.calls)


def test_a_refused_look_at_the_repository_is_no_missing_one(equipped):
    done = equipped.run("--platform", "linux/amd64", "--push", FAKE_REPOSITORY="denied")
    assert done.returncode == 1
    assert "cannot be looked up: AccessDeniedException" in done.stderr


@pytest.mark.parametrize(("there", "used"), [((), "docker"), (("podman",), "podman"),
                                             (("podman", "docker"), "docker")])  # fmt: skip
def test_a_dry_run_names_the_engine_that_would_be_used_here(bench, there, used):
    for name in there:
        bench.program(name, ENGINE)
    done = bench.run("--dry-run", "--platform", "linux/amd64")
    assert done.returncode == 0, done.stderr
    engines = {line.split()[0] for line in done.stdout.splitlines() if not line.startswith("#")}
    assert engines == {used}
    assert {call for call in bench.calls if not call.startswith("docker ")} == set()
    assert all(call.startswith("docker version --format") for call in bench.calls)


def test_podman_behind_dockers_client_is_podman(bench):
    bench.program("docker", ENGINE.replace("echo Engine", "echo Podman Engine"))
    bench.program("podman", ENGINE)
    done = bench.run("--dry-run", "--platform", "linux/amd64")
    assert done.stdout.startswith("podman build")


def test_a_dry_run_says_of_the_packages_index_that_there_is_one_and_not_which(bench):
    done = bench.run("--dry-run", PIP_INDEX_URL="https://user:very-secret@index.example/simple")
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("# /"))
    assert "pip.conf: the index of this computer's own pip" in line
    assert "very-secret" not in done.stdout + done.stderr


def test_the_packages_index_goes_in_by_a_file_alone(equipped, tmp_path):
    certificate = tmp_path / "ca.pem"
    certificate.write_text("x")
    done = equipped.run(
        "--platform", "linux/amd64",
        PIP_INDEX_URL="https://user:very-secret@index.example/simple", PIP_CERT=str(certificate),
    )  # fmt: skip
    built = next(call for call in equipped.calls if call.startswith("podman build"))
    assert re.search(r"--secret id=pip_conf,src=\S+/pip\.conf ", built)
    assert f"--secret id=ca_bundle,src={certificate} " in built
    assert "very-secret" not in "\n".join([*equipped.calls, done.stderr])
