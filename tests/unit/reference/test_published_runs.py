import csv
import re
import subprocess
import sys
from collections import Counter
from importlib import resources

import pytest

from geoschem_bench.catalog.storage import SNAPSHOT, read_catalog
from geoschem_bench.reference import published_costs, published_runs

DATA = resources.files("geoschem_bench.reference") / "data"
NOT_TIMERS = {"platform", "machine", "hyperthreading", "container", "run", "simulated_days",
              "resolution", "openmp_threads", "version"}  # fmt: skip


def rows(name):
    return list(csv.DictReader((DATA / name).read_text().splitlines()))


PAPER = list(zip(rows("gc-classic-12.1.1.csv"), published_runs()[:23], strict=True))
VERSIONS = list(zip(rows("gc-classic-14.4-4x5-1month.csv"), published_runs()[23:], strict=True))


def find(machine, hyper_threading="on", container="none", run=2):
    (found,) = [
        r
        for r in published_runs()
        if r.machine_class == machine
        and r.resolution == "4x5"
        and r.factors["hyper-threading"] == hyper_threading
        and r.factors["container"] == container
        and r.benchmark_run_id.endswith(f"-{run}")
    ]
    return found


def test_there_are_25_and_they_are_read_once():
    assert len(published_runs()) == 25
    assert published_runs() is published_runs()


@pytest.mark.parametrize(("row", "result"), PAPER + VERSIONS)
def test_every_figure_of_the_files_is_in_the_results(row, result):
    figures = {k: float(v) for k, v in row.items() if v and k not in NOT_TIMERS}
    assert result.timers == figures
    assert list(result.timers) == list(figures), "in the order of the log"
    assert result.wall_seconds == (figures["GEOS-Chem"],)
    assert result.simulated_days == float(row["simulated_days"])


@pytest.mark.parametrize(("row", "result"), PAPER)
def test_every_setting_of_the_paper_is_in_the_results(row, result):
    on_aws = row["platform"] == "aws"
    assert result.resolution == row["resolution"]
    assert str(result.threads or "") == row["openmp_threads"]
    assert result.factors == {"hyper-threading": row["hyperthreading"],
                              "container": row["container"],
                              "platform": "AWS" if on_aws else "Pleiades"}  # fmt: skip
    assert result.is_cold is (on_aws and row["run"] == "1")
    expected = row["machine"] if on_aws else None
    assert result.observed_instance_type == result.requested_instance_type == expected
    assert (result.model_version, result.compiler) == ("12.1.1", "gfortran")
    assert (result.meteorology, result.levels) == ("GEOS-FP", 72)
    assert "10.1175/BAMS-D-18-0243.1" in result.source
    assert "JiaweiZhuang/GC12_timing_logs" in result.source


@pytest.mark.parametrize("result", published_runs(), ids=lambda r: r.benchmark_run_id)
def test_all_say_that_they_are_others(result):
    assert (result.origin, result.workload, result.status) == ("published", "model", "succeeded")
    assert result.source
    assert (result.wall_clock, result.is_smoke) == ("timers", False)
    assert (result.config_sha256, result.manifest_sha256, result.output_path) == (None, None, "")
    assert result.cost_usd_per_sim_day is None
    assert result.cost_null_reason
    assert result.null_reason is None
    assert result.month in ("2018-12", "2024-08")
    assert re.fullmatch(r"[A-Za-z0-9-]{1,64}", result.benchmark_id)
    assert re.fullmatch(r"[A-Za-z0-9-]+", result.benchmark_run_id)


