"""DAGs of `benchmarks.polling` and `benchmarks.detection`, for an Airflow of their own.

`ours` and `stock` are paused: their tasks are put to wait by `benchmarks.deferring`, and only the
triggerer works for them. `stock_whole` runs the provider's operator from its start to its end.
"""

import json
import os

from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

SAID = json.loads(os.environ["WAITING"])

for name in ("ours", "stock"):
    with DAG(name, schedule=None) as dag:
        for number in range(SAID["tasks"]):
            EmptyOperator(task_id=f"job-{number:04d}")
    globals()[name] = dag

with DAG("stock_whole", schedule=None) as stock_whole:
    for number in range(SAID["whole"]):
        BatchOperator(
            task_id=f"job-{number:04d}",
            job_name=f"whole-{number:04d}",
            job_definition=SAID["definition"],
            job_queue=SAID["queue"],
            deferrable=True,
            poll_interval=1,
            aws_conn_id=None,
            region_name=SAID["region"],
        )
