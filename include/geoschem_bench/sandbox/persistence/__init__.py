"""Copies of moto's S3 and DynamoDB in plain files, written through and loaded at the start."""
