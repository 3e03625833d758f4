#!/usr/bin/env bash
# Build the benchmark image for each architecture, check it, and push it to ECR if asked.
set -euo pipefail

usage() {
    cat <<'END'
Usage: container/build.sh [OPTIONS]

  --platform LIST     linux/amd64, linux/arm64 or both with a comma (default: both)
  --target NAME       what is in the image: proxy (default: proxy)
  --repository NAME   name of image and ECR repository (default: geos-chem)
  --tag TAG           version (default: the one in pyproject.toml)
  --base-image NAME   default: debian:bookworm-slim
  --engine NAME       docker or podman (default: the one that is here, Docker first)
  --push              to ECR: makes the repository if it is missing, logs in, pushes
  --profile NAME      AWS profile (default: what the environment says)
  --region NAME       AWS region (default: AWS_REGION, AWS_DEFAULT_REGION, else us-west-2)
  --dry-run           print every command, run none
  -h, --help

Makes REPOSITORY:TAG-amd64, REPOSITORY:TAG-arm64, and REPOSITORY:TAG and REPOSITORY:latest for
both. Python packages come from where this computer's own pip takes them (index, certificate).
END
}

readonly DEFAULT_REGION=us-west-2
repository_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
settings=$repository_root/.cache/containers/containers.conf
platforms=linux/amd64,linux/arm64 target=proxy repository=geos-chem tag="" engine="" push="" dry_run=""
base_image=debian:bookworm-slim profile=${AWS_PROFILE:-}
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$DEFAULT_REGION}}
scratch=""
# shellcheck source=container/ecr.sh
source "$repository_root/container/ecr.sh"

say() { printf '%s\n' "$*" >&2; }
fail() { say "build.sh: $*"; exit 1; }
usage_error() { say "build.sh: $*"; say "See container/build.sh --help"; exit 2; }

shown() {  # a command as one could type it
    local word line=""
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]] || word=${word@Q}
        line+=" $word"
    done
    printf '%s\n' "${line# }"
}

run() {  # print, then run unless it is a dry run
    if [[ -n $dry_run ]]; then shown "$@"; return; fi
    say "+ $(shown "$@")"
    "$@"
}

parse() {
    while (($#)); do
        case $1 in
            --platform | --target | --repository | --tag | --base-image | --engine | --profile | --region)
                [[ -n ${2:-} ]] || usage_error "$1 needs a value" ;;&
            --platform) platforms=$2; shift ;;
            --target) target=$2; shift ;;
            --repository) repository=$2; shift ;;
            --tag) tag=$2; shift ;;
            --base-image) base_image=$2; shift ;;
            --engine) engine=$2; shift ;;
            --profile) profile=$2; shift ;;
            --region) region=$2; shift ;;
            --push) push=yes ;;
            --dry-run) dry_run=yes ;;
            -h | --help) usage; exit 0 ;;
            *) usage_error "unknown argument $1" ;;
        esac
        shift
    done
}

