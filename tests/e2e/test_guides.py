"""Every command of the two guides is run as it stands, against the sandbox.

A block whose first line says `# needs an account: why` is not: it must say why.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import PROGRAM, REPOSITORY

GUIDES = ("docs/first-aws-run.md", "docs/troubleshooting.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
NEEDS_ACCOUNT = re.compile(r"# needs an account: \w+")


def blocks_of(guide):
    return BLOCK.findall((REPOSITORY / guide).read_text())


@pytest.fixture(scope="module")
def shell(program, aws_cli, tmp_path_factory):
    """The shell of a person who has taken the sandbox's environment, and no settings of ours."""
    exports = program("sandbox", "up", "--env").stdout
    given = dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", exports, re.M))
    account = {name: value for name, value in given.items() if name.startswith("AWS_")}
    path = os.pathsep.join([str(PROGRAM.parent), str(Path(aws_cli).parent), os.environ["PATH"]])
    kept = {"PATH": path, "USER": "someone", "HOME": str(tmp_path_factory.mktemp("home"))}
    return {**program.environment, **account, **kept}


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_run(shell, guide):
    commands = [block for block in blocks_of(guide) if not block.startswith("#")]
    assert commands, guide
    # One shell for all blocks: what one exports, the next has
    script = "\n".join(f"echo 'BLOCK {n}'\n{block}" for n, block in enumerate(commands))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=shell, cwd=REPOSITORY, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    number = int(re.findall(r"^BLOCK (\d+)$", done.stdout, re.M)[-1])
    told = f"{guide}:\n{commands[number]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert done.returncode == 0, told


@pytest.mark.parametrize("guide", GUIDES)
def test_what_is_not_run_says_why(guide):
    for block in blocks_of(guide):
        if block.startswith("#"):
            assert NEEDS_ACCOUNT.match(block), block


@pytest.mark.parametrize("guide", GUIDES)
def test_links_lead_somewhere(guide):
    path = REPOSITORY / guide
    text = path.read_text()
    heads = {
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^#+ (.+)$", text, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in heads, target
        elif not target.startswith("http"):
            assert (path.parent / target.partition("#")[0]).exists(), target
