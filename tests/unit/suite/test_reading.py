"""Suites that are right: names, defaults, what is inferred, anchors, warnings."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoschem_bench.catalog import local_instance
from geoschem_bench.errors import NotFoundError, SuiteError
from geoschem_bench.suite import dag_id_of, load_suite
from geoschem_bench.suite.models import TAKEN_FOLDER, TAKEN_NAMES
from tests.unit.suite.writing import (
    CONFIGS,
    ENTRY,
    OTHER_PHASES,
    load,
    load_one,
    suite_text,
    with_lines,
)

SUITES = ["first", "full", "graviton-vs-x86", "mini", "nightly", "sandbox"]


def test_a_file_of_four_phases_is_a_suite(tmp_path):
    suite = load(tmp_path, suite_text(ENTRY), "my-first.yaml")
    assert suite.name == "my-first"
    assert suite.dag_id == "geoschem_bench_my_first"
    assert suite.header.region == "us-west-2"
    assert suite.header.schedule is None
    (benchmark,) = suite.benchmarks
    assert (benchmark.warmups, benchmark.repetitions) == (1, 3)
    assert benchmark.purchase_option == "on_demand"
    assert benchmark.domain.type == "global"


def test_phases_may_be_empty(tmp_path):
    assert load(tmp_path, suite_text()).benchmarks == ()


def test_an_empty_header_is_all_defaults(tmp_path):
    assert load(tmp_path, suite_text(ENTRY, header="suite:\n")).header.max_concurrent == 10


@pytest.mark.parametrize("name", ["nowhere.yaml", "", "a\0b"])
def test_no_such_file(tmp_path, name):
    with pytest.raises(NotFoundError, match="give the path of a suite file"):
        load_suite(tmp_path / name)


NAMES = [
    ("simulation_type: transport", "simulation_type", "TransportTracers"),
    ("simulation_type: transporttracers", "simulation_type", "TransportTracers"),
    ("simulation_type: tropchem", "simulation_type", "fullchem"),
    ("simulation_type: FullChem", "simulation_type", "fullchem"),
    ("simulation_type: co2", "simulation_type", "carbon"),
    ("simulation_type: CH4", "simulation_type", "carbon"),
    ("simulation_type: co2\nsource: {version: 14.4.0}", "simulation_type", "CO2"),
    ("simulation_type: ch4\nsource: {version: v14.6.2}", "simulation_type", "CH4"),
    ("simulation_type: co2\nsource: {version: 14.7.0}", "simulation_type", "carbon"),
    ("simulation_type: co2\nsource: {version: 15.0.0}", "simulation_type", "carbon"),
    ("domain: {resolution: 4.0x5.0}", "domain.resolution", "4x5"),
    ("domain: {resolution: 2.0x2.5}", "domain.resolution", "2x2.5"),
    ("domain: {resolution: C90}", "domain.resolution", "c90"),
    ("domain: {resolution: 0.5x0.625, region: na}", "domain.region", "NA"),
    ("domain: {resolution: 0.5x0.625, region: NA}", "domain.type", "nested"),
    ("hardware: {instance_type: c7i.4xlarge, architecture: amd64}", "hardware.architecture",
     "x86_64"),
    ("hardware: {instance_type: c7g.4xlarge, architecture: aarch64}", "hardware.architecture",
     "arm64"),
    ("domain: {resolution: c24}", "application", "gchp"),
    ("domain: {resolution: 2x2.5}", "application", "gc-classic"),
    ("metrics_focus: cost", "metrics_focus", ("cost",)),
    ("metrics_focus: [cost, scaling]", "metrics_focus", ("cost", "scaling")),
    ("duration: {days: 0.0139}", "duration.days", 0.0139),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "key", "read"), NAMES, ids=[name[0] for name in NAMES])
def test_names_are_read_in_one_spelling(tmp_path, changed, key, read):
    value = load_one(tmp_path, changed)
    for part in key.split("."):
        value = getattr(value, part)
    assert value == read


PROCESSORS = [
    ("c7g.4xlarge", "Graviton3"), ("c7g.4xlarge", "AWS Graviton3"), ("c7g.4xlarge", "graviton"),
    ("hpc7g.16xlarge", "Graviton3E"), ("c8g.4xlarge", "Graviton4"), ("c7i.4xlarge", "Intel"),
    ("c7i.4xlarge", "Intel Xeon"), ("c7a.4xlarge", "AMD EPYC"), ("hpc6a.48xlarge", "AMD"),
]  # fmt: skip


@pytest.mark.parametrize(("instance", "processor"), PROCESSORS)
def test_a_processor_that_the_instance_has(tmp_path, instance, processor):
    changed = f"hardware: {{instance_type: {instance}, processor_type: {processor}}}"
    assert load_one(tmp_path, changed).hardware.processor_type == processor


def test_sizes_equal_to_the_instances_are_right(tmp_path):
    changed = (
        "domain: {resolution: c90}\n"
        "hardware: {instance_type: hpc6a.48xlarge, architecture: x86_64, vcpus: 96, nodes: 2,"
        " cores_per_node: 96, memory_gb: 384, network: efa, mpi_ranks: 192}"
    )
    assert load_one(tmp_path, changed).hardware.mpi_ranks == 192


def test_two_nodes_of_64_cores_are_no_rank_count(tmp_path):
    changed = (
        "domain: {resolution: c24}\n"
        "hardware: {instance_type: hpc7g.16xlarge, nodes: 2, cores_per_node: 64}"
    )
    assert load_one(tmp_path, changed).hardware.mpi_ranks is None


def test_the_header_gives_defaults_and_a_benchmark_its_own(tmp_path):
    header = "suite: {warmups: 0, repetitions: 7, purchase_option: spot}\n"
    benchmark = load_one(tmp_path, "repetitions: 2", header)
    assert (benchmark.warmups, benchmark.repetitions) == (0, 2)
    assert benchmark.purchase_option == "spot"


def test_queues_may_be_named_by_type_or_architecture(tmp_path):
    header = "suite: {queues: {c7g.4xlarge: mine, x86_64: theirs}}\n"
    assert load(tmp_path, suite_text(ENTRY, header=header)).header.queues == {
        "c7g.4xlarge": "mine",
        "x86_64": "theirs",
    }


@pytest.mark.parametrize("schedule", ["'@daily'", "'30 3 * * 1-5'", "'*/10 * * * *'", "null"])
def test_schedules_that_airflow_takes(tmp_path, schedule):
    suite = load(tmp_path, suite_text(ENTRY, header=f"suite: {{schedule: {schedule}}}\n"))
    assert suite.header.schedule == (None if schedule == "null" else schedule.strip("'"))


def test_anchors_and_merge_keys_save_writing(tmp_path):
    text = f"""\
