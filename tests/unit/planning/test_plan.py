"""Where benchmarks go, what they ask for, how many ranks and how long they get."""

from __future__ import annotations

import json

import pytest

from geoschem_bench import units
from geoschem_bench.catalog import load_catalog
from geoschem_bench.planning import PlannedBenchmark, plan_suite
from geoschem_bench.planning.decomposition import most_ranks
from geoschem_bench.suite import complete_benchmark, load_suite
from tests.unit.suite.writing import CONFIGS, load, suite_text, with_lines

ALL_CONFIGS = sorted(CONFIGS.glob("*.yaml"))


def plan_one(tmp_path, changed="", header=""):
    entry = with_lines(changed) if changed else with_lines("id: A")
    (planned,) = plan_suite(load(tmp_path, suite_text(entry, header=header)))
    return planned


@pytest.fixture(scope="module")
def full():
    return {planned.id: planned for planned in plan_suite(load_suite(CONFIGS / "full.yaml"))}


def test_the_mini_suite():
    plan = plan_suite(load_suite(CONFIGS / "mini.yaml"))
    assert [planned.id for planned in plan] == ["TEST-G3-C7G-4-TRANSPORT", "TEST-G3-C7G-4-FC"]
    for planned in plan:
        assert planned.job_queue == "geos-chem-graviton-queue"
        assert planned.job_definition == "geos-chem-benchmark"
        assert (planned.vcpus, planned.memory_mib) == (15, 30720)
        assert (planned.threads, planned.mpi_ranks) == (16, None)
        assert (planned.unavailable, planned.notes) == (None, ())


@pytest.mark.parametrize("path", ALL_CONFIGS, ids=lambda path: path.stem)
def test_every_suite_plans_within_its_instances(path):
    catalog = load_catalog()
    for planned in plan_suite(load_suite(path)):
        instance = catalog.get(planned.benchmark.hardware.instance_type)
        if instance is None:
            assert planned.benchmark.hardware.instance_type == "local"
            continue
        assert planned.architecture == instance.architecture
        assert planned.vcpus < instance.vcpus
        assert planned.memory_mib < instance.memory_mib
        assert planned.memory_mib % 256 == 0


def test_the_full_suite_in_its_order(full):
    assert len(full) == 17
    assert [planned.phase for planned in full.values()] == (
        ["phase_1"] * 6 + ["phase_2"] * 5 + ["phase_3"] * 4 + ["phase_4"] * 2
    )


def test_each_of_the_full_suite_lands_on_a_queue_of_its_own_type(full):
    for planned in full.values():
        kind = planned.benchmark.hardware.instance_type
        assert planned.job_queue == f"geos-chem-{kind.replace('.', '-')}-queue"
        x86 = kind.startswith(("c6i", "hpc6a"))
        assert planned.architecture == ("x86_64" if x86 else "arm64")
    assert len({planned.job_queue for planned in full.values()}) == 7


def test_jobs_of_several_nodes_have_a_definition_of_their_own(full):
    for planned in full.values():
        several = planned.benchmark.hardware.nodes > 1
        assert planned.job_definition == "geos-chem-benchmark" + ("-multinode" if several else "")


def test_only_what_the_region_lacks_is_unavailable(full):
    unavailable = {name: p.unavailable for name, p in full.items() if p.unavailable}
    assert list(unavailable) == ["B2-4-AMD-HPC6A-2-FC-C90"]
    (sentence,) = unavailable.values()
    assert sentence.startswith("hpc6a.48xlarge is not offered in us-east-1; it is in: ")
    assert "us-east-2" in sentence


QUEUES = [
    ("c7g.4xlarge", "", "geos-chem-graviton-queue"),
    ("c7i.4xlarge", "", "geos-chem-x86-queue"),
    ("c7g.4xlarge", "purchase_option: spot", "geos-chem-graviton-spot-queue"),
    ("c7i.4xlarge", "purchase_option: spot", "geos-chem-x86-spot-queue"),
    ("c7g.12xlarge", "", "geos-chem-c7g-12xlarge-queue"),
    ("c7g.16xlarge", "purchase_option: spot", "geos-chem-c7g-16xlarge-spot-queue"),
    ("c7gn.4xlarge", "", "geos-chem-c7gn-4xlarge-queue"),
]


