"""The image's own lists of packages and files keep step with the project's; no engine is needed."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.images.engine import ROOT, copied_paths

CONTAINER = ROOT / "container"
LEFT_OUT = {"netcdf4", "cftime", "certifi"}
"""musica names the first two for examples; they need the third."""


def pins(file: Path) -> set[tuple[str, str]]:
    """Names and versions; a package may have several, for several Pythons."""
    return set(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", file.read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["runner", "build"])
def test_the_image_has_the_versions_of_the_project(name):
    own = pins(CONTAINER / f"requirements-{name}.txt")
    assert own
    assert own <= pins(ROOT / "requirements.txt"), "say `make lock`"


@pytest.mark.parametrize("name", ["runner", "build"])
def test_every_package_has_its_hashes(name):
    text = (CONTAINER / f"requirements-{name}.txt").read_text()
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)


def test_what_is_wanted_is_locked():
    wanted = {
        line.strip()
        for line in (CONTAINER / "requirements-runner.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    locked = {name for name, _ in pins(CONTAINER / "requirements-runner.txt")}
    assert wanted <= locked
    assert not locked & LEFT_OUT


def test_what_is_wanted_is_what_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runner = project["optional-dependencies"]["runner"]
    named = {re.split(r"[=><]", entry)[0].lower() for entry in [*project["dependencies"], *runner]}
    lines = (CONTAINER / "requirements-runner.in").read_text().splitlines()
    assert {line for line in lines if line and not line.startswith("#")} <= named


def test_every_module_that_the_runner_reaches_is_copied():
    copied = [ROOT / path for path in copied_paths() if path.startswith(("include", "container/"))]
    files = {file for path in copied for file in ([path] if path.is_file() else path.rglob("*.py"))}
    reached = reachable("geoschem_bench_runner.main")
    missing = sorted(str(file.relative_to(ROOT)) for file in reached - files)
    assert not missing, f"container/Dockerfile does not copy {missing}"
    assert len(reached) > 40


def reachable(module: str) -> set[Path]:
    """Our own files that a module imports, they import, and so on."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        for file in files_of(name):
            if file not in found:
                found.add(file)
                waiting.extend(imported(ast.parse(file.read_text())))
    return found


def files_of(name: str) -> list[Path]:
    """The file of a module with the `__init__` of each package above it."""
    if name.split(".")[0] not in ("geoschem_bench", "geoschem_bench_runner"):
        return []
    root = CONTAINER if name.startswith("geoschem_bench_runner") else ROOT / "include"
    parts = name.split(".")
    found = [root.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    found.append(root.joinpath(*parts).with_suffix(".py"))
    return [file for file in found if file.exists()]


def imported(tree: ast.AST) -> list[str]:
    """Names after `import` and `from`, also inside functions; not those for type checkers only."""
    names: list[str] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        names += imported(node)
    return names
