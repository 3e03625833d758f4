"""Whether each definition's image is there, for the architectures that would run it."""

from __future__ import annotations

from collections.abc import Iterator

from geoschem_bench.aws.batch_resources import Definition
from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.images import find_image, repository_of
from geoschem_bench.catalog import ARCHITECTURES

_BUILD = "container/build.sh --platform linux/amd64,linux/arm64 --push"


def images(patient: Patient) -> Iterator[Finding]:
    """One finding per definition."""
    if not patient.definitions:
        yield skipped("image", "no job definition is there to name one")
    for definition in patient.definitions.values():
        if definition.is_of_the_sandbox:
            yield _of_the_sandbox(patient, definition)
        else:
            yield _judged(patient, definition)


def _of_the_sandbox(patient: Patient, definition: Definition) -> Finding:
    check, image = f"image of {definition.name}", definition.image
    if patient.local_image is None:
        return skipped(check, "the sandbox runs the program without an image")
    command = f"docker image inspect {image}"
    architecture = patient.local_image(image)
    if architecture is None:
        return failed(check, f"this computer's container engine has no image {image}", command,
                      "build it: container/build.sh")  # fmt: skip
    return ok(check, f"{image}, for {architecture}, in this computer's container engine", command)


def _judged(patient: Patient, definition: Definition) -> Finding:
    check = f"image of {definition.name}"
    image = find_image(patient.account, definition.image)
    place = repository_of(definition.image)
    command = (
        patient.command(f"ecr describe-images --repository-name {place[1]}", place[0])
        if place
        else f"docker manifest inspect {definition.image}"
    )
    build = f"build and push it: {_BUILD} --region {patient.region}"
    if image.is_there is None:
        return unknown(check, f"{image.uri}: {image.why}", command, f"look with that; or {build}")
    if not image.is_there:
        return failed(check, f"{image.uri} is not there: {image.why}", command, build)
    if not image.architectures:
        return unknown(check, f"{image.uri}: {image.why}", command, f"look with that; or {build}")
    missing = sorted(_wanted(patient, definition) - image.architectures)
    built = ", ".join(sorted(image.architectures))
    if missing:
        return failed(check, f"{image.uri} is built for {built}, not for {', '.join(missing)}: its "
                      "jobs there die of 'exec format error'", command, build)  # fmt: skip
    return ok(check, f"{image.uri}, for {built}", command)


def _wanted(patient: Patient, definition: Definition) -> set[str]:
    """Architectures of the environments whose jobs would use this definition."""
    of_suite = {p.architecture for p in patient.planned if p.job_definition == definition.name}
    if of_suite:
        return of_suite
    named = {a for a, name in patient.routes.job_definitions.items() if name == definition.name}
    there = {a for e in patient.environments.values() for a in e.architectures(patient.catalog)}
    there &= set(ARCHITECTURES)
    return there & named if named & set(ARCHITECTURES) else there
