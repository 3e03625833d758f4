"""Real servers for tests, on this computer alone: PostgreSQL and every component of Airflow.

    with postgres.running() as cluster, airflow.running(folder, suites, cluster=cluster) as servers:
        run_id = servers.client.trigger(servers.add_suite(QUICK))
        assert servers.client.wait_for_run("quick", run_id) == "success"

All listen on 127.0.0.1 only and end with the block, or with the process that started them.
"""
