#!/usr/bin/env bash
# PostgreSQL for the tests of a running Airflow (tests/orchestration), which start one of their own.
set -euo pipefail

usage() {
    cat <<'END'
Usage: tests/servers/postgresql.sh COMMAND

  setup  Install it where it is missing (root, Debian). No server is started, no cluster is made.
  check  Say what the tests would use; exit 1 without any database.

TEST_SERVERS_DATABASE=sqlite does without it.
END
}

readonly NO_CLUSTER=/etc/postgresql-common/createcluster.d/geoschem-bench-tests.conf

say() { printf '%s\n' "$*" >&2; }
fail() { say "postgresql.sh: $*"; exit 1; }
is_there() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

setup() {
    ! is_there || return 0
    command -v apt-get >/dev/null || fail "no Debian to install PostgreSQL on; install it yourself: initdb has to be on PATH"
    ((EUID == 0)) || fail "installing PostgreSQL takes root: sudo tests/servers/postgresql.sh setup"
    say "Installing postgresql"
    # Debian's package makes and starts a server of its own, unless it is told not to
    mkdir -p "${NO_CLUSTER%/*}"
    echo 'create_main_cluster = false' >"$NO_CLUSTER"
    trap 'rm -f "$NO_CLUSTER"' EXIT
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends postgresql >&2
    is_there || fail "postgresql was installed, and there is no initdb"
}

check() {
    case ${TEST_SERVERS_DATABASE:-postgresql} in
    sqlite) say "Airflow in the tests uses SQLite" ;;
    postgresql)
        is_there || fail "no PostgreSQL here; install it (on Debian: sudo tests/servers/postgresql.sh setup), or do without it: TEST_SERVERS_DATABASE=sqlite"
        say "Airflow in the tests uses PostgreSQL"
        ;;
    *) fail "TEST_SERVERS_DATABASE is ${TEST_SERVERS_DATABASE}; there are postgresql and sqlite" ;;
    esac
}

case "$*" in
setup | check) "$1" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
