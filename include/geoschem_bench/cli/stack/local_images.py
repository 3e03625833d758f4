"""Images that the sandbox's containers are made of: asked of the engine on this computer."""

from __future__ import annotations

from collections.abc import Callable

from geoschem_bench.wiring import state_folder

ImageLookup = Callable[[str], str | None]
"""An image's name → the architecture it was built for; None where it is not there."""


def local_images(endpoint_url: str | None) -> ImageLookup | None:
    """How to look an image up; None where jobs are no containers of this computer."""
    if not endpoint_url:
        return None
    from geoschem_bench import sandbox

    running = sandbox.status(state_folder())
    is_it = running is not None and running.endpoint_url == endpoint_url
    return _architecture if is_it and running and running.launcher == "container" else None


def _architecture(name: str) -> str | None:
    """Docker's short names mean Docker Hub to podman, which builds into `localhost/`."""
    from docker.errors import APIError

    from geoschem_bench.sandbox.engine import connect, find_engine
    from geoschem_bench.sandbox.kept import Choice
    from geoschem_bench.sandbox.settings import Folders

    engine = connect(find_engine(Choice.read(Folders.of(state_folder())).engine))
    try:
        for each in (name, f"localhost/{name}"):
            try:
                return str(engine.inspect_image(each)["Architecture"])
            except APIError:
                continue
        return None
    finally:
        engine.close()
