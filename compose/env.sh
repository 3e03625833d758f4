#!/usr/bin/env bash
# The .env of docker-compose.yaml: made with generated secrets, and checked before anything starts.
set -euo pipefail

usage() {
    cat <<'END'
Usage: compose/env.sh COMMAND

  new            Write .env for an installation on AWS, readable by you alone.
  new --sandbox  Write .env for a stand-in for AWS, on this computer: no account.
  check          Say everything that is wrong with .env; exit 2 if anything is.

`new` keeps what an .env says already and adds what it lacks: say it again after an update.
END
}

readonly VERSION=1
readonly SECRETS=(POSTGRES_PASSWORD REDIS_PASSWORD AIRFLOW_JWT_SECRET AIRFLOW_SECRET_KEY AIRFLOW_FERNET_KEY)
# What examples say, in small letters; the last is the Fernet key of Airflow's own documentation
readonly KNOWN=" airflow admin password postgres redis secret changeme change-me default example test temporary_key \
46bkjoqylppoexq0ohdznilnepkff87wfwlbfzqddho= "
# A line of .env as Compose reads it, behind its number; OPEN: its quote is closed in a later one
readonly SPACE='[[:space:]]*' NAME='^[0-9]+:[[:space:]]*(export[[:space:]]+)?'
readonly SINGLE="'(([^'\\]|\\\\.)*)" DOUBLE='"(([^"\]|\\.)*)'
readonly SET="${NAME}[A-Za-z0-9_.-]+$SPACE"
readonly OPEN="$SET=$SPACE($SINGLE|$DOUBLE)\$"
readonly STATEMENT="$SET(=$SPACE(($SINGLE'|$DOUBLE\")$SPACE(#.*)?|[^\"'[:space:]].*)?)?\$|^[0-9]+:$SPACE(#.*)?\$"
readonly SANDBOX_URL=http://sandbox:5000
file=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.env
mistakes=()

say() { printf '%s\n' "$*" >&2; }
wrong() { mistakes+=("$1"); }
random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# The lines of .env, NUMBER:TEXT; those of a value in quotes as one
statements() {
    local line text='' number=0
    while IFS= read -r line || [[ -n $line ]]; do
        number=$((number + 1)) line=${line%$'\r'}
        if [[ -z $text ]]; then text=$number:$line; else text+=" $line"; fi
        [[ $text =~ $OPEN ]] || { printf '%s\n' "$text"; text=''; }
    done <"$file"
    [[ -z $text ]] || printf '%s\n' "$text"
}

