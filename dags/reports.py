"""Reports follow results: one DAG of Airflow makes them, one looks for jobs submitted by hand.

results of any phase or run -> geoschem_bench_reports: publish
every ten minutes           -> geoschem_bench_intake:  find -> load (one for each folder)
"""

from geoschem_bench.orchestration.reporting import (
    find_unloaded,
    intake_dag,
    load_each,
    publish_what_is_due,
    reports_dag,
)

with reports_dag() as reports:
    publish_what_is_due()

with intake_dag() as intake:
    load_each(find_unloaded())