@pytest.mark.parametrize(("instance", "more", "queue"), QUEUES)
def test_queues(tmp_path, instance, more, queue):
    changed = f"hardware: {{instance_type: {instance}}}\n{more}"
    assert plan_one(tmp_path, changed).job_queue == queue


def test_queues_of_the_suite_go_before_ours_and_types_before_architectures(tmp_path):
    header = "suite: {queues: {arm64: arms, c7g.8xlarge: eights}}\n"
    for instance, queue in [("c7g.4xlarge", "arms"), ("c7g.8xlarge", "eights"),
                            ("c7i.4xlarge", "geos-chem-x86-queue")]:  # fmt: skip
        changed = f"hardware: {{instance_type: {instance}}}"
        assert plan_one(tmp_path, changed, header).job_queue == queue


REQUESTS = [
    ("c7g.4xlarge", 15, 30720, 16),
    ("c7i.4xlarge", 15, 30720, 8),  # 8 cores of two threads each
    ("c7a.4xlarge", 15, 30720, 16),
    ("c6i.16xlarge", 63, 122880, 32),
    ("c7g.12xlarge", 47, 92160, 48),  # the old code read cores off "2xlarge" in the name
    ("r7g.16xlarge", 63, 491520, 64),
    ("hpc6a.48xlarge", 95, 368640, 96),
]


@pytest.mark.parametrize(("instance", "vcpus", "memory_mib", "threads"), REQUESTS)
def test_requests_leave_headroom_and_threads_are_physical_cores(
    tmp_path, instance, vcpus, memory_mib, threads
):
    planned = plan_one(tmp_path, f"hardware: {{instance_type: {instance}}}")
    assert (planned.vcpus, planned.memory_mib) == (vcpus, memory_mib)
    assert planned.threads == threads


def test_threads_asked_for_are_threads_given(tmp_path):
    planned = plan_one(tmp_path, "hardware: {instance_type: c7i.4xlarge, threads: 16}")
    assert planned.threads == 16
    assert planned.vcpus == 15  # placement only: always a whole instance


RANKS = [
    # nodes, cores per node, grid, ranks
    (2, 48, "c24", 96), (2, 48, "c90", 96),
    (2, 64, "c24", 120), (2, 64, "c90", 126), (4, 64, "c24", 216), (4, 64, "c180", 252),
    (2, 96, "c90", 192), (1, 8, "c24", 6), (1, 6, "c24", 6), (1, 5, "c24", None), (3, 2, "c24", 6),
    (1, 100_000, "c24", 216), (1, 100_000, "c48", 864),
    (1, 100_000, "c90", 2904), (1, 100_000, "c180", 12150),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "cores", "grid", "ranks"), RANKS)
def test_the_most_ranks_that_suit_cores_and_grid(nodes, cores, grid, ranks):
    assert most_ranks(nodes, cores, int(grid[1:])) == ranks


