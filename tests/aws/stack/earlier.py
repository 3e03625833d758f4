"""What an installation of the earlier system left in an account, made by hand."""

from __future__ import annotations

from geoschem_bench.aws.table_layout import INDEXES, KEYS

OURS = ["geoschem-bench-runner", "--benchmark", "Ref::configJson", "--output-path",
        "Ref::outputPath"]  # fmt: skip
EARLIER = OURS[1:]
"""The earlier image had its program as entry point."""


class Earlier:
    """Makes what the earlier system made by hand, and takes it away again."""

    def __init__(self, aws):
        self.aws = aws
        self.batch = aws("batch")
        ec2 = aws("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.7.1.0/24")["Subnet"]
        self.group = ec2.create_security_group(
            GroupName="earlier", Description="earlier", VpcId=self.vpc
        )["GroupId"]
        self.names = []

    def queue(self, name, types, **resources):
        environment = name.removesuffix("-queue")
        usual = {
            "type": "EC2",
            "maxvCpus": 64,
            "instanceTypes": types,
            "subnets": [self.subnet["SubnetId"]],
            "securityGroupIds": [self.group],
        }
        self.batch.create_compute_environment(
            computeEnvironmentName=environment,
            type="MANAGED",
            computeResources=usual | resources,
        )
        order = [{"order": 1, "computeEnvironment": environment}]
        self.batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=order)
        self.names.append(name)
        return name

    def definition(self, name, command=EARLIER, vcpus=16, **options):
        container = {
            "image": f"123456789012.dkr.ecr.us-west-2.amazonaws.com/{name}:v2",
            "command": command,
            "resourceRequirements": [
                {"type": "VCPU", "value": str(vcpus)},
                {"type": "MEMORY", "value": "30000"},
            ],
        }
        self.batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container, **options
        )
        return name

    def bucket(self, name="earlier-results"):
        place = {"LocationConstraint": "us-west-2"}
        self.aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
        return name

    def table(self, name="geoschem-benchmarks", keys=KEYS, indexes=INDEXES):
        names = {*keys, *(key for index in indexes.values() for key in index)}
        more = {"GlobalSecondaryIndexes": [
            {"IndexName": index, "KeySchema": schema(its), "Projection": {"ProjectionType": "ALL"}}
            for index, its in indexes.items()
        ]} if indexes else {}  # fmt: skip
        self.aws("dynamodb").create_table(
            TableName=name,
            KeySchema=schema(keys),
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )

    def remove(self):
        for name in self.names:
            self.batch.update_job_queue(jobQueue=name, state="DISABLED")
            self.batch.delete_job_queue(jobQueue=name)
            environment = name.removesuffix("-queue")
            self.batch.update_compute_environment(computeEnvironment=environment, state="DISABLED")
            self.batch.delete_compute_environment(computeEnvironment=environment)
        for found in self.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]:
            self.batch.deregister_job_definition(jobDefinition=found["jobDefinitionArn"])
        ec2 = self.aws("ec2")
        ec2.delete_security_group(GroupId=self.group)
        ec2.delete_subnet(SubnetId=self.subnet["SubnetId"])
        ec2.delete_vpc(VpcId=self.vpc)


def schema(keys):
    pairs = zip(keys, ("HASH", "RANGE"), strict=True)
    return [{"AttributeName": key, "KeyType": kind} for key, kind in pairs]
