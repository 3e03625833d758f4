"""The notebook runs from top to bottom, offline, and shows the numbers that it speaks of."""

import re

import nbclient
import nbformat
import pytest

from tests.e2e.conftest import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "published-runs.ipynb"
SHOWN = {
    "source": ["Zhuang et al.", "10.1175/BAMS-D-18-0243.1"],
    # warm and cold hours per simulated day
    "hours": [r"c5.9xlarge +36 +none +0.1599 +0.1642", r"c4.4xlarge +8 +none +0.3334 +0.3380"],
    # computed from the prices of that time, and the paper's own
    "cost": [r"c5.4xlarge +0.680 +1.07 +1.07", r"c4.8xlarge +1.591 +2.38 +2.40"],
    "hyper-threading": [r"c4.4xlarge, 16 threads +0.333 +0.289 +-13.332", "faster"],
    "scaling": [r"c5.4xlarge to c5.9xlarge +1.403 +2.25 +1.603 +0.624"],
    "plot": ["<Figure"],
}


def shown_by(notebook):
    """Tag of a cell → what it shows as text."""
    return {
        tag: "\n".join(out["data"]["text/plain"] for out in cell.outputs if "data" in out)
        for cell in notebook.cells
        for tag in cell.metadata.get("tags", [])
    }


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """In an empty folder, with AWS and the network out of reach."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "AWS_ENDPOINT_URL"):
            patch.setenv(name, "http://127.0.0.1:9")
        patch.delenv("GEOSCHEM_BENCH_PRICES", raising=False)
        nbclient.NotebookClient(
            notebook, kernel_name="python3", timeout=120,
            resources={"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}},
        ).execute()  # fmt: skip
    return notebook


@pytest.mark.parametrize("tag", SHOWN)
def test_key_numbers(tag, executed, committed):
    """What is committed is what it shows today."""
    for notebook in (executed, committed):
        text = shown_by(notebook)[tag]
        for pattern in SHOWN[tag]:
            assert re.search(pattern, text), text


def test_nothing_is_complained_of(executed):
    streams = [out.text for cell in executed.cells if cell.cell_type == "code"
               for out in cell.outputs if out.output_type == "stream"]  # fmt: skip
    assert streams == []


def test_it_says_whose_measurements_they_are(committed):
    assert "**Measured by others, not by this project**" in committed.cells[0].source


def test_it_holds_no_traces_of_a_computer(committed):
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert str(NOTEBOOK.resolve().parents[1]) not in text
    assert "/home/" not in text
    assert all("execution" not in cell.metadata for cell in committed.cells)
