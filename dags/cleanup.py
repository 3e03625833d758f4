"""Every day, as a DAG of Airflow: end stray jobs, let idle instances go, delete runs that are old.

look -> clean

Paused at first. (Airflow reads a file only if the words `airflow` and `dag` are in it.)
"""

from geoschem_bench.orchestration.cleanup import clean_up, cleanup_dag, look_around

with cleanup_dag() as dag:
    look_around() >> clean_up()
