from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.analysis import samples_of
from geoschem_bench.reference import published_runs
from tests.unit.factories import make_model_result


def labels(*changes: dict[str, Any]) -> set[str]:
    results = [make_model_result(**{"benchmark_id": f"B{n}", **change})
               for n, change in enumerate(changes)]  # fmt: skip
    return {sample.label for sample in samples_of(results)}


def test_a_single_sample_is_its_machine():
    assert labels({}) == {"c7g.4xlarge"}


def test_threads_for_all_as_soon_as_two_differ():
    other = {"observed_instance_type": "c7i.4xlarge", "machine_class": "c7i.4xlarge"}
    assert labels({"threads": 8}, {"threads": 16}, other) == {
        "c7g.4xlarge, 8 threads", "c7g.4xlarge, 16 threads", "c7i.4xlarge, 16 threads"}  # fmt: skip


def test_published_is_said():
    assert labels({}, {"origin": "published"}) == {"c7g.4xlarge", "c7g.4xlarge, published"}


def test_versions_are_said_for_all():
    other = {"observed_instance_type": "c7i.4xlarge", "machine_class": "c7i.4xlarge"}
    assert labels({"model_version": "14.7.0"}, {**other, "model_version": "14.6.1"}) == {
        "c7g.4xlarge, version 14.7.0", "c7i.4xlarge, version 14.6.1"}  # fmt: skip


def test_configurations_that_differ_in_nothing_else():
    assert labels({"config_sha256": "ab" * 32}, {"config_sha256": "cd" * 32}) == {
        "c7g.4xlarge, configuration abababab", "c7g.4xlarge, configuration cdcdcdcd"}  # fmt: skip
    near = ("ab" * 31 + "aa", "ab" * 31 + "bb")
    assert len(labels(*({"config_sha256": sha} for sha in near))) == 2


def test_two_factors_of_the_same_words():
    assert len(labels({"factors": {"a": "x", "b": "y"}}, {"factors": {"a": "y", "b": "x"}},
                      {"factors": {"a": "x"}}, {"factors": {"b": "x"}})) == 4  # fmt: skip


def test_labels_of_the_published_runs():
    found = samples_of(published_runs())
    week = {s.label for s in found if s.setup.simulation.simulated_days == 7}
    assert week == {
        "c4.4xlarge, 8 threads",
        "c4.4xlarge, 16 threads",
        "c4.8xlarge, 36 threads",
        "c5.4xlarge, 8 threads",
        "c5.4xlarge, 16 threads, no container",
        "c5.4xlarge, 16 threads, singularity",
        "c5.9xlarge, 36 threads",
        "Pleiades haswell, no container, hyper-threading",
        "Pleiades haswell, no container, no hyper-threading",
        "Pleiades haswell, charliecloud, hyper-threading",
        "Pleiades sandy",
    }


values = st.sampled_from([None, "on", "off", "none", "x", "no x"])


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "compiler": st.sampled_from([None, "gfortran", "compiler not known"]),
                "threads": st.sampled_from([None, 8, 16]),
                "factors": st.dictionaries(
                    st.sampled_from(["x", "y"]), values.filter(bool), max_size=2
                ),
            }
        ),
        min_size=2,
        max_size=6,
    )
)
def test_no_two_samples_of_a_simulation_share_a_label(changes):
    results = [make_model_result(**{"benchmark_id": f"B{n}", "origin": "log", **change})
               for n, change in enumerate(changes)]  # fmt: skip
    found = samples_of(results)
    assert len({sample.label for sample in found}) == len(found)
