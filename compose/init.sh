#!/usr/bin/env bash
# Before any service of Airflow starts: the database, and at the first time what a person may change
# later in the UI: pool, connection, first user. Runs in its own container at every `up`.
set -euo pipefail

readonly CONNECTION=geoschem_bench_aws
readonly SLOTS=32

say() { printf 'init: %s\n' "$*"; }

say "migrating the database"
airflow db migrate || {
    say "the database could not be migrated, for the reason above. It is as it was, or half migrated: keep a copy of the volume before anything else." >&2
    say "'Can't locate revision' means that a newer Airflow made it: go back to the image of that version (docs/compose.md)." >&2
    exit 1
}

# The connection is made last: where it is, the rest is. `connections get` fails for any reason
connections=$(airflow connections list --output json) || {
    say "the database's connections could not be listed, for the reason above; nothing was made" >&2
    exit 1
}
if ! grep -Eq "\"conn_id\": *\"$CONNECTION\"" <<<"$connections"; then
    say "first time: pool, user and connection"
    airflow pools set default_pool "$SLOTS" "Tasks of all suites that run at one time; a benchmark that waits for its job holds none"
    # Not as an argument, which whoever lists processes would read
    printf '%s\n%s\n' "$AIRFLOW_PASSWORD" "$AIRFLOW_PASSWORD" |
        AIRFLOW__LOGGING__LOGGING_LEVEL=ERROR airflow users create --username "$AIRFLOW_USER" --role Admin --firstname First --lastname User --email "$AIRFLOW_USER@example.com"
    airflow connections add "$CONNECTION" --conn-type aws --conn-description "Region, and a role if you add one; keys come from .env" \
        --conn-extra "{\"region_name\": \"$AWS_DEFAULT_REGION\"}"
fi
say "ready"
