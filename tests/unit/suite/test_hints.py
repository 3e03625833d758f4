"""Typing errors: the likeliest intention is named, and so is what is allowed."""

from __future__ import annotations

import pytest

from tests.unit.suite.writing import ENTRY, problems_of, suite_text, with_lines

TYPOS = [
    ("domain: {resolutoin: 4x5}", "did you mean 'resolution'?"),
    ("domain: {resolution: c2}", "did you mean 'c24'?"),
    ("domain: {resolution: 2x25}", "did you mean '2x2.5'?"),
    ("hardware: {instance_type: c7g.4xlrge}", "c7g.4xlarge"),
    ("hardware: {instance_type: c7g4xlarge}", "c7g.4xlarge"),
    ("hardware: {instance_type: hpc6id.16xlarge}", "hpc6id.32xlarge"),
    ("hardware: {instanc_type: c7g.4xlarge}", "did you mean 'instance_type'?"),
    ("hardware: {instance_type: c7g.4xlarge, architecture: arm63}", "did you mean 'arm64'?"),
    ("hardware: {instance_type: c7g.4xlarge, mpi_rank: 6}", "did you mean 'mpi_ranks'?"),
    ("simulation_type: fulchem", "did you mean 'fullchem'?"),
    ("simulation_type: TransportTracer", "did you mean 'TransportTracers'?"),
    ("simulation_type: tropchen", "did you mean 'tropchem'?"),
    ("application: gcclassic", "did you mean 'gc-classic'?"),
    ("purchase_option: on-demand", "did you mean 'on_demand'?"),
    ("meteorology: MERRA2", "did you mean 'MERRA-2'?"),
    ("repetition: 3", "did you mean 'repetitions'?"),
    ("matrx: {hardware.threads: [1]}", "did you mean 'matrix'?"),
    ("exclud: []", "did you mean 'exclude'?"),
    ("hardware: {instance_type: c7g.4xlarge, resolution: 4x5}", "known here: instance_type"),
    ("domain: {resolution: 4x5, instance_type: local}", "unknown key; known here: type, reso"),
    ("hardware: c7g.4xlarge", "a block of keys is needed: instance_type, "),
    ("duration: 7", "a block of keys is needed: days"),
    ("duration: {days: '7'}", "a number is needed, without quotes"),
    ("duration: {days: 1e-3}", "0.001, not 1e-3"),
    ("duration: {days: 1:30}", "base 60"),
    ("id: NO", "put it in quotes"),
    ("id: 2026-11-22", "the date 2026-11-22; text is needed: put it in quotes"),
    ("domain: {type: nested, resolution: 0.5x0.625}", "one of: AS, EU, NA, "),
    ("domain: {type: nested, resolution: 0.5x0.625, region: NAA}", "did you mean 'NA'?"),
]

HEADER_TYPOS = [
    ("regoin: us-west-2", "did you mean 'region'?"),
    ("region: us-west2", "did you mean 'us-west-2'?"),
    ("region: mars", "such as us-east-1"),
    ("timezone: Berlin", "did you mean 'Europe/Berlin'?"),
    ("timezone: CEST2", "UTC or, say, Europe/Berlin"),
    ("schedule: '* * *'", "'30 3 * * *'"),
    ("schedule: '0 0 3 * * *'", "five fields"),
    ("budget_usd: 0", "greater than 0"),
    ("over_budget: ask", "allowed: stop, approve"),
    ("order: interleave", "did you mean 'interleaved'?"),
    ("queues: {arm: q}", "did you mean"),
    ("queues: {arm64: 5}", "put it in quotes"),
]


def messages_of(tmp_path, text):
    return "\n".join(problem.message for problem in problems_of(tmp_path, text))


@pytest.mark.parametrize(("changed", "said"), TYPOS, ids=[typo[0] for typo in TYPOS])
def test_a_benchmark(tmp_path, changed, said):
    assert said in messages_of(tmp_path, suite_text(with_lines(changed)))


@pytest.mark.parametrize(("line", "said"), HEADER_TYPOS, ids=[typo[0] for typo in HEADER_TYPOS])
def test_a_header(tmp_path, line, said):
    assert said in messages_of(tmp_path, suite_text(ENTRY, header=f"suite:\n  {line}\n"))


def test_a_misspelt_phase(tmp_path):
    text = suite_text(ENTRY).replace("phase_2", "phase2")
    said = messages_of(tmp_path, text)
    assert "did you mean 'phase_2'?" in said
    assert "write `phase_2: []`" in said


def test_a_doubled_key_names_the_other_line(tmp_path):
    (problem,) = problems_of(tmp_path, suite_text(ENTRY) + "phase_4: []\n")
    assert "stands in line 9 too" in problem.message


def test_a_doubled_id_names_the_other_line(tmp_path):
    (problem,) = problems_of(tmp_path, suite_text(ENTRY, ENTRY))
    assert (problem.line, problem.key) == (7, "phase_1[1].id")
    assert "'A', which stands in line 2 too" in problem.message


@pytest.mark.parametrize(
    ("ranks", "said"),
    [(128, "126 or 132"), (3, "such as 6,"), (5, "such as 6,"), (601, "600 or 606")],
)
def test_ranks_name_the_neighbouring_multiples_of_six(tmp_path, ranks, said):
    changed = (
        "domain: {resolution: c90}\n"
        f"hardware: {{instance_type: hpc7g.16xlarge, nodes: 10, mpi_ranks: {ranks}}}"
    )
    (problem,) = problems_of(tmp_path, suite_text(with_lines(changed)))
    assert said in problem.message
