#!/usr/bin/env bash
# Programs that some tests need beside PostgreSQL and an engine of containers.
set -euo pipefail

usage() {
    cat <<'END'
Usage: tests/programs.sh COMMAND

  setup            Install what is missing (root, Debian). No server is started.
  check compose    Exit 1, and say what is missing, unless docker-compose, which reads docker-compose.yaml
                   without an engine, and Redis are there: tests/compose.
  check browser    The same of Chromium: tests/e2e/ui.

Both need PostgreSQL too: tests/servers/postgresql.sh setup.
END
}

readonly COMPOSE=(docker-compose redis-server) BROWSER=(chromium)
readonly POLICY=/usr/sbin/policy-rc.d

say() { printf '%s\n' "$*" >&2; }
fail() { say "programs.sh: $*"; exit 1; }
missing() { local each; for each in "$@"; do command -v "$each" >/dev/null || echo "$each"; done; }

setup() {
    local wanted
    mapfile -t wanted < <(missing "${COMPOSE[@]}" "${BROWSER[@]}")
    ((${#wanted[@]})) || return 0
    command -v apt-get >/dev/null || fail "no Debian to install ${wanted[*]} on; install them yourself"
    ((EUID == 0)) || fail "installing ${wanted[*]} takes root: sudo tests/programs.sh setup"
    say "Installing ${wanted[*]}"
    # Debian's package starts a server of its own, unless it is told not to
    if [[ ! -e $POLICY ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$POLICY"
        chmod 755 "$POLICY"
        trap 'rm -f "$POLICY"' EXIT
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${wanted[@]}" >&2
    check "${COMPOSE[@]}" "${BROWSER[@]}"
}

check() {
    local wanted
    mapfile -t wanted < <(missing "$@")
    ((${#wanted[@]} == 0)) || fail "${wanted[*]} missing; on Debian: sudo tests/programs.sh setup"
}

case "$*" in
setup) setup ;;
'check compose') check "${COMPOSE[@]}" ;;
'check browser') check "${BROWSER[@]}" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
