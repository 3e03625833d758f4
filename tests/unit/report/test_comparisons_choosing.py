"""Which samples are compared, and what is said where that is not clear."""

import shutil

import pytest

from geoschem_bench.analysis import NotComparableError
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.report.comparisons import choose_samples
from tests.unit.factories import make_failure, make_result
from tests.unit.report.comparing import (
    ONE_THREAD,
    TWO_THREADS,
    compared,
    results_of,
    runs,
)


def labels(choice):
    return choice.baseline.label, [candidate.label for candidate in choice.candidates]


def test_logs_of_one_setup_are_two_samples_called_by_their_files():
    choice = choose_samples(results_of(ONE_THREAD, TWO_THREADS))
    assert labels(choice) == (
        "tt-1day-synthetic-met-1thread-ok.log",
        ["tt-1day-synthetic-met-2threads-ok.log"],
    )
    assert choice.pooled is None, "they are no repetitions of each other"


def test_files_called_the_same_are_told_apart_by_their_folders(tmp_path):
    words = []
    for folder, log in (("old", ONE_THREAD), ("new", TWO_THREADS)):
        (tmp_path / folder).mkdir()
        words.append(str(shutil.copy(log, tmp_path / folder / "GC.log")))
    assert labels(choose_samples(results_of(*words))) == (words[0], [words[1]])
    folders = [str(tmp_path / folder) for folder in ("old", "new")]
    assert labels(choose_samples(results_of(*folders))) == (
        f"GC.log in {folders[0]}",
        [f"GC.log in {folders[1]}"],
    )


def test_files_called_the_same_below_one_folder():
    runs_of_logs = [
        run.model_copy(update={"origin": "log", "source": "GC.log", "observed_instance_type": None,
                               "machine_class": None, "compiler": f"gfortran {n}"})
        for n, run in enumerate(runs([100.0, 101.0]))
    ]  # fmt: skip
    baseline, (candidate,) = labels(choose_samples([("folder", runs_of_logs)]))
    assert (baseline, candidate) == (
        "machine not known, gfortran 0", "machine not known, gfortran 1",
    )  # fmt: skip


def test_the_same_benchmark_in_two_runs_is_told_apart_by_the_words():
    old, new = runs([100.0, 101.0])
    choice = choose_samples([("r1/B", [old]), ("r2/B", [new])])
    assert labels(choice) == ("c7g.4xlarge (r1/B)", ["c7g.4xlarge (r2/B)"])


def test_other_simulations_of_a_word_are_left_out():
    choice = choose_samples(results_of("published:c5.9xlarge", "published:c4.8xlarge"))
    assert labels(choice) == ("c5.9xlarge", ["c4.8xlarge"])
    assert choice.left_out == ("c5.9xlarge: fullchem at 2x2.5, 31 simulated days "
                               "(gc-classic 12.1.1)",)  # fmt: skip


def test_a_single_word_compares_its_setups_with_the_first():
    choice = choose_samples(results_of("published"))
    assert choice.baseline.label == "Pleiades haswell, charliecloud, hyper-threading"
    assert len(choice.candidates) == 10
    assert len(choice.left_out) == 3
    assert choice.pooled
    assert choice.pooled.samples == 11


@pytest.mark.parametrize("part", ["c5.4xlarge, 8 threads", "C5.4XLARGE, 8"])
def test_the_baseline_is_picked_by_a_part_of_its_name(part):
    choice = choose_samples(results_of("published"), part)
    assert choice.baseline.label == "c5.4xlarge, 8 threads"


def test_pool_adds_to_the_spread_and_counts_no_run_twice():
    words = ("published:c4.8xlarge", "published:c5.9xlarge")
    alone, pooled = (compared(*words, pool=pool) for pool in ((), ("published", "published:c5")))
    assert alone.pooled.samples == 2
    assert pooled.pooled.samples == 11
    narrow, wide = pooled.pairs[0].comparison, alone.pairs[0].comparison
    assert narrow.ratio == wide.ratio
    assert narrow.ratio_high - narrow.ratio_low < wide.ratio_high - wide.ratio_low


@pytest.mark.parametrize(
    ("words", "part", "says"),
    [
        (["published:c5", "published:c4.8xlarge"], None,
         r"published:c5: holds 4 setups, and one is needed .* c5.9xlarge, 36 threads \(GCC-12"),
        (["published:c4.8xlarge"], None, "nothing else in it did the same work as c4.8xlarge"),
        (["published"], "haswell", "--baseline haswell fits several setups of published: Pleiad"),
        (["published"], "c9", "--baseline c9 fits none of the setups of published"),
        (["published:c4.8xlarge", "published:c5.9xlarge"], "c4", "setups of a single word, and 2"),
        (["published:c4.8xlarge", "published:c4.8xlarge"], None, "is in two of the words"),
        ([ONE_THREAD, ONE_THREAD], None, "is in two of the words"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_asked_for(words, part, says):
    with pytest.raises(UserError, match=says):
        choose_samples(results_of(*words), part)


def test_what_differs_is_named():
    with pytest.raises(NotComparableError, match="simulation differs: 'fullchem'"):
        choose_samples(results_of("published:c4.8xlarge", ONE_THREAD))
    with pytest.raises(NotComparableError, match="proxy's seconds are not GEOS-Chem's"):
        choose_samples([("model", runs([1.0])), ("proxy", [make_result()])])


def test_three_words_without_a_simulation_in_common():
    half = runs([1.0], resolution="2x2.5")
    quarter = [run.model_copy(update={"benchmark_run_id": "20261201T000000Z-00000000"})
               for run in runs([1.0], simulated_days=14.0)]  # fmt: skip
    with pytest.raises(UserError, match="the words have no simulation in common"):
        choose_samples([("A", [*half, *quarter]), ("B", half), ("C", quarter)])


def test_a_word_of_failures_says_why_they_failed():
    with pytest.raises(NotFoundError, match="FAILS: no run in it has a time to compare: Job att"):
        choose_samples([("FAILS", [make_failure()]), ("B", runs([1.0]))])
    with pytest.raises(NotFoundError, match="there is none"):
        choose_samples([("NONE", []), ("B", runs([1.0]))])