phase_1:
  - &base
    id: A
    simulation_type: fullchem
    domain: &grid {{resolution: 4x5}}
    duration: {{days: 7}}
    hardware: &graviton {{instance_type: c7g.4xlarge, threads: 8}}
  - <<: *base
    id: B
    hardware:
      <<: *graviton
      threads: 16
  - <<: [{{id: C, warmups: 0}}, *base]
    domain: *grid
{OTHER_PHASES}"""
    a, b, c = load(tmp_path, text).benchmarks
    assert (a.hardware.threads, b.hardware.threads, c.hardware.threads) == (8, 16, 8)
    assert (c.id, c.warmups, c.domain) == ("C", 0, a.domain)


def test_the_instance_that_the_region_lacks_is_a_warning(tmp_path):
    changed = "domain: {resolution: c24}\nhardware: {instance_type: hpc6a.48xlarge}"
    (warning,) = load(tmp_path, suite_text(with_lines(changed))).warnings
    assert warning.startswith("A: hpc6a.48xlarge is not offered in us-west-2, only in ")
    assert "us-east-2" in warning


def test_more_threads_than_this_computer_has_is_a_warning(tmp_path):
    threads = local_instance().vcpus + 1
    changed = f"application: proxy\nhardware: {{instance_type: local, threads: {threads}}}"
    (warning,) = load(tmp_path, suite_text(with_lines(changed))).warnings
    assert f"{threads} threads" in warning


def test_select_keeps_the_phases_asked_for():
    suite = load_suite(CONFIGS / "full.yaml").select(("phase_2",))
    assert len(suite.benchmarks) == len(suite.phases["phase_2"]) == 5
    assert suite.phases["phase_1"] == ()
    assert suite.benchmark("B2-1-G3E-HPC7G-2-FC-C24").hardware.nodes == 2


def test_the_suites_of_the_repository():
    assert sorted(path.stem for path in CONFIGS.glob("*.yaml")) == SUITES


@pytest.mark.parametrize(("stem", "count"), [("first", 2), ("mini", 2), ("full", 17),
                                             ("nightly", 4), ("sandbox", 6),
                                             ("graviton-vs-x86", 13)])  # fmt: skip
def test_each_suite_of_the_repository_loads(stem, count):
    suite = load_suite(CONFIGS / f"{stem}.yaml")
    assert len(suite.benchmarks) == count
    assert suite.dag_id == dag_id_of(stem)


def test_the_full_suite_warns_of_its_one_instance_in_another_region():
    (warning,) = load_suite(CONFIGS / "full.yaml").warnings
    assert warning.startswith("B2-4-AMD-HPC6A-2-FC-C90: ")


def test_the_hash_is_of_the_bytes(tmp_path):
    first = load(tmp_path, suite_text(ENTRY))
    assert load(tmp_path, suite_text(ENTRY) + "# more\n").sha256 != first.sha256
    assert load(tmp_path, suite_text(ENTRY), "other.yaml").sha256 == first.sha256


def test_reading_changes_nothing_in_the_file(tmp_path):
    path = Path(tmp_path / "s.yaml")
    path.write_text(suite_text(ENTRY))
    load_suite(path)
    assert path.read_text() == suite_text(ENTRY)


@pytest.mark.parametrize("name", TAKEN_NAMES)
def test_a_suite_takes_no_name_of_another_dag(tmp_path, name):
    """Airflow would show one of the two, and say nothing of the other."""
    path = tmp_path / f"{name}.yaml"
    path.write_text(suite_text(ENTRY))
    with pytest.raises(SuiteError, match="that is no suite's: name it otherwise"):
        load_suite(path)
    assert dag_id_of(name) != f"geoschem_bench_{name}"


def test_a_suite_takes_no_folder_of_the_reports(tmp_path):
    path = tmp_path / f"{TAKEN_FOLDER}.yaml"
    path.write_text(suite_text(ENTRY))
    with pytest.raises(SuiteError, match=r"reports/runs/.*: name it otherwise"):
        load_suite(path)


@pytest.mark.parametrize(("notify", "warns"), [("[finish]", 1), ("[finish, deadline]", 0)])
def test_a_deadline_of_which_nobody_is_told_is_warned_of(tmp_path, notify, warns):
    header = f"suite:\n  deadline_hours: 8\n  notify: {notify}\n"
    suite = load(tmp_path, header + suite_text(ENTRY))
    assert len(suite.warnings) == warns
    assert all("suite.notify has no 'deadline'" in each for each in suite.warnings)
