#!/usr/bin/env bash
# A container engine for the image's build and tests, on a Debian 12 that has none.
set -euo pipefail

usage() {
    cat <<'END'
Usage: container/engine.sh COMMAND [--folder FOLDER]

  setup [amd64] [arm64]  Install podman and what it needs, make the base image (root, Debian 12).
                         arm64 adds the emulator. Without a name: this computer's own.
  start                  Serve the Docker API on FOLDER/podman.sock, in the background.
  stop                   End that service.
  check                  Say which engine the tests would use; exit 1 without one.
  env                    Print what a shell has to export: eval "$(container/engine.sh env)"

FOLDER (default: .cache/containers) holds the settings, the base images and the socket. All of it
may be repeated. Where Docker is running it is used, and setup adds nothing but the emulator.
DEBIAN_MIRROR says where Debian comes from; default: what this computer's own apt uses.
END
}

readonly RELEASE=bookworm
readonly BASE=docker.io/library/debian:bookworm-slim
readonly BINFMT=/proc/sys/fs/binfmt_misc
readonly WAIT_TENTHS=150
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$repository/.cache/containers

say() { printf '%s\n' "$*" >&2; }
fail() { say "engine.sh: $*"; exit 1; }
native() { case $(uname -m) in x86_64) echo amd64 ;; aarch64 | arm64) echo arm64 ;; *) uname -m ;; esac }
has_docker() {  # a server that answers and is Docker's own: DOCKER_HOST may lead to podman's
    [[ $(docker version --format '{{range .Server.Components}}{{.Name}} {{end}}' 2>/dev/null) == Engine* ]]
}

# The functions below run in this order.

install_packages() {
    local missing=() package wanted=(podman runc catatonit containernetworking-plugins debootstrap shellcheck)
    [[ $1 != foreign ]] || wanted+=(qemu-user-static binfmt-support)
    for package in "${wanted[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "Installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${missing[@]}" >&2
}

