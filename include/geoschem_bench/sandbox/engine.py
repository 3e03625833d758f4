"""The container engine of this computer: Docker's, or podman's, which speaks Docker's API."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import APIError, DockerException

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.settings import HOST

DEFAULT_SOCKETS = ("unix:///var/run/docker.sock", "unix:///run/podman/podman.sock")
_ANSWER_SECONDS = 60.0


def find_engine(kept: str | None = None) -> str:
    """Where an engine answers: DOCKER_HOST and nothing else if it is set, else the usual places.

    Args:
        kept: Where it answered last time, asked before the usual places.

    Raises:
        SandboxError: none answers, or the one that is named runs on another computer.
    """
    named = os.environ.get("DOCKER_HOST")
    if named:
        _check_is_here(named)
    asked = [named] if named else [kept] * (kept is not None) + list(DEFAULT_SOCKETS)
    silent = []
    for url in dict.fromkeys(filter(None, asked)):
        try:
            connect(url).close()
        except SandboxError as error:
            silent.append(str(error))
        else:
            return url
    raise SandboxError(
        "jobs were asked to run in containers, but no container engine answers"
        f"{' at DOCKER_HOST' if named else ''}: {'; '.join(silent)}. Start Docker, or podman's "
        f"service (podman system service --time=0 {DEFAULT_SOCKETS[1]}); if it answers elsewhere, "
        "set DOCKER_HOST=unix:///<its socket>; or do without: geoschem-bench sandbox up --processes"
    )


def connect(url: str) -> docker.APIClient:
    """A client of the engine. SandboxError where none answers."""
    try:
        _knock(url)
        client = docker.APIClient(base_url=url, version="auto", timeout=_ANSWER_SECONDS)
    except (OSError, DockerException) as error:
        why = getattr(error, "strerror", None) or error
        raise SandboxError(f"{url} does not answer ({why})") from error
    client.trust_env = False  # a person's proxy leads to no engine on this computer
    return client


@contextmanager
def refusals_are_ours(doing: str) -> Iterator[None]:
    """What an engine refuses, or that it is gone, as a SandboxError."""
    try:
        yield
    except (DockerException, requests.RequestException) as error:
        raise SandboxError(f"container engine, {doing}: {explanation_of(error)}") from error


def explanation_of(error: Exception) -> str:
    """The engine's own words."""
    return str(error.explanation or error) if isinstance(error, APIError) else str(error)


def _check_is_here(url: str) -> None:
    """Jobs reach the sandbox through the network of the computer that they run on."""
    place = urlsplit(url if "://" in url else f"tcp://{url}")
    if place.scheme != "unix" and place.hostname not in (HOST, "localhost", "::1"):
        raise SandboxError(
            f"DOCKER_HOST is {url}: containers of another computer do not reach the sandbox, which "
            f"answers at {HOST} only; unset it, or name an engine of this computer"
        )


def _knock(url: str) -> None:
    """The SDK would leave an open socket behind, and say at length what this says in a word."""
    place = urlsplit(url)
    if place.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(_ANSWER_SECONDS)
            door.connect(place.path)
