"""Suites as text, for tests to write and break."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoschem_bench.errors import Problem, SuiteError
from geoschem_bench.suite import Benchmark, Suite, load_suite

CONFIGS = Path(__file__).parents[3] / "include" / "configs"

ENTRY = """\
id: A
simulation_type: fullchem
domain: {resolution: 4x5}
duration: {days: 7}
hardware: {instance_type: c7g.4xlarge}
"""

OTHER_PHASES = "phase_2: []\nphase_3: []\nphase_4: []\n"


def suite_text(*entries: str, header: str = "") -> str:
    """A suite of these entries in its first phase."""
    blocks = ["  - " + entry.strip().replace("\n", "\n    ") for entry in entries]
    first = "phase_1:\n" + "\n".join(blocks) if blocks else "phase_1: []"
    return f"{header}{first}\n{OTHER_PHASES}"


def with_lines(changed: str, entry: str = ENTRY) -> str:
    """The entry with its lines of the same keys replaced, and the rest added."""
    new = {line.split(":")[0]: line for line in changed.strip().splitlines() if line[0] != " "}
    kept = [line for line in entry.splitlines() if line.split(":")[0] not in new]
    return "\n".join([*kept, *changed.strip().splitlines()]) + "\n"


def load(tmp_path: Path, text: str | bytes, name: str = "suite.yaml") -> Suite:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_suite(path)


def load_one(tmp_path: Path, changed: str = "", header: str = "") -> Benchmark:
    """The one benchmark of a suite whose entry has these lines instead."""
    entry = with_lines(changed) if changed else ENTRY
    (benchmark,) = load(tmp_path, suite_text(entry, header=header)).benchmarks
    return benchmark


def problems_of(tmp_path: Path, text: str | bytes, name: str = "suite.yaml") -> list[Problem]:
    with pytest.raises(SuiteError) as caught:
        load(tmp_path, text, name)
    return list(caught.value.problems)