write_settings() {
    # nproc, nofile: without them podman asks for more than a container without a limit may have.
    # events, logs: there may be no journal here, and the Docker API reads both.
    # short names: `geos-chem:latest` means the image that is here, as with Docker.
    mkdir -p "$folder"
    cat >"$folder/containers.conf" <<'END'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
log_driver = "k8s-file"

[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
compat_api_enforce_docker_hub = false
END
}

debian_sources() {  # "URI suite" of each of Debian's own repositories that apt uses here
    if [[ -n ${DEBIAN_MIRROR:-} ]]; then
        echo "$DEBIAN_MIRROR $RELEASE"
        return
    fi
    local found
    found=$(apt-get indextargets --format "\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" "Created-By: Packages" |
        awk -v release="$RELEASE" '$3 == "main" && $2 ~ "^" release "(-updates|-security)?$" && $1 ~ /debian/ { print $1, $2 }' |
        sort -u)
    echo "${found:-http://deb.debian.org/debian $RELEASE}"
}

make_base() {  # the official slim image's content: no manuals, no translations, no package lists
    local architecture=$1 root=$folder/base-$1.root tarball=$folder/base-$1.tar sources
    [[ ! -s $tarball ]] || return 0
    say "Making the base image for $architecture (debootstrap)"
    sources=$(debian_sources)
    rm -rf "$root"
    debootstrap --arch="$architecture" --variant=minbase "$RELEASE" "$root" \
        "$(awk -v release="$RELEASE" '$2 == release { print $1; exit }' <<<"$sources")" >"$folder/debootstrap-$architecture.log" ||
        fail "debootstrap failed; see $folder/debootstrap-$architecture.log"
    awk '{ print "deb", $1, $2, "main" }' <<<"$sources" >"$root/etc/apt/sources.list"
    printf 'path-exclude /usr/share/%s/*\n' doc man locale info >"$root/etc/dpkg/dpkg.cfg.d/slim"
    echo 'path-include /usr/share/doc/*/copyright' >>"$root/etc/dpkg/dpkg.cfg.d/slim"
    find "$root/usr/share/doc" ! -type d ! -name copyright -delete
    rm -rf "$root"/usr/share/{man,locale,info}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/*
    tar --create --file "$tarball.part" --directory "$root" --numeric-owner --exclude './dev/*' .
    mv "$tarball.part" "$tarball"
    rm -rf "$root"
}

import_bases() {  # one name for all architectures, as in a registry
    local architecture image
    for architecture in "$@"; do
        image=localhost/geoschem-bench-base:$architecture
        podman image exists "$image" || podman import --quiet --os linux --arch "$architecture" \
            "$folder/base-$architecture.tar" "$image" >/dev/null
    done
    podman manifest rm "$BASE" >/dev/null 2>&1 || true
    podman untag "$BASE" "$BASE" 2>/dev/null || true  # without the second it would take all names
    podman manifest create "$BASE" >/dev/null
    for architecture in amd64 arm64; do
        image=localhost/geoschem-bench-base:$architecture
        ! podman image exists "$image" || podman manifest add "$BASE" "containers-storage:$image" >/dev/null
    done
}

enable_emulation() {
    mountpoint -q "$BINFMT" || mount -t binfmt_misc binfmt_misc "$BINFMT"
    [[ -e $BINFMT/qemu-aarch64 ]] || update-binfmts --enable qemu-aarch64
    [[ -e $BINFMT/qemu-aarch64 ]] || fail "the kernel did not take the emulator for arm64; see update-binfmts --display qemu-aarch64"
}

setup() {
    local architecture kind=native
    (($#)) || set -- "$(native)"
    for architecture in "$@"; do
        [[ $architecture =~ ^(amd64|arm64)$ ]] || fail "unknown architecture $architecture; there are amd64 and arm64"
        [[ $architecture == "$(native)" ]] || kind=foreign
    done
    # the builder stage always runs on this computer's own architecture
    [[ " $* " == *" $(native) "* ]] || set -- "$(native)" "$@"
    if has_docker; then
        say "Docker is running here and is used"
        [[ $kind == native || -e $BINFMT/qemu-aarch64 ]] ||
            fail "Docker here cannot run arm64: docker run --privileged --rm tonistiigi/binfmt --install arm64"
        return
    fi
    command -v apt-get >/dev/null || fail "neither Docker nor a Debian to install podman on; start Docker and come again"
    ((EUID == 0)) || fail "installing podman takes root: sudo container/engine.sh setup $*"
    install_packages "$kind"
    write_settings
    export CONTAINERS_CONF=$folder/containers.conf
    [[ $kind == native ]] || enable_emulation
    for architecture in "$@"; do make_base "$architecture"; done
    import_bases "$@"
    say "Ready: $(podman --version), base images for $*"
}

running() { [[ -s $folder/podman.pid ]] && kill -0 "$(<"$folder/podman.pid")" 2>/dev/null; }

start() {
    ! has_docker || return 0
    ! running || return 0
    [[ -s $folder/containers.conf ]] || fail "no engine here yet; say container/engine.sh setup"
    local tenth
    rm -f "$folder/podman.sock"
    cd "$folder"  # where a container that ran out of memory leaves an empty file
    CONTAINERS_CONF=$folder/containers.conf setsid \
        podman system service --time 0 "unix://$folder/podman.sock" >"$folder/podman.log" 2>&1 </dev/null &
    echo $! >"$folder/podman.pid"
    for ((tenth = 0; tenth < WAIT_TENTHS; tenth++)); do
        [[ ! -S $folder/podman.sock ]] || { say "podman serves on $folder/podman.sock"; return 0; }
        running || break
        sleep 0.1
    done
    fail "podman's service did not start: $(tail -n 3 "$folder/podman.log")"
}

stop() {
    local tenth
    ! running || kill "$(<"$folder/podman.pid")"
    for ((tenth = 0; tenth < WAIT_TENTHS; tenth++)); do
        running || break
        sleep 0.1
    done
    rm -f "$folder/podman.pid" "$folder/podman.sock"
}

check() {
    if has_docker; then
        say "Docker runs here"
    elif command -v podman >/dev/null && [[ -s $folder/containers.conf ]]; then
        say "podman is set up in $folder"
    else
        fail "no container engine here; start Docker, or on Debian 12: sudo container/engine.sh setup"
    fi
}

print_env() {
    if has_docker; then return; fi
    printf 'export CONTAINERS_CONF=%q\nexport DOCKER_HOST=%q\n' "$folder/containers.conf" "unix://$folder/podman.sock"
}

main() {
    local command="" names=()
    while (($#)); do
        case $1 in
            --folder) folder=$(realpath -m "${2:?--folder needs a folder}"); shift ;;
            -h | --help) usage; return ;;
            -*) fail "unknown option $1; see --help" ;;
            *) if [[ -z $command ]]; then command=$1; else names+=("$1"); fi ;;
        esac
        shift
    done
    case $command in
        setup) setup "${names[@]}" ;;
        start | stop | check) "$command" ;;
        env) print_env ;;
        *) usage >&2; exit 2 ;;
    esac
}

main "$@"
