"""The parts, put together."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Fn, LegacyStackSynthesizer, Stack

from infra.benchmarking_stack import (
    airflow_role,
    alarms,
    campaign,
    compute,
    conditions,
    dashboard,
    definitions,
    image,
    job_roles,
    logs,
    monitoring,
    names,
    network,
    notification,
    parameters,
    storage,
    suppressions,
    tags,
)


class BenchmarkingStack(Stack):
    """All of this system that runs on AWS, in one account and region."""

    def __init__(self, app: App) -> None:
        super().__init__(
            app,
            names.STACK,
            description="Performance benchmarks of GEOS-Chem: AWS Batch, results, monitoring",
            # No bootstrap stack is needed: there are no assets
            synthesizer=LegacyStackSynthesizer(),
            analytics_reporting=False,
        )
        parameters.declare(self)
        conditions.declare(self)
        self._net = network.build(self)
        self._kept = storage.build(self)
        self._repository = image.build(self)
        self._topic = notification.build(self)
        self._logs = logs.build(self)
        for name, value in (self._compute() | self._control() | self._places()).items():
            CfnOutput(self, name, value=value)
        tags.put_on(self)
        suppressions.acknowledge(self)

    def _compute(self) -> dict[str, str]:
        """Roles, environments, queues, definitions."""
        roles = job_roles.build(self, self._kept, self._repository, self._logs.jobs)
        template = compute.launch_template(self, "LaunchTemplate", self._net)
        hosts = compute.Hosts(self._net, roles, template)
        compute.build(self, hosts)
        campaign.build(self, hosts)
        job, multinode = definitions.build(self, roles)
        return {
            "GravitonQueueName": f"{names.GRAVITON}-queue",
            "X86QueueName": f"{names.X86}-queue",
            "GravitonSpotQueueName": f"{names.GRAVITON}-spot-queue",
            "X86SpotQueueName": f"{names.X86}-spot-queue",
            "JobDefinitionName": job,
            "MultinodeJobDefinitionName": multinode,
            "JobRoleArn": roles.job,
        }

    def _control(self) -> dict[str, str]:
        """Who looks after it: Airflow, the monitor, people."""
        monitor = monitoring.build(self, self._logs, self._topic.arn)
        alarms.build(self, self._topic, monitor)
        airflow = airflow_role.build(
            self, self._kept, self._repository, self._logs.jobs, self._topic.arn
        )
        return {
            "AirflowRoleArn": airflow,
            "JobLogGroupName": self._logs.jobs.ref,
            "DashboardName": dashboard.build(self),
        }

    def _places(self) -> dict[str, str]:
        """Where things are."""
        return {
            "BenchmarkBucketName": self._kept.bucket,
            "BenchmarkTableName": self._kept.table,
            "ImageRepositoryUri": self._repository.attr_repository_uri,
            "NotificationTopicArn": self._topic.arn,
            "VpcId": self._net.vpc,
            "SubnetIds": Fn.join(",", list(self._net.subnets)),
            "SecurityGroupId": self._net.security_group,
        }
