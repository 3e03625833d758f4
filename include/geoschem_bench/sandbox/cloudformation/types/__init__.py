"""What CloudFormation can make here, type by type."""
