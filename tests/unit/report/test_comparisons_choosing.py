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


def later(results):
    """The same of another month."""
    return [run.model_copy(update={"benchmark_run_id": run.benchmark_run_id.replace("11", "12", 1)})
            for run in results]  # fmt: skip


def test_setups_of_different_simulations_in_one_word():
    results = [*runs([1.0]), *later(runs([1.0], simulated_days=14.0))]
    with pytest.raises(UserError, match=r"W: nothing else in it did the same work as c7g.4xlarge"):
        choose_samples([("W", results)])


@pytest.mark.parametrize(("walls", "says"), [([1.0], "with 1 run,"), ([1.0, 2.0], "with 2 runs,")])
def test_repeats_of_one_setup_have_nothing_to_be_compared_with(walls, says):
    with pytest.raises(UserError, match=f"W: holds one setup, c7g.4xlarge, {says} and something"):
        choose_samples([("W", runs(walls))])


def spreads(choice):
    assert choice.pooled
    return choice.pooled.spreads


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
    (spread,) = spreads(choice)
    assert (spread.samples, spread.runs) == (11, 22)


@pytest.mark.parametrize("part", ["c5.4xlarge, 8 threads", "C5.4XLARGE, 8"])
def test_the_baseline_is_picked_by_a_part_of_its_name(part):
    choice = choose_samples(results_of("published"), part)
    assert choice.baseline.label == "c5.4xlarge, 8 threads"


def test_pool_adds_to_the_spread_and_counts_no_run_twice():
    one, other = runs([100.0, 101.0]), runs([80.0], threads=8)
    others = [run.model_copy(update={"benchmark_id": f"{run.benchmark_id}-{n}", "threads": n})
              for n in (2, 4) for run in runs([50.0, 50.5])]  # fmt: skip
    words = [("A", one), ("B", later(other))]
    alone, pooled = (choose_samples(words, pool=pool) for pool in ((), [*others, *others, *one]))
    (few,), (many,) = spreads(alone), spreads(pooled)
    assert (few.samples, few.runs) == (1, 2)
    assert (many.samples, many.runs) == (3, 6)


def test_own_samples_of_two_words_are_not_merged_for_the_spread():
    """What differs between the words is what is asked, and no chance."""
    choice = choose_samples([("A", runs([100.0, 101.0])), ("B", later(runs([200.0, 201.0])))])
    (spread,) = spreads(choice)
    assert spread.sigma < 0.01
    assert (spread.samples, spread.degrees_of_freedom) == (2, 2)


@pytest.mark.parametrize(
    ("words", "part"),
    [(["published"], "c5.4xlarge, 16 threads, no container"),
     (["published:c5"], "16 threads, no container"),
     (["published:c5.4xlarge"], "16 threads, no container")],
)  # fmt: skip
@pytest.mark.parametrize("pool", [(), ("published",), ("published:c5",)])
def test_the_verdict_on_published_runs_depends_not_on_how_narrow_the_word_is(words, part, pool):
    found = compared(*words, part=part, pool=pool)
    (pair,) = [pair for pair in found.pairs if "singularity" in pair.candidate.sample.label]
    assert pair.comparison.verdict == "no difference shown"
    (spread,) = spreads(found)
    assert (spread.samples, spread.runs) == (11, 22)


def test_a_single_published_run_is_judged_by_all_of_its_scope_and_own_runs_by_their_own():
    ((_, published),) = results_of("published:c5.9xlarge")
    first = [run for run in published if run.simulated_days == 7.0][:1]
    own = runs([100.0, 110.0], simulated_days=7.0, resolution="4x5")
    both = choose_samples([("P", first), ("O", own)])
    assert [(spread.scope.provenance, spread.samples) for spread in spreads(both)] == [
        ("published", 11), ("own", 1)]  # fmt: skip
    only_own = choose_samples([("A", own), ("B", later(runs([90.0], threads=8)))])
    assert [spread.scope.provenance for spread in spreads(only_own)] == ["own"]


@pytest.mark.parametrize(
    ("words", "part", "says"),
    [
        (["published:c5", "published:c4.8xlarge"], None,
         r"published:c5: holds 4 setups, and one is needed .* c5.9xlarge, 36 threads \(GCC-12"),
        (["published:c4.8xlarge"], None,
         "holds one setup, c4.8xlarge, with 2 runs, and something to compare it with is needed"),
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
