"""A cluster's policy, as an administrator may have one: it bounds others' tasks."""

from datetime import timedelta


def task_policy(task):
    """Airflow applies it to each task that it parses."""
    if task.task_id.endswith(".TIMEOUT"):
        task.execution_timeout = timedelta(seconds=8)
