"""Suites as Airflow DAGs. Airflow is imported here, in dags/ and in plugins/ only."""
