"""What only a container can do, or get wrong."""

from __future__ import annotations

import os

import pytest

MEMORY_HOG = ["tail", "/dev/zero"]


def resources(*, vcpus="1", memory="64"):
    return [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": memory}]


def define(jobs, name, command, **properties):
    container = {"image": jobs.image, "command": command, "resourceRequirements": resources()}
    jobs.batch.register_job_definition(
        jobDefinitionName=name, type="container", containerProperties={**container, **properties}
    )
    return name


def test_a_container_is_removed_once_its_log_was_read(boxed, there):
    job_id = boxed.shell("echo up; exec sleep 600")
    boxed.wait_for_output(job_id, 1)
    shown = there.client.inspect_container(there.only())
    assert shown["Config"]["Labels"]["geoschem-bench.job"] == job_id
    assert job_id in shown["Name"]
    assert shown["HostConfig"]["NetworkMode"] == "host"
    assert shown["HostConfig"]["Memory"] == 64 * 2**20
    assert shown["HostConfig"]["CpuShares"] == 1024
    boxed.batch.terminate_job(jobId=job_id, reason="seen enough")
    boxed.wait(job_id)
    assert there.containers() == []


def test_sees_the_image_and_nothing_of_this_computer(boxed, tmp_path):
    (tmp_path / "private").touch()
    detail = boxed.wait(boxed.shell(f"ls -d {tmp_path}/private; echo $PATH; ls /bin/alien"))
    [path, alien] = [line for line in boxed.output(detail) if "private" not in line]
    assert path == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert alien == "/bin/alien"
    assert str(tmp_path) not in path


def test_too_much_memory_is_the_reason(boxed):
    detail = boxed.wait(boxed.submit(boxed.define(MEMORY_HOG), retryStrategy={"attempts": 2}))
    assert detail["status"] == "FAILED"
    assert detail["statusReason"] == "Essential container in task exited"
    assert len(detail["attempts"]) == 2
    for shown in (detail["container"], *(each["container"] for each in detail["attempts"])):
        assert shown["exitCode"] == 137
        assert shown["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_sigkill_alone_is_no_lack_of_memory(boxed, there):
    job_id = boxed.shell("echo up; exec sleep 600")
    boxed.wait_for_output(job_id, 1)
    there.client.kill(there.only(), "SIGKILL")
    detail = boxed.wait(job_id)
    assert (detail["status"], detail["container"]["exitCode"]) == ("FAILED", 137)
    assert "reason" not in detail["container"]


@pytest.mark.parametrize("absent", ["geoschem-bench-tests:none", "registry.example/none@sha256:0"])
def test_an_image_that_is_not_there_cannot_be_pulled(boxed, absent):
    rules = [
        {"onReason": "CannotPullContainer*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ]
    name = f"no-image-{'pinned' if '@' in absent else 'tagged'}"
    job_id = boxed.submit(
        define(boxed, name, ["true"], image=absent),
        retryStrategy={"attempts": 2, "evaluateOnExit": rules},
    )
    detail = boxed.wait(job_id)
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "Task failed to start")
    reason = detail["container"]["reason"]
    assert reason.startswith("CannotPullContainerError: Error response from daemon: ")
    assert absent in reason
    assert "exitCode" not in detail["container"]
    assert len(detail["attempts"]) == 2
    assert "RUNNING" not in boxed.timeline(detail)


def test_an_image_that_podman_built_is_found_by_its_short_name(boxed, there):
    repository = f"localhost/geoschem-bench-built-{os.getpid()}"
    there.client.tag(boxed.image, repository, "latest")
    try:
        short = f"{repository.removeprefix('localhost/')}:latest"
        detail = boxed.wait(boxed.submit(define(boxed, "short", ["true"], image=short)))
    finally:
        there.client.remove_image(f"{repository}:latest")
    assert detail["status"] == "SUCCEEDED"
    assert detail["container"]["image"] == short


def test_a_program_of_another_architecture(boxed):
    detail = boxed.wait(boxed.submit(boxed.define(["alien"])))
    assert detail["status"] == "FAILED"
    said = [*boxed.output(detail), detail["container"].get("reason", "")]
    assert any("exec format error" in line for line in said)
    assert detail["container"].get("exitCode") != 0


def test_limits_and_shared_memory_are_as_defined(boxed):
    stack = {"name": "stack", "softLimit": -1, "hardLimit": -1}
    files = {"name": "nofile", "softLimit": 512, "hardLimit": 1000}
    name = define(
        boxed,
        "limits",
        ["sh", "-c", "ulimit -s; ulimit -n; ulimit -Hn; cat /proc/mounts"],
        ulimits=[stack, files],
        linuxParameters={"sharedMemorySize": 48},
    )
    [soft_stack, soft_files, hard_files, *mounts] = boxed.output(boxed.wait(boxed.submit(name)))
    assert [soft_stack, soft_files, hard_files] == ["unlimited", "512", "1000"]
    [shm] = [line for line in mounts if " /dev/shm " in line]
    assert f"size={48 * 1024}k" in shm


def test_runs_as_the_user_of_the_definition_in_a_read_only_image(boxed):
    script = "touch /new || echo refused; cat /proc/self/status"
    command = ["sh", "-c", script]
    name = define(boxed, "user", command, user="1234", readonlyRootFilesystem=True)
    output = boxed.output(boxed.wait(boxed.submit(name)))
    assert "refused" in output
    assert "Uid:\t1234\t1234\t1234\t1234" in output


def test_a_container_that_somebody_removes_is_not_still_running(boxed, there):
    job_id = boxed.shell("echo up; exec sleep 600")
    boxed.wait_for_output(job_id, 1)
    there.client.remove_container(there.only(), force=True)
    detail = boxed.wait(job_id)
    assert detail["status"] == "FAILED"
    assert "exitCode" not in detail["container"] or detail["container"]["exitCode"] == 137