check_arguments() {
    local platform
    architectures=()
    for platform in ${platforms//,/ }; do
        [[ $platform =~ ^linux/(amd64|arm64)$ ]] ||
            usage_error "unknown platform $platform; there are linux/amd64 and linux/arm64"
        architectures+=("${platform#linux/}")
    done
    ((${#architectures[@]})) || usage_error "--platform names none"
    [[ $target == proxy ]] || usage_error "unknown target $target; there is proxy"
    [[ $engine =~ ^(docker|podman|)$ ]] || usage_error "unknown engine $engine; there are docker and podman"
    [[ $region =~ ^[a-z]{2}(-[a-z]+)+-[0-9]+$ ]] || usage_error "$region is no AWS region; one looks like $DEFAULT_REGION"
    [[ -n $tag ]] || tag=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$repository_root/pyproject.toml" | head -n 1)
    [[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9._-]{0,119}$ ]] || usage_error "${tag:-an empty text} is no tag"
    [[ $repository =~ ^[a-z0-9]+([._/-][a-z0-9]+)*$ ]] || usage_error "$repository is no name of a repository"
}

choose_engine() {
    if [[ -z $engine ]]; then
        if has_docker; then engine=docker
        elif command -v podman >/dev/null; then engine=podman
        elif [[ -n $dry_run ]]; then engine=docker
        else fail "no container engine: start Docker, or on Debian 12 say: sudo container/engine.sh setup"
        fi
    fi
    if [[ $engine == podman && -z ${CONTAINERS_CONF:-} && -s $settings ]]; then export CONTAINERS_CONF=$settings; fi
    [[ -z $dry_run ]] || return 0
    command -v "$engine" >/dev/null || fail "$engine is not installed; on Debian 12 say: sudo container/engine.sh setup"
    [[ $engine == podman ]] || docker buildx version >/dev/null 2>&1 ||
        fail "docker has no buildx here; install docker-buildx-plugin, or say --engine podman"
}

has_docker() {  # a server that answers and is Docker's own: DOCKER_HOST may lead to podman's
    [[ $(docker version --format '{{range .Server.Components}}{{.Name}} {{end}}' 2>/dev/null) == Engine* ]]
}
native() { case $(uname -m) in x86_64) echo amd64 ;; aarch64 | arm64) echo arm64 ;; *) uname -m ;; esac }
machine_of() { case $1 in amd64) echo x86_64 ;; arm64) echo aarch64 ;; esac }
can_run() { [[ $1 == "$(native)" || -e /proc/sys/fs/binfmt_misc/qemu-$(machine_of "$1") || $(uname -s) != Linux ]]; }

check_emulation() {
    local architecture
    [[ -z $dry_run ]] || return 0
    for architecture in "${architectures[@]}"; do
        if can_run "$architecture"; then continue; fi
        if [[ $engine == docker ]] && docker buildx inspect 2>/dev/null | grep -q "linux/$architecture"; then continue; fi
        fail "this computer ($(native)) cannot run linux/$architecture: the kernel has no emulator for it (binfmt)." \
            "Say: sudo container/engine.sh setup $architecture (Debian 12), or" \
            "docker run --privileged --rm tonistiigi/binfmt --install $architecture"
    done
}

revision() {
    local changed
    changed=$(git -C "$repository_root" status --porcelain -- container include pyproject.toml 2>/dev/null) || { echo unknown; return; }
    printf '%s%s\n' "$(git -C "$repository_root" rev-parse HEAD)" "${changed:+-dirty}"
}

source_url() {  # without a name or password in it; nothing where it is a path
    { git -C "$repository_root" remote get-url origin 2>/dev/null || true; } |
        sed -nE 's#^https?://([^/@]*@)?#https://#p'
}

pip_setting() { python3 -m pip config get "global.$1" 2>/dev/null || true; }

