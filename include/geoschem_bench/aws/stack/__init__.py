"""The CloudFormation stack: made, changed, read, adopted and removed."""
