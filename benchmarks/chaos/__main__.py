"""Strikes runs until so many faults have been drawn, and checks that nothing was lost.

python -m benchmarks.chaos --faults 20 --seed 1            prints each fault, then the table
python -m benchmarks.chaos --faults 20 --seed 1 --write    also its part of benchmarks/RESULTS.md
python -m benchmarks.chaos --faults 1000 --journal FILE    keeps rounds; again: goes on there

Exit 1 if anything does not hold: which run, what, and where its logs are kept. Ctrl-C ends all in
order, with the table of what was done.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks import results
from benchmarks.chaos.ground import Ground, ground, keep_logs
from benchmarks.chaos.journal import Journal, JournalError
from benchmarks.chaos.plan import Strike, rounds
from benchmarks.chaos.play import Round, play
from benchmarks.chaos.summary import table

_TITLE = "Faults at random: `make chaos`"


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1")
    return int(text)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", type=positive, default=20, help="how many are drawn (20)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (1)")
    parser.add_argument("--per-round", type=positive, default=10, help="faults in a round (10)")
    parser.add_argument("--runs", type=positive, default=2, help="runs at once (2)")
    parser.add_argument("--only", type=int, help="this round alone, the first is 0")
    parser.add_argument("--journal", type=Path, help="keeps the rounds; those in it are not redone")
    parser.add_argument("--write", action="store_true", help="also into benchmarks/RESULTS.md")
    return parser.parse_args()


def main() -> None:
    """Draw, strike, check, print; write where that is wanted."""
    asked = arguments()
    folder = Path(tempfile.mkdtemp(prefix="geoschem-bench-chaos-"))
    plan = rounds(asked.seed, asked.faults, asked.per_round, asked.runs)
    wanted = [number for number in range(len(plan)) if asked.only in (None, number)]
    journal = _journal(asked, folder)
    for each in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first
        signal.signal(each, signal.default_int_handler)
    try:
        with ground(folder, asked.runs) as here:
            for number in wanted:
                if number not in journal.rounds:
                    _play(here, asked, number, plan[number], journal, folder)
    except KeyboardInterrupt:
        print("interrupted; what was done until then:")
    except JournalError as error:
        sys.exit(f"--journal: {error}")
    finally:
        done = [journal.rounds[number] for number in wanted if number in journal.rounds]
        _tell(asked, len(wanted), done)
    found = [violation for each in done for violation in each.violations]
    if not found:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if found or len(done) < len(wanted) else 0)


def _tell(asked: argparse.Namespace, planned: int, done: list[Round]) -> None:
    if done:
        told = table(done, planned, asked.seed, asked.runs)
        part = results.part(_TITLE, f"{results.machine()}\n\n{told}")
        print(f"\n{part}", flush=True)
        if asked.write:
            results.write(part)


def _journal(asked: argparse.Namespace, folder: Path) -> Journal:
    draw = {name: getattr(asked, name) for name in ("seed", "faults", "per_round", "runs")}
    try:
        return Journal(asked.journal or folder / "journal.jsonl", draw)
    except (JournalError, OSError) as error:
        shutil.rmtree(folder)
        sys.exit(f"--journal: {error}")


def _play(
    here: Ground,
    asked: argparse.Namespace,
    number: int,
    strikes: list[Strike],
    journal: Journal,
    folder: Path,
) -> None:
    print(f"round {number} of seed {asked.seed}: {len(strikes)} faults", flush=True)
    played = play(here, strikes, number, asked.runs)
    struck = sum(not blow.missed for blow in played.blows)
    print(f"round {number}: {struck} struck, {played.seconds:.0f} s", flush=True)
    for violation in played.violations:
        print(f"VIOLATION {violation}", flush=True)
    journal.keep(number, played)
    if played.violations:
        kept = folder / f"round-{number}"
        keep_logs(here, kept)
        print(f"Again: --seed {asked.seed} --faults {asked.faults} --per-round {asked.per_round} "
              f"--only {number}; what the components, tasks and jobs said is kept in {kept}",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
