"""What is inside the image, and what is not."""

from __future__ import annotations

import json
import re

import pytest

from tests.images.engine import NATIVE, ROOT, Engine, Image

LARGEST_MB = {"amd64": 500, "arm64": 370}
"""As the engine lists it. Half of it are the libraries that musica's wheel carries."""
EVERY_IMPORT = """
import ast, importlib, importlib.util, pathlib, sys
missing, tried = [], 0
for package in ("geoschem_bench", "geoschem_bench_runner"):
    folder = pathlib.Path(importlib.util.find_spec(package).origin).parent
    for file in folder.rglob("*.py"):
        tree = ast.parse(file.read_text())
        typing_only = {
            id(inner) for node in ast.walk(tree)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if id(node) in typing_only:
                continue
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            else:
                continue
            for name in names:
                tried += 1
                try:
                    importlib.import_module(name)
                except ImportError as error:
                    missing.append(f"{file.name}: {error}")
print(tried, missing)
"""
WRITABLE = r"""
find / -xdev \( -type f -o -type d \) -writable \
    -not -path "/proc/*" -not -path "/home/geoschem*" 2>/dev/null || true
"""
SECRETS = re.compile(r"PIP_|AWS_|(?i:password|token|secret)|https?://[^ ]*@")


@pytest.fixture(scope="module")
def described(engine: Engine, native_image: Image):
    return json.loads(engine.run(native_image))


def test_it_describes_itself(described):
    image = described["image"]
    assert (image["target"], image["version"]) == ("proxy", "test")
    assert (image["name"], image["base"]) == ("geoschem-bench-test:test", "debian:bookworm-slim")
    assert image["operating_system"].startswith("Debian GNU/Linux 12")
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|unknown", image["revision"])
    assert {"x86_64": "amd64", "arm64": "arm64"}[described["machine"]["architecture"]] == NATIVE


def test_its_packages_are_the_locked_ones_and_no_others(described):
    locked = dict(
        re.findall(
            r"^([a-z0-9-]+)==(\S+)", (ROOT / "container/requirements-runner.txt").read_text(), re.M
        )
    )
    found = {name.lower().replace("_", "-"): v for name, v in described["installed"].items()}
    assert found.pop("geoschem-bench")
    assert found == locked


def test_labels_say_what_the_program_says(engine, native_image, described):
    labels = engine.inspect(native_image)["Config"]["Labels"]
    told = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    image = described["image"]
    assert told["version"] == image["version"]
    assert told["revision"] == image["revision"]
    assert told["base.name"] == image["base"]
    assert told["licenses"] == "Apache-2.0"
    assert told["title"] == "geoschem-bench proxy"
    assert "source" in told


def test_every_import_resolves(engine, native_image):
    tried, _, missing = engine.run(native_image, "python", "-c", EVERY_IMPORT).partition(" ")
    assert int(tried) > 100
    assert missing.strip() == "[]"


def test_whoever_runs_it_is_nobody_special(engine, native_image):
    assert engine.run(native_image, "id", "-u").strip() == "10001"
    config = engine.inspect(native_image)["Config"]
    assert config["User"] == "10001:10001"
    assert not config.get("Entrypoint")


def test_nothing_but_its_home_can_be_written(engine, native_image):
    found = engine.run(native_image, "sh", "-c", WRITABLE)
    # the system's own folders for everybody
    assert set(found.split()) <= {"/tmp", "/var/tmp", "/run/lock", "/dev/shm"}
    assert engine.run(native_image, "find", "/opt", "-not", "-user", "root") == ""


def test_bytecode_is_there_since_nobody_can_write_it(engine, native_image):
    script = "import geoschem_bench_runner.main as m, os; print(os.path.exists(m.__cached__))"
    assert engine.run(native_image, "python", "-c", script).strip() == "True"


@pytest.mark.parametrize(
    "left_over",
    ["/etc/pip.conf", "~root/.config/pip", "/run/secrets/ca_bundle", "/build", "/usr/bin/pip",
     "/usr/bin/pip3", "/usr/bin/gcc", "/var/lib/apt/lists/lock"],
)  # fmt: skip
def test_the_builders_things_are_not_in_it(engine, native_image, left_over):
    answer = engine.run(native_image, "sh", "-c", f"ls -d {left_over} 2>/dev/null || echo none")
    assert answer.strip() == "none"


def test_no_secret_is_in_its_settings_or_history(engine, native_image):
    environment = engine.inspect(native_image)["Config"]["Env"]
    assert not [entry for entry in environment if SECRETS.search(entry)]
    history = engine("history", "--no-trunc", "--format", "{{.CreatedBy}}", native_image.name)
    assert not SECRETS.search(history), history


def test_it_is_small(engine, native_image):
    size = engine.inspect(native_image)["Size"] / 1e6
    assert size <= LARGEST_MB[NATIVE]