@pytest.mark.parametrize("grid", [24, 48, 90, 180])
def test_ranks_are_whole_rows_and_columns_of_each_face(grid):
    for cores in range(6, 300, 7):
        ranks = most_ranks(1, cores, grid)
        assert ranks is not None
        assert ranks <= cores
        per_face, rest = divmod(ranks, 6)
        assert rest == 0
        cuts = [(nx, per_face // nx) for nx in range(1, per_face + 1) if per_face % nx == 0]
        assert any(grid // nx >= 4 and grid // ny >= 4 for nx, ny in cuts)


def test_the_plan_says_how_many_ranks_it_chose(full):
    planned = full["B2-1-G3E-HPC7G-2-FC-C24"]
    assert planned.mpi_ranks == 120
    assert planned.threads == 1
    assert planned.notes == (
        "120 MPI ranks on 128 cores: the most that suit c24 and a multiple of 6",
    )


def test_ranks_asked_for_are_ranks_given(tmp_path):
    changed = (
        "domain: {resolution: c24}\n"
        "hardware: {instance_type: hpc7g.16xlarge, nodes: 2, mpi_ranks: 96}"
    )
    planned = plan_one(tmp_path, changed)
    assert (planned.mpi_ranks, planned.notes) == (96, ())


def test_cores_per_node_may_be_fewer_than_there_are(tmp_path):
    changed = (
        "domain: {resolution: c24}\n"
        "hardware: {instance_type: hpc6a.48xlarge, nodes: 2, cores_per_node: 48}"
    )
    assert plan_one(tmp_path, changed).mpi_ranks == 96


def test_too_few_cores_for_gchp_is_said_at_once(tmp_path):
    planned = plan_one(tmp_path, "domain: {resolution: c24}\nhardware: {instance_type: c7g.xlarge}")
    assert planned.mpi_ranks is None
    assert planned.unavailable == "1 x c7g.xlarge cannot hold the 6 MPI ranks GCHP needs"


MEASURED = [
    # application's grid, days, lines more, slowest published seconds of one run (domain.md 3.9)
    ("domain: {resolution: 4x5}", 7, 8517.7),
    ("domain: {resolution: 4x5}", 31, 28458),
    ("domain: {resolution: 2x2.5}", 30, 75367),
    ("domain: {resolution: 2x2.5}", 1, 0.94 * 3600),
    ("domain: {resolution: 0.5x0.625, region: NA}", 30, 90 * 3600),
    ("domain: {resolution: 0.25x0.3125, region: AS}", 1, 12 * 3600),
    ("domain: {resolution: 0.25x0.3125, region: NA}", 7, 48 * 3600),
    ("domain: {resolution: c24}", 30, 6.3 * 3600),
    ("simulation_type: ch4\ndomain: {resolution: 4x5}", 30, 990.9),
]


@pytest.mark.parametrize(("lines", "days", "seconds"), MEASURED)
def test_time_limits_spare_every_run_that_was_measured(tmp_path, lines, days, seconds):
    changed = f"{lines}\nduration: {{days: {days}}}\nwarmups: 1\nrepetitions: 3"
    assert plan_one(tmp_path, changed).timeout_seconds >= 4 * seconds


def test_more_repetitions_get_more_time_up_to_a_limit(tmp_path):
    few = plan_one(tmp_path, "warmups: 0\nrepetitions: 1").timeout_seconds
    many = plan_one(tmp_path, "warmups: 0\nrepetitions: 5").timeout_seconds
    most = plan_one(tmp_path, "warmups: 20\nrepetitions: 100\nduration: {days: 3650}")
    assert few < many < most.timeout_seconds == 30 * units.SECONDS_PER_DAY


@pytest.mark.parametrize("path", ALL_CONFIGS, ids=lambda path: path.stem)
def test_the_job_parameter_reads_back_as_the_same_benchmark(path):
    for planned in plan_suite(load_suite(path)):
        text = planned.config_json("20261122T035120Z-1a2b3c4d", 2)
        completed = complete_benchmark(json.loads(text))
        assert completed.benchmark == planned.benchmark
        assert completed.benchmark.config_sha256 == planned.benchmark.config_sha256
        assert completed.filled == ()
        assert completed.plan is not None
        assert completed.plan.submission == 2
        assert completed.plan.mpi_ranks == planned.mpi_ranks
        assert completed.plan.timeout_seconds == planned.timeout_seconds


def test_a_run_may_ask_for_other_repetitions(tmp_path):
    planned = plan_one(tmp_path)
    assert planned.config("R", 1)["plan"]["repetitions"] == 3
    fewer = planned.with_repetitions(1)
    plan = fewer.config("R", 1)["plan"]
    assert fewer.config("R", 1)["repetitions"] == plan["repetitions"] == 1
    assert plan["timeout_seconds"] == fewer.timeout_seconds < planned.timeout_seconds
    assert fewer.benchmark.config_sha256 == planned.benchmark.config_sha256
    assert planned.with_repetitions(None) == planned


def test_a_plan_reads_back(full):
    for planned in full.values():
        assert PlannedBenchmark.model_validate_json(planned.model_dump_json()) == planned


def test_a_job_by_hand_gets_the_suites_defaults(tmp_path):
    raw = {
        "id": "G3-C7G-REAL",
        "simulation_type": "transport",
        "domain": {"resolution": "4.0x5.0"},
        "duration": {"days": 2},
        "hardware": {"instance_type": "c7g.4xlarge", "architecture": "aarch64"},
    }
    completed = complete_benchmark(raw)
    assert completed.plan is None
    assert completed.benchmark.application == "gc-classic"
    assert completed.benchmark.simulation_type == "TransportTracers"
    assert completed.filled == (
        "warmups", "repetitions", "purchase_option", "domain.type", "application",
    )  # fmt: skip
