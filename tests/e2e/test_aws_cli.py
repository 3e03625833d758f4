"""Unmodified, the `aws` command line uses the sandbox as it uses AWS."""

import json
import os
import re
import subprocess

import pytest

from tests.e2e.conftest import REPOSITORY, wait_for

CONFIG = {
    "id": "BY-HAND",
    "simulation_type": "transport",
    "domain": {"resolution": "4x5"},
    "duration": {"days": 1 / 72},
    "hardware": {"instance_type": "c7g.4xlarge", "threads": 1},
    "warmups": 0,
    "repetitions": 1,
}


@pytest.fixture(scope="module")
def aws(program, aws_cli):
    """The `aws` command in the shell that `sandbox up --env` prepared."""
    exports = program("sandbox", "up", "--env").stdout
    shell = dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", exports, re.M))
    assert shell["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    environment = {"PATH": os.environ["PATH"], "HOME": str(program.state), **shell}

    return AwsCommand(aws_cli, environment)


class AwsCommand:
    def __init__(self, program, environment):
        self.program, self.environment = program, environment

    def __call__(self, *arguments):
        done = subprocess.run(
            [self.program, *arguments],
            env=self.environment, cwd=REPOSITORY, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.mark.parametrize("slash", ["", "/"], ids=["without-slash", "with-slash"])
def test_a_job_submitted_by_hand_is_run_and_filed(aws, program, slash):
    bucket = aws.environment["GEOSCHEM_BENCH_BUCKET"]
    output = f"s3://{bucket}/by-hand/{'with' if slash else 'without'}{slash}"
    submitted = json.loads(aws(
        "batch", "submit-job", "--job-name", "by-hand",
        "--job-queue", "geos-chem-graviton-queue",
        "--job-definition", "geos-chem-benchmark",
        "--parameters", json.dumps({"configJson": json.dumps(CONFIG), "outputPath": output}),
    ))  # fmt: skip

    def ended():
        job = json.loads(aws("batch", "describe-jobs", "--jobs", submitted["jobId"]))["jobs"][0]
        return job if job["status"] in ("SUCCEEDED", "FAILED") else None

    job = wait_for(ended, "the job's end")
    assert job["status"] == "SUCCEEDED", job
    listed = aws("s3", "ls", "--recursive", output.rstrip("/") + "/")
    keys = {line.split()[-1].rsplit("/", 1)[-1] for line in listed.splitlines()}
    assert keys == {"run.log", "config.json", "results.json", "manifest.json"}
    first = program("load", output.rstrip("/") + "/")
    assert (first.returncode, "1 new" in first.stderr) == (0, True), first.stderr
    again = program("load", output.rstrip("/") + "/")
    assert "0 new, 1 unchanged" in again.stderr
    item = json.loads(aws(
        "dynamodb", "query", "--table-name", aws.environment["GEOSCHEM_BENCH_TABLE"],
        "--key-condition-expression", "benchmark_id = :id",
        "--expression-attribute-values", '{":id": {"S": "BY-HAND"}}',
    ))  # fmt: skip
    run_ids = [found["benchmark_run_id"]["S"] for found in item["Items"]]
    assert any(run_id.endswith(submitted["jobId"][:8]) for run_id in run_ids)


def test_its_log_is_in_cloudwatch(aws):
    every = '[{"name": "JOB_NAME", "values": ["by-hand"]}]'
    jobs = json.loads(aws(
        "batch", "list-jobs", "--job-queue", "geos-chem-graviton-queue", "--filters", every
    ))["jobSummaryList"]  # fmt: skip
    job = json.loads(aws("batch", "describe-jobs", "--jobs", jobs[0]["jobId"]))["jobs"][0]
    events = json.loads(aws(
        "logs", "get-log-events", "--log-group-name", "/geoschem-bench/jobs",
        "--log-stream-name", job["container"]["logStreamName"],
    ))["events"]  # fmt: skip
    assert any("repetition 1 of 1" in event["message"] for event in events)
