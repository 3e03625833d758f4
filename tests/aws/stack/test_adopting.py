"""What `--adopt-data` sends and takes over, and what of a bucket is not known."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from geoschem_bench.aws.stack.stores import of_bucket
from geoschem_bench.aws.stack.taken import Taken, refusal_of
from geoschem_bench.aws.stack.template import read_template
from tests.aws.stack.fakes import Fake, raises, refusal


def properties(template, name):
    return json.loads(template.body)["Resources"][name]["Properties"]


@pytest.mark.parametrize("path", [None, "tiny"])
def test_names_of_what_is_adopted_are_written_out(path, tiny):
    template = read_template(tiny) if path else read_template()
    named = template.with_names({"BucketName": "results", "TableName": "table"})
    assert properties(named, "Bucket")["BucketName"] == "results"
    assert properties(named, "Table")["TableName"] == "table"
    assert named.keeps("AWS::S3::Bucket")
    assert not named.keeps("AWS::Logs::LogGroup")
    assert not named.keeps("AWS::ECR::Repository")


def test_a_bucket_without_a_given_name_and_names_of_its_own_stay_as_they_are(tiny):
    document = json.loads(tiny.read_text())
    document["Resources"]["Table"]["Properties"]["TableName"] = "own"
    tiny.write_text(json.dumps(document))
    template = read_template(tiny)
    assert template.with_names({"BucketName": "", "TableName": "other"}).body == template.body


@pytest.mark.usefixtures("cleared")
def test_the_names_are_sent_and_what_no_stack_adopts_is_named_with_its_cure(terminal, tiny, aws):
    command = f"stack up tiny --template {tiny} --owner me --set BucketName=kept-results --yes"
    terminal(command)
    terminal("stack down tiny --yes")
    aws("logs").create_log_group(logGroupName="/geoschem-bench/tiny")
    refused = terminal(f"{command} --adopt-data")
    assert refused.code == 2
    assert "aws logs delete-log-group --log-group-name /geoschem-bench/tiny" in refused.words
    assert "bucket kept-results" not in refused.words
    aws("logs").delete_log_group(logGroupName="/geoschem-bench/tiny")
    adopted = terminal(f"{command} --adopt-data")
    assert adopted.code == 0, adopted.err
    sent = aws("cloudformation").get_template(StackName="tiny")["TemplateBody"]
    sent = json.loads(sent) if isinstance(sent, str) else sent
    assert sent["Resources"]["Bucket"]["Properties"]["BucketName"] == "kept-results"
    assert sent["Resources"]["Table"]["Properties"]["TableName"] == "tiny-table"


def test_each_kind_in_the_way_has_its_own_way_around():
    repository = Taken("image repository", "geos-chem", False)
    text = refusal_of([repository], "us-west-2")
    assert "aws ecr delete-repository --repository-name geos-chem --force" in text
    assert "--use-existing" not in text
    assert "--adopt-data" not in text


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("NoSuchPublicAccessBlockConfiguration", "public access is not blocked"),
        ("AccessDenied", "is not known: GetPublicAccessBlock is not allowed"),
        ("MethodNotAllowed", "is not known: no"),
    ],
)
def test_only_a_missing_block_says_that_public_access_is_open(code, what):
    error = refusal(code, "no", "GetPublicAccessBlock")
    s3 = SimpleNamespace(head_bucket=lambda **_: {}, get_public_access_block=raises(error))
    (found,) = of_bucket(Fake(s3=s3), "results")
    assert found.what.endswith(what)
    assert not found.is_fatal
