"""Where results lie: bucket and table. Both outlive the stack."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, CfnDeletionPolicy, CfnResource, Fn, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3

from infra.benchmarking_stack.conditions import ON_AWS, if_given

RUNS = "runs/"
"""All that a run writes lies under it."""
INDEXES = {
    "by_simulation": ("simulation_key", "run_key"),
    "by_run": ("benchmark_run_id", "benchmark_id"),
    "by_month": ("month", "run_key"),
}
_KEY = ("benchmark_id", "run_key")
_OLD_VERSIONS_DAYS = 30
_UPLOAD_DAYS = 7


@dataclass(frozen=True)
class Storage:
    """Tokens of names and ARNs."""

    bucket: str
    bucket_arn: str
    table: str
    table_arn: str


def build(stack: Stack) -> Storage:
    """Bucket and table."""
    bucket = _bucket(stack)
    _tls_only(stack, bucket)
    table = _table(stack)
    return Storage(bucket.ref, bucket.attr_arn, table.ref, table.attr_arn)


def _bucket(stack: Stack) -> s3.CfnBucket:
    bucket = s3.CfnBucket(
        stack,
        "Bucket",
        bucket_name=if_given("BucketName", Aws.NO_VALUE).to_string(),
        bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(
            server_side_encryption_configuration=[
                s3.CfnBucket.ServerSideEncryptionRuleProperty(
                    server_side_encryption_by_default=(
                        s3.CfnBucket.ServerSideEncryptionByDefaultProperty(sse_algorithm="AES256")
                    )
                )
            ]
        ),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        ),
        ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
            rules=[
                s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")
            ]
        ),
        versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
        lifecycle_configuration=_lifecycle(),
    )
    _keep(bucket)
    return bucket


def _lifecycle() -> s3.CfnBucket.LifecycleConfigurationProperty:
    rule = s3.CfnBucket.RuleProperty
    old = s3.CfnBucket.NoncurrentVersionExpirationProperty(noncurrent_days=_OLD_VERSIONS_DAYS)
    parts = s3.CfnBucket.AbortIncompleteMultipartUploadProperty(days_after_initiation=_UPLOAD_DAYS)
    # Runs have no age here: each suite keeps its own for its own time, and a baseline for ever
    versions = rule(
        id="versions",
        status="Enabled",
        noncurrent_version_expiration=old,
        abort_incomplete_multipart_upload=parts,
        expired_object_delete_marker=True,
    )
    return s3.CfnBucket.LifecycleConfigurationProperty(rules=[versions])


def _tls_only(stack: Stack, bucket: s3.CfnBucket) -> None:
    policy = s3.CfnBucketPolicy(
        stack,
        "BucketPolicy",
        bucket=bucket.ref,
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket.attr_arn, Fn.sub("${Bucket.Arn}/*")],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        },
    )
    # The sandbox speaks plain HTTP on loopback
    policy.add_override("Condition", ON_AWS)


def _table(stack: Stack) -> dynamodb.CfnTable:
    attributes = dict.fromkeys((*_KEY, *(key for keys in INDEXES.values() for key in keys)))
    recovery = dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
        point_in_time_recovery_enabled=True
    )
    # Encrypted without a word of it: AWS's own key costs nothing, one of the account each call
    table = dynamodb.CfnTable(
        stack,
        "Table",
        table_name=Fn.ref("TableName"),
        billing_mode="PAY_PER_REQUEST",
        attribute_definitions=[
            dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name=name, attribute_type="S")
            for name in attributes
        ],
        key_schema=_keys(*_KEY),
        global_secondary_indexes=[_index(name, *keys) for name, keys in INDEXES.items()],
        point_in_time_recovery_specification=recovery,
    )
    _keep(table)
    return table


def _keys(partition: str, sort: str) -> list[dynamodb.CfnTable.KeySchemaProperty]:
    return [
        dynamodb.CfnTable.KeySchemaProperty(attribute_name=partition, key_type="HASH"),
        dynamodb.CfnTable.KeySchemaProperty(attribute_name=sort, key_type="RANGE"),
    ]


def _index(name: str, partition: str, sort: str) -> dynamodb.CfnTable.GlobalSecondaryIndexProperty:
    return dynamodb.CfnTable.GlobalSecondaryIndexProperty(
        index_name=name,
        key_schema=_keys(partition, sort),
        projection=dynamodb.CfnTable.ProjectionProperty(projection_type="ALL"),
    )


def _keep(resource: CfnResource) -> None:
    """Kept when the stack is deleted, but not when its first deployment fails."""
    resource.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
    resource.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
