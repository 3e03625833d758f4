"""What a suite's page in Airflow says: the suite as it will be run. Same file, same page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.pricing import beside_budget, estimate_of, headline
from geoschem_bench.suite import PHASE_TITLES, PHASES, Suite

MOST_SHOWN = 40
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#|~!&])")
_ABOUT = (
    "Performance benchmarks of GEOS-Chem. Each is an AWS Batch job on the queue of its "
    "architecture; its manifest goes to S3, its result to DynamoDB, the report beside it."
)
_LINKS = (
    "The play button asks which phases to run, and offers a dry run. "
    "`docs/orchestration.md` says how a run works, `docs/suites.md` what a suite may say, "
    "`docs/reports.md` where its reports are: `geoschem-bench reports` fetches them."
)


def page_of(suite: Suite, planned: Sequence[PlannedBenchmark]) -> str:
    """The page, in Markdown; whatever a suite says is text in it."""
    lines = [
        f"## {escaped(suite.header.title or suite.name)}",
        "",
        _ABOUT,
        "",
        *_facts(suite, planned),
        "",
        *_warnings(suite, planned),
        *_queues(planned),
        "",
        *_benchmarks(suite, planned),
        "",
        *_resolved(suite),
        "",
        _LINKS,
    ]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that Markdown takes for nothing else, in one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def fenced(text: str, language: str = "") -> str:
    """Lines that Markdown shows as they are, whatever fence is in them."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _facts(suite: Suite, planned: Sequence[PlannedBenchmark]) -> Iterator[str]:
    header, estimate = suite.header, estimate_of(suite, planned)
    when = f"`{header.schedule}` ({header.timezone})" if header.schedule else "by hand"
    yield f"**{escaped(headline(estimate))}**"
    yield ""
    yield f"- Runs: {when}"
    yield f"- Region: {escaped(header.region)}"
    yield f"- Budget: {escaped(beside_budget(estimate))}"
    yield (
        f"- Of each benchmark {header.warmups} warm-up and {header.repetitions} timed repetitions, "
        f"unless it says otherwise; at most {header.max_concurrent} jobs at one time"
    )


def _warnings(suite: Suite, planned: Sequence[PlannedBenchmark]) -> Iterator[str]:
    cannot = [f"{item.id} cannot run: {item.unavailable}" for item in planned if item.unavailable]
    found = [*suite.warnings, *cannot]
    for warning in found[:MOST_SHOWN]:
        yield f"- Warning: {escaped(warning)}"
    if len(found) > MOST_SHOWN:
        yield f"- and {len(found) - MOST_SHOWN} more: `geoschem-bench plan {suite.name}`"
    if found:
        yield ""


def _queues(planned: Sequence[PlannedBenchmark]) -> Iterator[str]:
    counts: dict[tuple[str, str, str], int] = {}
    for item in planned:
        if item.unavailable:
            continue
        key = (item.job_queue, item.architecture, item.benchmark.hardware.instance_type)
        counts[key] = counts.get(key, 0) + 1
    yield "| queue | architecture | instance type | benchmarks |"
    yield "|---|---|---|---|"
    for (queue, *rest), count in sorted(counts.items()):
        name = queue.rsplit("/", 1)[-1]
        yield f"| {' | '.join(map(escaped, (name, *rest)))} | {count} |"


def _benchmarks(suite: Suite, planned: Sequence[PlannedBenchmark]) -> Iterator[str]:
    yield "| phase | benchmark | instance | threads / ranks | queue |"
    yield "|---|---|---|---|---|"
    for item in planned[:MOST_SHOWN]:
        hardware = item.benchmark.hardware
        parallel = f"{item.mpi_ranks} ranks" if item.mpi_ranks else str(item.threads)
        queue = item.job_queue.rsplit("/", 1)[-1]
        cells = (PHASE_TITLES[item.phase], item.id, f"{hardware.nodes} × {hardware.instance_type}",
                 parallel, queue)  # fmt: skip
        yield f"| {' | '.join(map(escaped, cells))} |"
    yield from _more(suite, len(planned))


def _resolved(suite: Suite) -> Iterator[str]:
    """The suite after defaults and matrix."""
    document: dict[str, object] = {"suite": suite.header.as_config()}
    room = MOST_SHOWN
    for phase in PHASES:
        shown = suite.phases[phase][:room]
        if shown or not suite.phases[phase]:  # a phase of which nothing is shown is not empty
            document[phase] = [benchmark.as_config() for benchmark in shown]
        room -= len(shown)
    text = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True,
                     default_flow_style=None, width=100)  # fmt: skip
    yield "### As it will be run, after defaults and matrix"
    yield ""
    yield fenced(text, "yaml")
    yield from _more(suite, len(suite.benchmarks))


def _more(suite: Suite, count: int) -> Iterator[str]:
    if count > MOST_SHOWN:
        yield ""
        command = f"geoschem-bench plan {suite.name} --json"
        yield f"and {count - MOST_SHOWN:,} more: `{command}` shows all"
