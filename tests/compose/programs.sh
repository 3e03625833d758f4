#!/usr/bin/env bash
# Redis, and the docker-compose that reads docker-compose.yaml without an engine, for tests/compose.
set -euo pipefail

usage() {
    cat <<'END'
Usage: tests/compose/programs.sh COMMAND

  setup  Install what is missing (root, Debian). No server is started.
  check  Exit 1, and say what is missing, unless all is there.

The tests need PostgreSQL too: tests/servers/postgresql.sh setup.
END
}

readonly PROGRAMS=(docker-compose redis-server)
readonly POLICY=/usr/sbin/policy-rc.d

say() { printf '%s\n' "$*" >&2; }
fail() { say "programs.sh: $*"; exit 1; }
missing() { local each; for each in "${PROGRAMS[@]}"; do command -v "$each" >/dev/null || echo "$each"; done; }

setup() {
    local wanted
    mapfile -t wanted < <(missing)
    ((${#wanted[@]})) || return 0
    command -v apt-get >/dev/null || fail "no Debian to install ${wanted[*]} on; install them yourself"
    ((EUID == 0)) || fail "installing ${wanted[*]} takes root: sudo tests/compose/programs.sh setup"
    say "Installing ${wanted[*]}"
    # Debian's package starts a server of its own, unless it is told not to
    if [[ ! -e $POLICY ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$POLICY"
        chmod 755 "$POLICY"
        trap 'rm -f "$POLICY"' EXIT
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${wanted[@]}" >&2
    check
}

check() {
    local wanted
    mapfile -t wanted < <(missing)
    ((${#wanted[@]} == 0)) || fail "${wanted[*]} missing; on Debian: sudo tests/compose/programs.sh setup"
}

case "$*" in
setup | check) "$1" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