def test_figures_as_others_state_them():
    # the table of days per day and HEMCO seconds that was made from the logs before this package
    assert find("c4.4xlarge").wall_seconds == (7282.290,)
    assert find("c5.9xlarge").throughput_days_per_day == pytest.approx(150.1, abs=0.05)
    assert find("c5.9xlarge").timers["HEMCO"] == pytest.approx(1185, abs=0.5)
    assert find("c5.4xlarge", "off").throughput_days_per_day == pytest.approx(90.4, abs=0.05)
    assert find("Pleiades haswell").throughput_days_per_day == pytest.approx(105.5, abs=0.05)
    assert find("c5.4xlarge", container="singularity").throughput_days_per_day == pytest.approx(
        107.9, abs=0.05
    )
    (month,) = [r for r in published_runs() if r.resolution == "2x2.5"]
    assert month.throughput_days_per_day == pytest.approx(35.5, abs=0.05)
    assert month.hours_per_sim_day == pytest.approx(75367.023 / 3600 / 31)
    assert month.is_cold is True


def test_the_regression_of_14_4_2_as_its_table_states_it():
    before, after = (result for _, result in VERSIONS)
    percent = {name: 100 * (after.timers[name] / before.timers[name] - 1) for name in before.timers}
    stated = {"GEOS-Chem": 34.409, "HEMCO": 0.880, "All chemistry": 86.121,
              "=> Gas-phase chem": 4.551, "=> Photolysis": 963.060, "=> Aerosol chem": -0.069,
              "=> Linearized chem": 4.855, "Transport": 1.725}  # fmt: skip
    for name, expected in stated.items():
        assert percent[name] == pytest.approx(expected, abs=0.001)
    for result in (before, after):
        nothing = (result.machine_class, result.threads, result.compiler, result.levels,
                   result.observed_instance_type, result.meteorology, result.is_cold)  # fmt: skip
        assert set(nothing) == {None}


def test_a_benchmark_and_its_repetition_share_their_id_and_not_their_run():
    ids = Counter(result.benchmark_id for result in published_runs())
    assert sorted(ids.values()) == [1] * 3 + [2] * 11
    assert len({result.benchmark_run_id for result in published_runs()}) == 25
    assert len({(result.benchmark_id, result.run_key) for result in published_runs()}) == 25


def test_the_machines_are_those_of_the_catalogue():
    catalog = read_catalog(SNAPSHOT)
    for result in published_runs():
        if result.observed_instance_type:
            listed = catalog.get(result.observed_instance_type)
            assert listed is not None
            assert (result.vcpus, result.physical_cores, result.memory_mib) == (
                listed.vcpus, listed.physical_cores, listed.memory_mib)  # fmt: skip
            assert result.architecture == listed.architecture


def test_costs_of_the_paper():
    costs = published_costs()
    assert {name: (cost.on_demand_usd, cost.spot_usd) for name, cost in costs.items()} == {
        "c4.4xlarge": (1.61, 0.51), "c4.8xlarge": (2.40, 0.86),
        "c5.4xlarge": (1.07, 0.42), "c5.9xlarge": (1.71, 0.65)}  # fmt: skip
    assert all("BAMS" in cost.source for cost in costs.values())


@pytest.mark.parametrize(
    ("instance_type", "usd_per_hour"),
    [("c4.4xlarge", 0.796), ("c4.8xlarge", 1.591), ("c5.4xlarge", 0.68), ("c5.9xlarge", 1.53)],
)
def test_the_costs_are_those_of_the_runs_at_the_prices_of_their_time(instance_type, usd_per_hour):
    seconds = find(instance_type).wall_seconds[0]
    stated = published_costs()[instance_type].on_demand_usd
    assert seconds / 3600 * usd_per_hour == pytest.approx(stated, rel=0.01)


def test_every_file_is_explained():
    readme = (DATA / "README.md").read_text()
    files = {file.name for file in DATA.iterdir()} - {"README.md"}
    assert len(files) == 4
    assert all(name in readme for name in files)


def test_neither_files_nor_scipy_are_read_before_they_are_asked_for():
    script = (
        "import sys; from geoschem_bench import analysis, reference; "
        "from geoschem_bench.reference.runs import published_runs; "
        "sys.exit('scipy' in sys.modules or published_runs.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
