"""Services that throttle, break, refuse or are slow: what boto3 makes of it, tries switched off."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from geoschem_bench.sandbox import faults

ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})
KEY = {"pk": {"S": "none"}, "sk": {"S": "none"}}
CALLS = {
    "batch": ("DescribeJobs", lambda c, _: c.describe_jobs(jobs=["x"])),
    "cloudformation": ("DescribeStacks", lambda c, _: c.describe_stacks()),
    "dynamodb": ("ListTables", lambda c, _: c.list_tables()),
    "ec2": ("DescribeSubnets", lambda c, _: c.describe_subnets()),
    "ecr": ("DescribeRepositories", lambda c, _: c.describe_repositories()),
    "iam": ("ListRoles", lambda c, _: c.list_roles()),
    "logs": ("DescribeLogGroups", lambda c, _: c.describe_log_groups()),
    "s3": ("ListObjectsV2", lambda c, box: c.list_objects_v2(Bucket=box.bucket)),
    "service-quotas": ("ListServiceQuotas", lambda c, _: c.list_service_quotas(ServiceCode="ec2")),
    "sns": ("ListTopics", lambda c, _: c.list_topics()),
    "sts": ("GetCallerIdentity", lambda c, _: c.get_caller_identity()),
}
THROTTLED = {
    "batch": ("TooManyRequestsException", 429),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "ec2": ("RequestLimitExceeded", 503),
    "ecr": ("ThrottlingException", 400),
    "iam": ("Throttling", 400),
    "logs": ("ThrottlingException", 400),
    "s3": ("SlowDown", 503),
    "service-quotas": ("ThrottlingException", 400),
}
BROKEN = {
    "batch": "ServerException",
    "dynamodb": "InternalServerError",
    "ec2": "InternalError",
    "logs": "ServiceUnavailableException",
    "s3": "InternalError",
    "sts": "InternalFailure",
}
EXPIRED = {
    "batch": "ExpiredTokenException",
    "dynamodb": "ExpiredTokenException",
    "ec2": "RequestExpired",
    "logs": "ExpiredTokenException",
    "s3": "ExpiredToken",
    "sts": "ExpiredToken",
}


@pytest.fixture(scope="module")
def ask(sandbox, connect):
    """Calls a service once; the error code and status that boto3 found, or None."""
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(closing(connect(sandbox, name, config=ONCE)))
            for name in CALLS
        }

        def call(service, which=None):
            try:
                (which or CALLS[service][1])(clients[service], sandbox)
            except ClientError as error:
                answer = error.response
                return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
            return None

        yield call


@pytest.fixture(autouse=True)
def _mended(sandbox):
    yield
    faults.clear(sandbox)


@pytest.mark.parametrize("service", CALLS)
def test_nothing_is_wrong_without_a_fault_and_each_call_is_counted(sandbox, ask, service):
    faults.reset_calls(sandbox)
    assert ask(service) is None
    counted = service.replace("service-quotas", "servicequotas")
    assert faults.calls(sandbox) == {f"{counted}:{CALLS[service][0]}": 1}


@pytest.mark.parametrize("service", THROTTLED)
def test_throttling_is_in_the_services_own_words(sandbox, ask, service):
    faults.service(sandbox, f"{service}:{CALLS[service][0]}", "throttling")
    assert ask(service) == THROTTLED[service]


@pytest.mark.parametrize("service", BROKEN)
def test_an_error_inside_of_aws(sandbox, ask, service):
    faults.service(sandbox, service, "5xx")
    assert ask(service) == (BROKEN[service], 500)


def test_an_expired_token_is_refused_by_every_service_in_its_words(sandbox, ask):
    faults.service(sandbox, "*", "refuse", code="expired-token")
    codes = {service: ask(service) for service in EXPIRED}
    assert {service: found and found[0] for service, found in codes.items()} == EXPIRED


@pytest.mark.parametrize(
    "code", ["ExpiredTokenException", "AccessDeniedException", "UnrecognizedClientException"]
)
@pytest.mark.parametrize("service", ["batch", "dynamodb", "logs"])
def test_a_refusal_with_a_code_of_awss(sandbox, ask, service, code):
    faults.service(sandbox, service, "refuse", code=code)
    found = ask(service)
    assert found is not None
    assert found[0] == code


def test_botocore_raises_the_exceptions_of_the_services_models(sandbox, connect):
    faults.service(sandbox, "batch", "5xx")
    faults.service(sandbox, "dynamodb", "throttling")
    with (
        closing(connect(sandbox, "batch", config=ONCE)) as batch,
        pytest.raises(batch.exceptions.ServerException, match=r"fault \d+ of the sandbox"),
    ):
        batch.describe_jobs(jobs=["x"])
    with (
        closing(connect(sandbox, "dynamodb", config=ONCE)) as dynamodb,
        pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException),
    ):
        dynamodb.get_item(TableName=sandbox.table, Key=KEY)


def test_other_operations_and_services_are_as_ever(sandbox, ask):
    faults.service(sandbox, "batch:DescribeJobs", "throttling")
    assert ask("batch", lambda c, _: c.describe_job_queues()) is None
    assert ask("s3") is None
    faults.service(sandbox, "ec2:DescribeV*", "throttling")
    assert ask("ec2") is None
    assert ask("ec2", lambda c, _: c.describe_vpcs()) is not None


def test_after_so_many_times_it_is_over(sandbox, ask):
    faults.service(sandbox, "batch:DescribeJobs", "throttling", times=2)
    assert [ask("batch") is None for _ in range(4)] == [False, False, True, True]
    assert faults.listed(sandbox) == []


def test_a_rate_is_drawn_and_the_same_draw_with_the_same_seed(sandbox, ask):
    def drawn(seed):
        faults.clear(sandbox)
        faults.service(sandbox, "batch:DescribeJobs", "throttling", rate=0.3, seed=seed)
        return [ask("batch") is not None for _ in range(60)]

    first = drawn(1)
    assert 6 <= sum(first) <= 30
    assert drawn(1) == first != drawn(2)


def test_latency_makes_late_and_nothing_else_wrong(sandbox, ask):
    faults.service(sandbox, "logs:DescribeLogGroups", "latency", seconds=0.5)
    begun = time.monotonic()
    assert ask("logs") is None
    assert time.monotonic() - begun >= 0.5
    assert ask("logs", lambda c, _: c.describe_destinations()) is None


S3 = {
    "PutObject": lambda c, b: c.put_object(Bucket=b, Key="a/b", Body=b"x"),
    "GetObject": lambda c, b: c.get_object(Bucket=b, Key="a/b"),
    "HeadObject": lambda c, b: c.head_object(Bucket=b, Key="a/b"),
    "CopyObject": lambda c, b: c.copy_object(Bucket=b, Key="c", CopySource={"Bucket": b,
                                                                            "Key": "a/b"}),
    "ListObjectsV2": lambda c, b: c.list_objects_v2(Bucket=b, Prefix="a/"),
    "ListObjects": lambda c, b: c.list_objects(Bucket=b),
    "HeadBucket": lambda c, b: c.head_bucket(Bucket=b),
    "ListBuckets": lambda c, _: c.list_buckets(),
    "GetBucketVersioning": lambda c, b: c.get_bucket_versioning(Bucket=b),
    "PutObjectTagging": lambda c, b: c.put_object_tagging(
        Bucket=b, Key="a/b", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]}),
    "CreateMultipartUpload": lambda c, b: c.create_multipart_upload(Bucket=b, Key="d"),
    "DeleteObject": lambda c, b: c.delete_object(Bucket=b, Key="c"),
    "DeleteObjects": lambda c, b: c.delete_objects(Bucket=b, Delete={"Objects": [{"Key": "a/b"}]}),
}  # fmt: skip


def test_every_operation_of_s3_that_we_use_is_known_by_name(sandbox, ask):
    faults.reset_calls(sandbox)
    failed = [
        name
        for name, call in S3.items()
        if ask("s3", lambda c, box, call=call: call(c, box.bucket)) is not None
    ]
    assert failed == []
    assert faults.calls(sandbox) == {f"s3:{name}": 1 for name in sorted(S3)}


@pytest.mark.parametrize("operation", ["PutObject", "GetObject", "DeleteObjects"])
def test_one_operation_of_s3_can_be_slowed_down(sandbox, ask, operation):
    faults.service(sandbox, f"s3:{operation}", "throttling")
    slowed = {name for name, call in S3.items()
              if (ask("s3", lambda c, box, call=call: call(c, box.bucket)) or [""])[0]
              == "SlowDown"}  # fmt: skip
    assert slowed == {operation}


def test_tags_of_a_job_are_an_operation_too(sandbox, ask):
    arn = f"arn:aws:batch:{sandbox.region}:123456789012:job/none"
    faults.reset_calls(sandbox)
    assert ask("batch", lambda c, _: c.list_tags_for_resource(resourceArn=arn)) is not None
    assert faults.calls(sandbox) == {"batch:ListTagsForResource": 1}


def test_no_lock_is_held_by_an_answer_that_is_late(sandbox, ask):
    faults.service(sandbox, "batch:DescribeJobs", "latency", seconds=3)
    slow = threading.Thread(target=lambda: ask("batch"))
    slow.start()
    begun = time.monotonic()
    assert ask("batch", lambda c, _: c.describe_job_queues()) is None
    assert time.monotonic() - begun < 2
    slow.join()
