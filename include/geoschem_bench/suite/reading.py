"""A suite file → a frozen Suite, or every mistake in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from geoschem_bench.catalog import Catalog, load_catalog
from geoschem_bench.errors import Problem, SuiteError
from geoschem_bench.suite import names
from geoschem_bench.suite.checks import Sections, find_problems
from geoschem_bench.suite.completing import fill_defaults
from geoschem_bench.suite.matrix import MatrixProblem, expand
from geoschem_bench.suite.messages import messages, show
from geoschem_bench.suite.models import (
    LOCAL,
    PHASES,
    Benchmark,
    Domain,
    Hardware,
    Suite,
    SuiteHeader,
)
from geoschem_bench.suite.yaml_source import Path_, YamlSource, dotted, read_yaml

M = TypeVar("M", bound=BaseModel)
_HEADER_DEFAULTS = ("warmups", "repetitions", "purchase_option")


def load_suite(path: Path, catalog: Catalog | None = None) -> Suite:
    """Read, expand and check the suite at `path`.

    Raises SuiteError with every problem in the file, NotFoundError where there is none.
    """
    return _Reader(read_yaml(path), catalog or load_catalog()).read()


class _Reader:
    """One reading of one file; collects what is wrong on the way."""

    def __init__(self, source: YamlSource, catalog: Catalog) -> None:
        self.source = source
        self.catalog = catalog
        self.problems: list[Problem] = []
        self.first_line: dict[str, int] = {}

    def problem(self, where: Path_, message: str) -> None:
        line = self.source.line(where)
        self.problems.append(Problem(str(self.source.path), line, dotted(where), message))

    def read(self) -> Suite:
        data = self._top_level()
        header = self._header(data.get("suite"))
        phases = {name: tuple(self._phase(name, data.get(name), header)) for name in PHASES}
        if self.problems:
            raise SuiteError(self.source.path, self.problems)
        return Suite(
            name=self.source.path.stem,
            sha256=self.source.sha256,
            header=header,
            phases=phases,
            warnings=tuple(self._warnings(phases, header.region)),
        )

    def _top_level(self) -> dict[str, Any]:
        data = self.source.data
        if not isinstance(data, dict):
            self.problem((), f"is {show(data)}; a suite holds phase_1 to phase_4, each a list")
            raise SuiteError(self.source.path, self.problems)
        allowed = ("suite", *PHASES)
        for key in data:
            if key not in allowed:
                hint = names.likeliest(key, allowed)
                self.problem((str(key),), f"is an unknown key{hint}; known: {', '.join(allowed)}")
        for phase in PHASES:
            if phase not in data:
                self.problem((), f"{phase} is missing; write `{phase}: []` where it is empty")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", self.source.path.stem):
            self.problem((), "the file's name becomes the DAG's: use A-Z a-z 0-9 _ - only")
        return data

    def _header(self, raw: object) -> SuiteHeader:
        raw = {} if raw is None else raw
        if not isinstance(raw, dict):
            self.problem(("suite",), f"is {show(raw)}; a block of keys is needed")
            return SuiteHeader()
        try:
            header = SuiteHeader.model_validate(raw)
        except ValidationError as error:
            self._add(error, SuiteHeader, ("suite",))
            header = best_effort(SuiteHeader, raw) or SuiteHeader()
        regions = {region for instance in self.catalog for region in instance.regions}
        if header.region not in regions:
            hint = names.likeliest(header.region, regions)
            self.problem(("suite", "region"), f"is '{header.region}', no region of AWS{hint}")
        for key in header.queues:
            if key not in ("arm64", "x86_64") and key not in self.catalog:
                self.problem(
                    ("suite", "queues", key),
                    "is neither an instance type nor an architecture (arm64, x86_64)",
                )
        return header

    def _phase(self, phase: str, entries: object, header: SuiteHeader) -> Iterator[Benchmark]:
        if entries is None and phase not in self.source.data:
            return
        if not isinstance(entries, list):
            self.problem((phase,), f"is {show(entries)}; a list is needed, [] where it is empty")
            return
        for index, entry in enumerate(entries):
            where: Path_ = (phase, index)
            if not isinstance(entry, dict):
                self.problem(where, f"is {show(entry)}; a benchmark is a block of keys")
                continue
            try:
                expanded = expand(entry)
            except MatrixProblem as error:
                self.problem((*where, *error.where), error.message)
                continue
            for raw in expanded:
                benchmark = self._benchmark(raw, where, header)
                if benchmark:
                    yield benchmark

    def _benchmark(
        self, raw: dict[str, Any], where: Path_, header: SuiteHeader
    ) -> Benchmark | None:
        defaults = {key: getattr(header, key) for key in _HEADER_DEFAULTS}
        config, _ = fill_defaults(raw, defaults)
        benchmark = None
        try:
            benchmark = Benchmark.model_validate(config)
        except ValidationError as error:
            self._add(error, Benchmark, where)
        for inside, message in find_problems(_sections(config), self.catalog):
            self.problem(self._swept(where, inside), message)
        self._check_unique(config.get("id"), where)
        return benchmark

    def _add(self, error: ValidationError, model: type[BaseModel], where: Path_) -> None:
        for inside, message in messages(error, model):
            self.problem(self._swept(where, inside), message)

    def _swept(self, where: Path_, inside: Path_) -> Path_:
        """The place in the file: a swept key stands in the matrix."""
        in_matrix = (*where, "matrix", ".".join(str(part) for part in inside))
        return in_matrix if in_matrix in self.source.lines else (*where, *inside)

    def _check_unique(self, name: object, where: Path_) -> None:
        line = self.source.line((*where, "id"))
        first = self.first_line.setdefault(str(name), line)
        if name is not None and first != line:
            self.problem((*where, "id"), f"'{name}' stands in line {first} too; ids are unique")

    def _warnings(self, phases: Mapping[str, tuple[Benchmark, ...]], region: str) -> Iterator[str]:
        for benchmark in (b for phase in phases.values() for b in phase):
            instance = benchmark.hardware.instance_type
            if instance != LOCAL and region not in self.catalog.regions_of(instance):
                has = ", ".join(self.catalog.regions_of(instance))
                yield f"{benchmark.id}: {instance} is not offered in {region}, only in {has}"


def _sections(config: Mapping[str, Any]) -> Sections:
    simulation = config.get("simulation_type")
    return Sections(
        application=config.get("application"),
        simulation_type=names.normalise_simulation(str(simulation)) if simulation else None,
        domain=best_effort(Domain, config.get("domain")),
        hardware=best_effort(Hardware, config.get("hardware")),
        purchase_option=config.get("purchase_option"),
    )


def best_effort(model: type[M], raw: object) -> M | None:
    """The section without its wrong keys, or None where nothing can be said of it."""
    if not isinstance(raw, dict):
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        wrong = {item["loc"][0] for item in error.errors() if item["loc"]}
        if not wrong & raw.keys():
            return None
        return best_effort(model, {k: v for k, v in raw.items() if k not in wrong})
