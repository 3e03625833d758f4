"""How the orchestration compares with what else there is; each prints a table and its ratios.

python -m benchmarks.orchestration parse        a suite of 1,000 benchmarks
python -m benchmarks.orchestration polling      DescribeJobs and the triggerer, beside the stock
                                                operator's (needs PostgreSQL)
python -m benchmarks.orchestration detection    how soon a job's end is noticed

--jobs, --polls and --seconds say how much is measured; --write puts each into its part of
benchmarks/RESULTS.md. Recorded there: polling --jobs 1000 --polls 100 --seconds 4 (18 minutes on
two cores), detection as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from benchmarks import results
from benchmarks.detection import detection
from benchmarks.parsing import parse
from benchmarks.polling import polling

Asked = argparse.Namespace
MEASURED: dict[str, tuple[str, Callable[[Asked], str]]] = {
    "parse": ("Parsing a suite", lambda _: parse()),
    "polling": (
        "Waiting for many jobs",
        lambda asked: polling(asked.jobs or 100, asked.polls, asked.seconds or 2),
    ),
    "detection": (
        "Noticing a job's end",
        lambda asked: detection(asked.jobs or 40, asked.seconds or 30),
    ),
}


def known(name: str) -> str:
    """One that can be measured."""
    if name not in MEASURED:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(MEASURED)}")
    return name


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1")
    return int(text)


def arguments() -> Asked:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*", type=known, help="; ".join(MEASURED) + "; or all")
    parser.add_argument("--jobs", type=positive, help="that wait (polling: 100, detection: 40)")
    parser.add_argument("--polls", type=positive, default=20, help="of each job (20)")
    parser.add_argument(
        "--seconds", type=positive, help="between polls (polling: 2, detection: 30)"
    )
    parser.add_argument("--write", action="store_true", help="also into benchmarks/RESULTS.md")
    return parser.parse_args()


def main() -> None:
    """Print the tables asked for, and write them where that is wanted."""
    asked = arguments()
    for name in asked.what or MEASURED:
        title, measure = MEASURED[name]
        command = f"`python -m benchmarks.orchestration {name}`"
        table = measure(asked)
        text = results.part(f"{title}: {command}", f"{results.machine()}\n\n{table}")
        print(text, flush=True)
        if asked.write:
            results.write(text)


if __name__ == "__main__":
    main()
