# shellcheck shell=bash
# The AWS half of build.sh, which sources it: who am I, the repository, the push.
# shellcheck disable=SC2154  # engine, region, profile and their like are build.sh's

aws_options() {  # into `aws_says`: never without a region
    aws_says=(--region "$region" --output text)
    [[ -z $profile ]] || aws_says+=(--profile "$profile")
}

check_credentials() {  # before the building, not after
    [[ -n $push ]] || return 0
    aws_options
    local question=(aws sts get-caller-identity --query Account "${aws_says[@]}") answer
    if [[ -n $dry_run ]]; then run "${question[@]}"; return; fi
    command -v aws >/dev/null || fail "--push needs the aws command line, which is not installed"
    answer=$("${question[@]}" 2>&1) ||
        fail "AWS does not know who you are${profile:+ (profile $profile)}: $(tail -n 1 <<<"$answer")." \
            "Say: aws configure${profile:+ --profile $profile}, or: aws sso login${profile:+ --profile $profile}"
    say "Pushing to account $answer, region $region"
}

find_repository() {  # into `address`; made if it is missing
    local look=(aws ecr describe-repositories --repository-names "$repository"
        --query 'repositories[0].repositoryUri' "${aws_says[@]}")
    local make=(aws ecr create-repository --repository-name "$repository"
        --image-scanning-configuration scanOnPush=true --tags "Key=project,Value=geoschem-bench"
        --query repository.repositoryUri "${aws_says[@]}")
    if [[ -n $dry_run ]]; then
        run "${look[@]}"
        echo "# if it is missing:"
        run "${make[@]}"
        address="ACCOUNT.dkr.ecr.$region.amazonaws.com/$repository"
        return
    fi
    if address=$("${look[@]}" 2>&1); then return; fi
    [[ $address == *RepositoryNotFoundException* ]] ||
        fail "the repository $repository cannot be looked up: $(tail -n 1 <<<"$address")"
    say "+ $(shown "${make[@]}")"
    address=$("${make[@]}" 2>&1) ||
        fail "the repository $repository cannot be made: $(tail -n 1 <<<"$address")"
}

log_in() {  # the password goes from one to the other and is seen nowhere
    local ask=(aws ecr get-login-password "${aws_says[@]}")
    local tell=("$engine" login --username AWS --password-stdin "${address%%/*}")
    if [[ -n $dry_run ]]; then echo "$(shown "${ask[@]}") | $(shown "${tell[@]}")"; return; fi
    say "+ $(shown "${ask[@]}") | $(shown "${tell[@]}")"
    "${ask[@]}" | "${tell[@]}" >&2 || fail "${address%%/*} refused the login"
}

push_all() {  # each architecture, then the lists that hold them all
    local architecture name parts=()
    find_repository
    log_in
    ((${#architectures[@]} > 1)) || say "Note: $address:latest will hold linux/${architectures[*]} only"
    for architecture in "${architectures[@]}"; do
        parts+=("$address:$tag-$architecture")
        run "$engine" tag "$repository:$tag-$architecture" "$address:$tag-$architecture"
        run "$engine" push "$address:$tag-$architecture"
    done
    for name in "$tag" latest; do
        if [[ $engine == docker ]]; then
            run docker buildx imagetools create --tag "$address:$name" "${parts[@]}"
        else
            run podman manifest push --all "localhost/$repository:$name" "docker://$address:$name"
        fi
    done
}
