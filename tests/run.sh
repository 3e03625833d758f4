#!/usr/bin/env bash
# All tests but the core's (make test runs those first): fast ones first. What needs a program that
# is not here is left out, and the last line says so.
set -euo pipefail
cd "$(dirname "$0")/.."

left_out=()
has() { # WHAT IT IS FOR, COMMAND...
    local what=$1
    shift
    "$@" || { left_out+=("$what"); return 1; }
}
pytest() { .venv/bin/python -m pytest --durations=15 --durations-min=10 "$@"; }

has "real containers" container/engine.sh check || export GEOSCHEM_BENCH_NO_CONTAINERS=1
pytest -n 2 --dist loadfile tests/aws
pytest -n 2 --dist loadfile tests/infra tests/airflow
pytest --ignore=tests/e2e/ui tests/container tests/images tests/e2e
if has "a running Airflow" tests/servers/postgresql.sh check; then
    pytest tests/orchestration
    ! has "the page in a browser" tests/programs.sh check browser || pytest tests/e2e/ui
    ! has "docker-compose.yaml" tests/programs.sh check compose || pytest tests/compose
fi
for each in "${left_out[@]}"; do echo "Left out: the tests of $each" >&2; done
