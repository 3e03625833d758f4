"""The stack: network, AWS Batch, storage, image repository, roles, monitoring.

`stack.py` puts the parts together in order; each other module is one part. Everything is written
with CloudFormation's own resources (CDK's `Cfn…` classes), because the template is read, reviewed
and deployed as it is, without CDK.
"""