# What is said of a name: by the file, by the environment inside a container
value_of() {
    [[ $where != container ]] || { printenv "$1" || true; return; }
    local said
    said=$(statements | sed -nE "s/$NAME$1$SPACE=$SPACE//p" | tail -n 1)
    if [[ $said =~ ^$SINGLE\' ]]; then said=${BASH_REMATCH[1]}
    elif [[ $said =~ ^$DOUBLE\" ]]; then said=${BASH_REMATCH[1]//\\\"/\"}; fi
    printf '%s\n' "$said"
}

# Without which neither command can go on
check_form() {
    [[ ! -d $file ]] || { say "$file is a directory, and has to be a file; remove it: rmdir .env"; exit 2; }
    [[ -r $file ]] || { say "$file cannot be read by $(id -un); give it to whom starts Compose: chown $(id -un) .env"; exit 2; }
    local lines
    lines=$(statements | sed -nE "/$STATEMENT/!s/:.*//p" | paste -s -d ' ' -)
    [[ -z $lines ]] || { say "$file: not NAME=value, or a quote is not closed, in line $lines: Compose cannot read it; mend or remove it"; exit 2; }
}

add() { [[ -n $(value_of "$1") ]] || printf '%s=%s\n' "$1" "$2" >>"$file.part"; }

new() {
    local kind=${1:-}
    umask 077
    where=host
    [[ -e $file ]] || : >"$file"
    check_form
    [[ -w $file ]] || { say "$file cannot be written by you; chown it, or remove it"; exit 2; }
    # Without Windows line ends, and without lines that are empty or of an older version: said anew
    sed $'s/\r$//' "$file" | grep -Ev '^(ENV_VERSION=.*|[A-Z_]+=)$' >"$file.part" || true
    add COMPOSE_PROJECT_NAME geoschem-bench
    add AIRFLOW_PORT 8080
    add AIRFLOW_USER admin
    add AIRFLOW_PASSWORD "$(random_hex 12)"
    add POSTGRES_PASSWORD "$(random_hex 24)"
    add REDIS_PASSWORD "$(random_hex 24)"
    add AIRFLOW_JWT_SECRET "$(random_hex 48)"
    add AIRFLOW_SECRET_KEY "$(random_hex 32)"
    add AIRFLOW_FERNET_KEY "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')"
    add AWS_DEFAULT_REGION us-west-2
    [[ $kind != --sandbox ]] || add_sandbox
    echo "ENV_VERSION=$VERSION" >>"$file.part"
    mv "$file.part" "$file"
    say "$file is written; user $(value_of AIRFLOW_USER), password: AIRFLOW_PASSWORD in it"
    [[ -n $(value_of GEOSCHEM_BENCH_BUCKET) ]] ||
        say "Add GEOSCHEM_BENCH_BUCKET and the rest that \`geoschem-bench stack connect --env\` prints, and credentials"
}

add_sandbox() {
    add COMPOSE_PROFILES sandbox
    add AWS_ENDPOINT_URL "$SANDBOX_URL"
    add AWS_ACCESS_KEY_ID "SANDBOX$(random_hex 10 | tr a-f A-F)"
    add AWS_SECRET_ACCESS_KEY "$(random_hex 20)"
    add GEOSCHEM_BENCH_BUCKET geos-chem-benchmarks-sandbox
    file=$file.part check_sandbox
    ((${#mistakes[@]})) || return 0
    rm "$file.part"
    say "$file is not made one for the sandbox, and stays as it was:"
    printf '  %s\n' "${mistakes[@]}" >&2
    exit 2
}

check() {
    where=${1:-host}
    [[ $where == container ]] || check_file
    local name said
    said=$(value_of ENV_VERSION)
    [[ $said == "$VERSION" ]] || wrong "ENV_VERSION is ${said:-missing}, and this docker-compose.yaml wants $VERSION"
    for name in "${SECRETS[@]}"; do check_secret "$name" 32; done
    check_secret AIRFLOW_PASSWORD 12
    said=$(value_of AIRFLOW_FERNET_KEY)
    [[ -z $said || $said =~ ^[A-Za-z0-9_-]{43}=$ ]] || wrong "AIRFLOW_FERNET_KEY is no Fernet key (44 letters, the last a =)"
    said=$(value_of AIRFLOW_PORT)
    [[ $said =~ ^[0-9]{1,5}$ && $((10#$said)) -ge 1 && $((10#$said)) -le 65535 ]] ||
        wrong "AIRFLOW_PORT is '$said', and ports are 1 to 65535"
    for name in AIRFLOW_USER GEOSCHEM_BENCH_BUCKET AWS_DEFAULT_REGION; do
        [[ -n $(value_of "$name") ]] || wrong "$name is missing or empty"
    done
    check_sandbox
    check_notifiers
    [[ $where != container ]] || check_mounts
    ((${#mistakes[@]})) || return 0
    say ".env is not fit to start with:"
    printf '  %s\n' "${mistakes[@]}" >&2
    say "compose/env.sh new (--sandbox: without an account) adds what is missing and keeps the rest; a line to be made anew: remove it first. Then: docker compose up -d"
    exit 2
}

check_file() {
    [[ -e $file ]] || { say "$file is missing; make it: compose/env.sh new --sandbox, or without --sandbox for AWS"; exit 2; }
    check_form
    ! grep -q $'\r$' "$file" || { say "$file has Windows line ends (CR LF); compose/env.sh new takes them out and keeps the rest"; exit 2; }
    [[ $(ls -ld "$file") == -r?-------* || $(ls -ld "$file") == lr* ]] || wrong "others may read .env: chmod 600 .env"
}

check_secret() {
    local said
    said=$(value_of "$1")
    if [[ -z $said ]]; then wrong "$1 is missing or empty"
    elif [[ $KNOWN == *" $(tr '[:upper:]' '[:lower:]' <<<"$said") "* ]]; then wrong "$1 is what examples say, so everybody knows it"
    elif ((${#said} < $2)); then wrong "$1 is shorter than $2 letters"
    # It becomes part of a URL
    elif [[ ! $said =~ ^[A-Za-z0-9_=.~-]+$ ]]; then wrong "$1 has other letters than A-Z a-z 0-9 _ = . ~ -"
    fi
}

# All of it or nothing: a key of AWS is not for the sandbox, and the sandbox's is not for AWS
check_sandbox() {
    local key url
    key=$(value_of AWS_ACCESS_KEY_ID)
    url=$(value_of AWS_ENDPOINT_URL)
    if [[ ,$(value_of COMPOSE_PROFILES), == *,sandbox,* ]]; then
        [[ -n $key && -n $(value_of AWS_SECRET_ACCESS_KEY) ]] ||
            wrong "COMPOSE_PROFILES has sandbox, and AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is missing: compose/env.sh new --sandbox"
        [[ -z $key || $key == SANDBOX* ]] || wrong "COMPOSE_PROFILES has sandbox, and AWS_ACCESS_KEY_ID does not begin with SANDBOX, so it may be one of AWS: \
remove it and AWS_SECRET_ACCESS_KEY, then compose/env.sh new --sandbox; or, for AWS, remove COMPOSE_PROFILES and AWS_ENDPOINT_URL"
        [[ $url == "$SANDBOX_URL" ]] || wrong "COMPOSE_PROFILES has sandbox, and AWS_ENDPOINT_URL is '$url': remove it, then compose/env.sh new --sandbox"
    elif [[ $url == "$SANDBOX_URL" ]]; then
        wrong "AWS_ENDPOINT_URL is the sandbox, and COMPOSE_PROFILES has no sandbox: add COMPOSE_PROFILES=sandbox; or, for AWS, remove AWS_ENDPOINT_URL"
    elif [[ $key == SANDBOX* && -z $url ]]; then
        wrong "AWS_ACCESS_KEY_ID is a sandbox's, and nothing else is: remove it and AWS_SECRET_ACCESS_KEY; or compose/env.sh new --sandbox"
    fi
}

check_notifiers() {
    local said
    said=$(value_of GEOSCHEM_BENCH_NOTIFIERS)
    [[ -n $said ]] || return 0
    # A computer with Docker alone may have no Python; the container, which checks again, has it
    if command -v python3 >/dev/null; then
        python3 -c 'import json, sys; sys.exit(type(json.load(sys.stdin)) is not list)' <<<"$said" 2>/dev/null
    else [[ $said == \[*\] ]]; fi ||
        wrong "GEOSCHEM_BENCH_NOTIFIERS is no JSON list: docs/messages.md shows one; in .env, put it between '…'"
}

check_mounts() {
    local path
    for path in dags/suites.py include/geoschem_bench/__init__.py plugins infra; do
        [[ -r $AIRFLOW_HOME/$path ]] || wrong "$path cannot be read in the container: chmod -R o+rX dags include infra plugins"
    done
}

case "$*" in
new | "new --sandbox") "$@" ;;
check | "check container") "$@" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
