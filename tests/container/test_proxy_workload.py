import os
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest

from geoschem_bench_runner.proxy import shared, workload
from geoschem_bench_runner.proxy.atmosphere import initial_level
from geoschem_bench_runner.proxy.check import UnsoundResultError, check, conserved
from geoschem_bench_runner.proxy.grid import Grid
from geoschem_bench_runner.proxy.worker import ANSWER, Share
from geoschem_bench_runner.team import ONE_THREAD, MemberDiedError, Team, one_thread_each

SMALL = Grid(24, 13, 12)


@pytest.mark.parametrize("chemistry", [False, True])
def test_one_two_and_three_processes_give_the_same_field(chemistry):
    runs = [workload.run_on(SMALL, 4, n, chemistry=chemistry) for n in (1, 2, 3)]
    assert len({run.soundness.checksum for run in runs}) == 1
    for run in runs:
        assert run.steps == 4
        assert run.soundness.mass_drift < 1e-12
        assert run.soundness.smallest >= 0.0


def test_the_field_depends_on_what_is_computed():
    sums = {
        workload.run_on(SMALL, steps, 1, chemistry=chemistry).soundness.checksum
        for steps, chemistry in ((0, False), (1, False), (2, False), (1, True))
    }
    assert len(sums) == 4


def test_timers_add_up_to_the_timed_part():
    run = workload.run_on(SMALL, 6, 2, chemistry=True)
    assert set(run.timers) == {"Transport", "All chemistry"}
    inside = sum(run.timers.values())
    assert inside == pytest.approx(run.wall_seconds, rel=0.02, abs=0.005)
    assert run.setup_seconds > 0.0


def test_cpu_of_the_timed_part_is_what_the_system_accounts():
    """System's account of all processes = timed part + set-up; set-up is a run of no steps."""
    grid = Grid(72, 46, 24)

    def system_seconds(steps):
        def total():
            usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            return sum(usage.ru_utime + usage.ru_stime for usage in usages)

        before = total()
        run = workload.run_on(grid, steps, 2, chemistry=False)
        return total() - before, run

    set_up, _ = system_seconds(0)
    whole, run = system_seconds(160)
    assert run.cpu.total == pytest.approx(whole - set_up, rel=0.02)


def test_a_dead_process_is_a_crash_not_a_number():
    descriptor = shared.make(SMALL)
    share = Share(24, 13, 12, descriptor, 0, 1, False, 600.0, 1200.0)
    arguments = [share.as_arguments()]
    try:
        with Team("geoschem_bench_runner.proxy.worker", arguments, ANSWER, [descriptor]) as team:
            team.hear()
            os.kill(team.pids[0], signal.SIGKILL)
            with pytest.raises(MemberDiedError, match="signal 9"):
                team.hear()
    finally:
        os.close(descriptor)


def test_a_share_survives_the_command_line():
    share = Share(24, 13, 12, 5, 1, 2, True, 600.0, 1200.0)
    assert Share.from_arguments(share.as_arguments()) == share


def test_each_process_is_held_to_one_thread():
    environment = one_thread_each({"OMP_NUM_THREADS": "16", "HOME": "/x"})
    assert environment["HOME"] == "/x"
    assert {environment[name] for name in ONE_THREAD} == {"1"}


@pytest.fixture
def field():
    levels = [initial_level(SMALL, k, chemistry=True) for k in range(SMALL.nlev)]
    return np.stack(levels, axis=1), np.zeros((2, *SMALL.shape))


@pytest.mark.parametrize(
    ("value", "message"), [(np.nan, "not finite"), (-1e-12, "negative"), (1.0, "drifted")]
)
def test_a_broken_field_is_refused(field, value, message):
    tracers, short_lived = field
    before = conserved(SMALL, tracers, short_lived, chemistry=True)
    tracers[4, 3, 2, 1] = value
    after = conserved(SMALL, tracers, short_lived, chemistry=True)
    with pytest.raises(UnsoundResultError, match=message):
        check(before, after, tracers, short_lived)


def test_ozone_may_turn_into_oxygen_but_atoms_may_not_vanish(field):
    tracers, short_lived = field
    before = conserved(SMALL, tracers, short_lived, chemistry=True)
    lost = 0.5 * tracers[0]
    tracers[0] -= lost
    tracers[1] += 1.5 * lost
    after = conserved(SMALL, tracers, short_lived, chemistry=True)
    assert check(before, after, tracers, short_lived).mass_drift < 1e-12


def test_a_repetition_prints_its_numbers_and_nothing_else():
    command = [sys.executable, "-m", "geoschem_bench_runner.proxy.repetition"]
    done = subprocess.run(
        [*command, "TransportTracers", "4x5", "0.0139", "1"], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.startswith('{"wall_seconds": ')
    assert '"mass_drift_relative"' in done.stdout
