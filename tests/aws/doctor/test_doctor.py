"""Each check is made to fail by really breaking the sandbox, and its text names the cure."""

from __future__ import annotations

import json

from geoschem_bench.wiring.connection import Connection, write_connection

GRAVITON = "geos-chem-graviton"


def test_all_is_well_and_the_image_is_not_asked_of_the_sandbox(doctor, terminal):
    terminal("stack connect")
    found = doctor()
    assert found.code == 0
    assert found.of("failed", "unknown") == []
    assert found.of("skipped") == ["image of geos-chem-benchmark", "topic"]
    assert "no topic is named" in found["topic"]["detail"]
    assert "without an image" in found["image of geos-chem-benchmark"]["detail"]
    order = [item["check"].split(" ")[0] for item in found.items]
    assert list(dict.fromkeys(order)) == [
        "identity", "region", "stack", "instance", "quota", "network", "way", "environment",
        "queue", "definition", "image", "bucket", "table", "log", "job",
        "topic",
    ]  # fmt: skip


def test_the_table_shows_it_to_a_person(terminal):
    answer = terminal("stack doctor")
    assert answer.code == 0
    assert "VALID and ENABLED, c7g.4xlarge" in answer.words
    assert "0 failed" not in answer.words


def test_a_suites_queues_are_what_is_examined(doctor, environment):
    found = doctor("graviton-vs-x86")
    missing = [c for c in found.of("failed") if c.startswith("queue ")]
    assert missing
    assert all("stack up --suite" in found[check]["cure"] for check in missing)


def test_a_topic_is_of_use_when_somebody_has_subscribed(doctor, aws):
    (topic,) = aws("sns").list_topics()["Topics"]
    name = topic["TopicArn"].rpartition(":")[2]
    assert "sns subscribe" in doctor(GEOSCHEM_BENCH_TOPIC=name)["topic"]["detail"]
    queue = aws("sqs").create_queue(QueueName="told")["QueueUrl"]
    asked = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    aws("sns").subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=arn)
    found = doctor(GEOSCHEM_BENCH_TOPIC=topic["TopicArn"])["topic"]
    assert (found["state"], found["detail"]) == ("ok", f"{name}: subscriptions: 1")


def test_a_notifier_that_cannot_be_read_is_said_before_anything_else(terminal):
    answer = terminal("stack doctor", GEOSCHEM_BENCH_NOTIFIERS="[1]")
    assert answer.code == 2
    assert "GEOSCHEM_BENCH_NOTIFIERS[0] is no object" in answer.words


def test_a_wrong_key_leaves_nothing_to_ask(doctor):
    found = doctor(AWS_ACCESS_KEY_ID="SOMEBODYELSE")
    assert found.of("failed") == ["identity"]
    assert "does not know these credentials" in found["identity"]["detail"]
    assert "--profile" in found["identity"]["cure"]
    assert {item["detail"] for item in found.items[1:]} == {"not asked, because identity failed"}


def test_nobody_answers(terminal):
    answer = terminal("stack doctor", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert answer.code == 2
    assert "nobody answers" in answer.words
    assert "sandbox up" in answer.words


def test_a_region_that_is_none(doctor):
    found = doctor(AWS_DEFAULT_REGION="us-wset-2", AWS_REGION="")
    assert "did you mean 'us-west-2'" in found["region"]["detail"]
    assert "--region" in found["region"]["cure"]
    assert found["queues"]["detail"] == "not asked, because region failed"


def test_another_region_than_the_sandboxs(doctor, terminal):
    terminal("stack connect")
    found = doctor("--region eu-west-1")
    for check in ("stack", "queues"):
        assert found[check]["state"] == "unknown"
        assert "set AWS_REGION and AWS_DEFAULT_REGION to us-west-2" in found[check]["detail"]
    assert found["bucket"]["state"] == "ok"


def test_a_stack_that_is_of_another_account_or_removed(doctor, box, tmp_path):
    environment = {
        "GEOSCHEM_BENCH_BUCKET": box.bucket,
        "AWS_ENDPOINT_URL": box.endpoint_url,
        "AWS_DEFAULT_REGION": box.region,
    }
    write_connection(tmp_path / "state", Connection("Removed", box.region, environment))
    found = doctor()
    assert "no stack Removed in us-west-2 of this account" in found["stack"]["detail"]
    assert "BenchmarkingStack" in found["stack"]["detail"]
    assert "--profile or --region" in found["stack"]["cure"]
    assert found.of("failed") == ["stack"]


def test_one_failure_hides_no_other(doctor, box):
    file = box.state_dir / "sandbox" / "quotas.json"
    file.write_text(json.dumps({"L-1216C47A": 0}))
    try:
        found = doctor(
            GEOSCHEM_BENCH_BUCKET="never-there",
            GEOSCHEM_BENCH_TABLE="never-there",
            GEOSCHEM_BENCH_TOPIC="never-there",
            GEOSCHEM_BENCH_QUEUES=f"arm64={GRAVITON}-queue,x86_64=never-there",
            GEOSCHEM_BENCH_JOB_DEFINITIONS="arm64=never-there",
        )
    finally:
        file.unlink()
    assert set(found.of("failed")) == {
        "quota L-1216C47A", "queue never-there", "definition never-there", "bucket", "table",
        "topic",
    }  # fmt: skip