write_pip_settings() {  # this computer's own; file:// addresses mean nothing in a container
    local index=${PIP_INDEX_URL:-$(pip_setting index-url)} word more=()
    for word in ${PIP_EXTRA_INDEX_URL:-$(pip_setting extra-index-url)}; do
        [[ $word != http* ]] || more+=("$word")
    done
    [[ $index != http* && ${#more[@]} == 0 ]] || echo "[global]"
    [[ $index != http* ]] || echo "index-url = $index"
    ((${#more[@]} == 0)) || echo "extra-index-url = ${more[*]}"
}

common_options() {  # of both engines, into `options`
    local certificate=${PIP_CERT:-$(pip_setting cert)}
    options=(
        --file container/Dockerfile --target "$target"
        --build-arg "BASE_IMAGE=$base_image" --build-arg "IMAGE=$repository"
        --build-arg "VERSION=$tag" --build-arg "REVISION=$(revision)" --build-arg "SOURCE=$(source_url)"
    )
    write_pip_settings >"$scratch/pip.conf"
    if [[ -s $scratch/pip.conf ]]; then
        # what it holds may be secret, and is printed nowhere
        [[ -z $dry_run ]] || echo "# $scratch/pip.conf: the index of this computer's own pip; written before the build, removed after it"
        options+=(--secret "id=pip_conf,src=$scratch/pip.conf")
    fi
    [[ ! -s $certificate ]] ||
        options+=(--secret "id=ca_bundle,src=$certificate" --build-arg PIP_CERT=/run/secrets/ca_bundle)
}

build() {
    local architecture=$1 image=$repository:$tag-$1
    if [[ $engine == docker ]]; then
        # without provenance: the tag of one architecture is then one image, not an index of one
        run docker buildx build --platform "linux/$architecture" --load --provenance=false \
            "${options[@]}" --tag "$image" .
    else
        # podman 4.3 does not say the builder's own platform by itself
        run podman build --platform "linux/$architecture" --build-arg "BUILDPLATFORM=linux/$(native)" \
            --isolation chroot --network host --ignorefile container/Dockerfile.dockerignore \
            "${options[@]}" --tag "$image" .
    fi
}

check_architecture() {  # as labelled, and as it says itself
    local architecture=$1 image=$repository:$tag-$1 found
    local look=("$engine" image inspect --format '{{.Architecture}}' "$image")
    local ask=("$engine" run --rm --network host --platform "linux/$architecture" "$image" uname -m)
    if [[ -n $dry_run ]]; then run "${look[@]}"; run "${ask[@]}"; return; fi
    found=$("${look[@]}")
    [[ $found == "$architecture" ]] ||
        fail "$image is for $found and should be for $architecture; nothing was pushed. Was --base-image of another architecture?"
    can_run "$architecture" || return 0
    found=$("${ask[@]}")
    [[ $found == "$(machine_of "$architecture")" ]] ||
        fail "$image says it is $found and should be $(machine_of "$architecture"); nothing was pushed"
}

report_size() {
    [[ -z $dry_run ]] || return 0
    local bytes
    bytes=$("$engine" image inspect --format '{{.Size}}' "$repository:$tag-$1")
    say "$repository:$tag-$1: $((bytes / 1000000)) MB"
}

name_for_all() {  # REPOSITORY:TAG and :latest on this computer
    local name architecture chosen=${architectures[0]}
    [[ " ${architectures[*]} " != *" $(native) "* ]] || chosen=$(native)
    for name in "$tag" latest; do
        if [[ $engine == docker ]]; then  # its own store holds one architecture by a name
            run docker tag "$repository:$tag-$chosen" "$repository:$name"
            continue
        fi
        if [[ -n $dry_run ]]; then
            echo "# if there is one of this name, a list or an image:"
            run podman manifest rm "localhost/$repository:$name"
            run podman untag "localhost/$repository:$name"
        else
            podman manifest rm "localhost/$repository:$name" >/dev/null 2>&1 || podman untag "localhost/$repository:$name" 2>/dev/null || true
        fi
        run podman manifest create "localhost/$repository:$name"
        for architecture in "${architectures[@]}"; do
            run podman manifest add "localhost/$repository:$name" "containers-storage:localhost/$repository:$tag-$architecture"
        done
    done
}

main() {
    parse "$@"
    check_arguments
    choose_engine
    check_emulation
    check_credentials
    cd "$repository_root"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    common_options
    local architecture
    for architecture in "${architectures[@]}"; do
        build "$architecture" || fail "the image for linux/$architecture could not be built; the reason is above." \
            "Where $base_image cannot be pulled, container/engine.sh setup $architecture makes it"
    done
    for architecture in "${architectures[@]}"; do check_architecture "$architecture"; done
    for architecture in "${architectures[@]}"; do report_size "$architecture"; done
    name_for_all
    [[ -z $push ]] || push_all
}

main "$@"
