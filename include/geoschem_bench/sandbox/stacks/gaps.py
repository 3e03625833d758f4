"""What moto's CloudFormation leaves out without a word; docs/stack.md says it for people.

By type: the properties of our template that have no effect, or None for the whole type, of which
a stack then has a name and nothing behind it. A test compares this with what moto does.
"""

from __future__ import annotations

NOT_MODELLED: dict[str, tuple[str, ...] | None] = {
    "AWS::Budgets::Budget": None,
    "AWS::CloudWatch::Alarm": None,
    "AWS::CloudWatch::Dashboard": ("Tags",),
    "AWS::DynamoDB::Table": ("PointInTimeRecoverySpecification",),
    "AWS::EC2::PlacementGroup": None,
    "AWS::EC2::SecurityGroup": ("SecurityGroupEgress",),
    "AWS::EC2::SecurityGroupEgress": None,
    "AWS::EC2::VPC": ("EnableDnsHostnames", "EnableDnsSupport"),
    "AWS::ECR::Repository": ("LifecyclePolicy",),
    "AWS::Lambda::Function": ("Architectures", "LoggingConfig", "Tags"),
    "AWS::Logs::MetricFilter": None,
    "AWS::S3::Bucket": (
        "LifecycleConfiguration", "OwnershipControls", "PublicAccessBlockConfiguration",
        "VersioningConfiguration",
    ),
    "AWS::S3::BucketPolicy": None,
    "AWS::SNS::Subscription": None,
    "AWS::SNS::TopicPolicy": None,
}  # fmt: skip
