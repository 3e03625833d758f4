"""CloudFormation for the sandbox: our own stacks, made of moto's resources and our own Batch.

moto's CloudFormation knows no `Fn::ForEach`, forgets its stacks at a restart, cannot update or
delete most types and drops half of what a template says of a bucket or a role. Here a template is
expanded and resolved by us, and each resource is made with the calls that a person would make.
"""
