"""From the app to the template."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.benchmarking_stack import campaign, compute
from infra.benchmarking_stack.loops import into_loops
from infra.benchmarking_stack.names import STACK
from infra.benchmarking_stack.stack import BenchmarkingStack

TEMPLATE = Path(__file__).resolve().parents[1] / f"{STACK}.template.json"
"""The committed file."""
_PROPERTIES = 3
"""How deep they lie below `Resources`."""


def run() -> None:
    """Write the committed template; for `cdk`, which says where, its cloud assembly."""
    outdir = os.environ.get("CDK_OUTDIR")
    if outdir:
        synthesize(outdir)
        return
    TEMPLATE.write_text(template_text())


def template_text() -> str:
    """The template as it is committed."""
    with tempfile.TemporaryDirectory() as outdir:
        return as_text(synthesize(outdir))


def synthesize(outdir: str) -> dict[str, Any]:
    """Write the cloud assembly, with loops in its template; the template."""
    app = App(outdir=outdir, analytics_reporting=False, tree_metadata=False)
    BenchmarkingStack(app)
    path = Path(app.synth().get_stack_by_name(STACK).template_full_path)
    made = into_loops(json.loads(path.read_text()), (compute.LOOP, *campaign.LOOPS))
    template = {"AWSTemplateFormatVersion": "2010-09-09", **made}
    path.write_text(as_text(template))
    return template


def as_text(template: dict[str, Any]) -> str:
    """In order, so that a change of the code changes only what it means to change."""
    first = ("AWSTemplateFormatVersion", "Transform", "Description")
    rest = sorted(set(template) - set(first))
    ordered = {key: template[key] for key in (*first, *rest)}
    sections = (f"{json.dumps(name)}:{_section(name, part)}" for name, part in ordered.items())
    return "{" + ",\n".join(sections) + "}\n"


def _section(name: str, part: Any) -> str:  # noqa: ANN401 - any JSON
    return _lines(part, _PROPERTIES if name == "Resources" else 1)


def _lines(part: Any, depth: int) -> str:  # noqa: ANN401 - any JSON
    """A line for each property of a resource and none more: the file must stay small."""
    if depth == 0 or not isinstance(part, dict):
        return json.dumps(part, separators=(",", ":"), ensure_ascii=False)
    lines = (f"{json.dumps(key)}:{_lines(each, depth - 1)}" for key, each in part.items())
    return "{" + ",\n".join(lines) + "}"
