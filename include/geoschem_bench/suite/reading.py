"""A suite file → a frozen Suite, or every mistake in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from geoschem_bench.catalog import Catalog, load_catalog, local_instance
from geoschem_bench.errors import Problem, SuiteError
from geoschem_bench.suite import names
from geoschem_bench.suite.checks import Sections, find_problems
from geoschem_bench.suite.completing import fill_defaults
from geoschem_bench.suite.matrix import MAX_BENCHMARKS, SWEEPING_KEYS, MatrixProblem, expand
from geoschem_bench.suite.messages import MISSING, messages, show
from geoschem_bench.suite.models import (
    LOCAL,
    PHASES,
    TAKEN_FOLDER,
    TAKEN_NAMES,
    Benchmark,
    Domain,
    Hardware,
    Suite,
    SuiteHeader,
)
from geoschem_bench.suite.yaml_source import Path_, YamlSource, dotted, read_yaml

M = TypeVar("M", bound=BaseModel)
_STAND_INS = {"resolution": "4x5", "instance_type": LOCAL}
"""Any right value, while the rest of a section is read."""
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
        self.problems = list(source.problems)
        self.unreadable = {problem.key for problem in source.problems}
        self.place_of_id: dict[str, Path_] = {}
        self.count = 0

    def problem(self, where: Path_, message: str) -> None:
        """Note it, unless YAML itself could not be read there."""
        if any(dotted(where[:length]) in self.unreadable for length in range(1, len(where) + 1)):
            return
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
            warnings=tuple(self._warnings(phases, header)),
        )

    def _top_level(self) -> dict[str, Any]:
        data = self.source.data
        if not isinstance(data, dict):
            self.problem((), f"is {show(data)}; write phase_1 to phase_4, each a list")
            raise SuiteError(self.source.path, self.problems)
        allowed = ("suite", *PHASES)
        for key in data:
            if key not in allowed:
                hint = names.likeliest(key, allowed)
                self.problem((key,), f"is an unknown key{hint}; known: {', '.join(allowed)}")
        for phase in PHASES:
            if phase not in data:
                self.problem((phase,), f"is missing; write `{phase}: []` where it is empty")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", self.source.path.stem):
            self.problem((), "the file's name becomes the DAG's: use A-Z a-z 0-9 _ - only")
        if self.source.path.stem in TAKEN_NAMES:
            taken = f"there is a DAG {self.source.path.stem} that is no suite's: name it otherwise"
            self.problem((), f"the file's name becomes the DAG's, and {taken}")
        if self.source.path.stem == TAKEN_FOLDER:
            self.problem((), "its pages would lie in reports/runs/, among the index's own files: "
                         "name it otherwise")  # fmt: skip
        return data

    def _header(self, raw: object) -> SuiteHeader:
        raw = {} if raw is None else raw
        if not isinstance(raw, dict):
            known = ", ".join(SuiteHeader.model_fields)
            self.problem(("suite",), f"is {show(raw)}; a block of keys is needed: {known}")
            return SuiteHeader()
        try:
            header = SuiteHeader.model_validate(raw)
        except ValidationError as error:
            self._add(error, SuiteHeader, ("suite",))
            header = best_effort(SuiteHeader, raw) or SuiteHeader()
        regions = {region for instance in self.catalog for region in instance.regions}
        if header.region not in regions:
            hint = names.likeliest(header.region, regions) or "; write one such as us-east-1"
            given = show(header.region)
            self.problem(("suite", "region"), f"is {given}, no region of AWS we know{hint}")
        for key in header.queues:
            if key not in ("arm64", "x86_64") and key not in self.catalog:
                near = self.catalog.closest(key, 1) or ["arm64"]
                self.problem(
                    ("suite", "queues", key),
                    "is neither an instance type nor an architecture (arm64, x86_64); "
                    f"did you mean '{near[0]}'?",
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
                self.problem(where, f"is {show(entry)}; a block of keys is needed, id and so on")
                continue
            try:
                expanded = expand(entry)
            except MatrixProblem as error:
                for inside, message in error.findings:
                    self.problem((*where, *inside), message)
                self._check_rest(entry, where)
                continue
            self.count += len(expanded)
            if self.count > MAX_BENCHMARKS:
                self.problem(
                    where, f"makes it over {MAX_BENCHMARKS} benchmarks in all; write a second suite"
                )
                return
            for raw in expanded:
                benchmark = self._benchmark(raw, where, header)
                if benchmark:
                    yield benchmark

    def _check_rest(self, entry: dict[str, Any], where: Path_) -> None:
        """What is wrong with an entry whatever its matrix, which cannot be read, would fill in."""
        config, _ = fill_defaults(
            {k: v for k, v in entry.items() if k not in (*SWEEPING_KEYS, "id")} | {"id": "swept"}
        )
        try:
            Benchmark.model_validate(config)
        except ValidationError as error:
            for inside, message in messages(error, Benchmark, SWEEPING_KEYS):
                if not message.startswith(MISSING):
                    self.problem((*where, *inside), message)

    def _benchmark(
        self, raw: dict[str, Any], where: Path_, header: SuiteHeader
    ) -> Benchmark | None:
        defaults = {key: getattr(header, key) for key in _HEADER_DEFAULTS}
        config, _ = fill_defaults(raw, defaults)
        benchmark = None
        try:
            benchmark = Benchmark.model_validate(config)
        except ValidationError as error:
            self._add(error, Benchmark, where, SWEEPING_KEYS)
        for inside, message in find_problems(_sections(config), self.catalog):
            self.problem(self._swept(where, inside), message)
        self._check_unique(config.get("id"), where)
        return benchmark

    def _add(
        self,
        error: ValidationError,
        model: type[BaseModel],
        where: Path_,
        more_keys: tuple[str, ...] = (),
    ) -> None:
        for inside, message in messages(error, model, more_keys):
            self.problem(self._swept(where, inside), message)

    def _swept(self, where: Path_, inside: Path_) -> Path_:
        """The place in the file: a swept key stands in the matrix."""
        in_matrix = (*where, "matrix", ".".join(str(part) for part in inside))
        return in_matrix if in_matrix in self.source.lines else (*where, *inside)

    def _check_unique(self, name: object, where: Path_) -> None:
        if not isinstance(name, str):
            return
        if name not in self.place_of_id:
            self.place_of_id[name] = (*where, "id")
            return
        line, first = self.source.line((*where, "id")), self.source.line(self.place_of_id[name])
        if (*where, "matrix") in self.source.lines and first == line:
            message = f"becomes {show(name)} twice; the matrix's values must differ in A-Z a-z 0-9"
            self.problem((*where, "id"), message)
        else:
            self.problem(
                (*where, "id"), f"is {show(name)}, which stands in line {first} too; ids are unique"
            )

    def _warnings(
        self, phases: Mapping[str, tuple[Benchmark, ...]], header: SuiteHeader
    ) -> Iterator[str]:
        region = header.region
        if header.deadline_hours is not None and "deadline" not in header.notify:
            yield "suite.deadline_hours: nobody is told of it, since suite.notify has no 'deadline'"
        for benchmark in (b for phase in phases.values() for b in phase):
            instance = benchmark.hardware.instance_type
            threads, here = benchmark.hardware.threads or 1, local_instance().vcpus
            if instance == LOCAL and threads > here:
                yield f"{benchmark.id}: {threads} threads are asked for; this computer has {here}"
            if instance != LOCAL and region not in self.catalog.regions_of(instance):
                has = ", ".join(self.catalog.regions_of(instance))
                yield f"{benchmark.id}: {instance} is not offered in {region}, only in {has}"


def _sections(config: Mapping[str, Any]) -> Sections:
    simulation = config.get("simulation_type")
    return Sections(
        application=config.get("application"),
        simulation_type=names.normalise_simulation(str(simulation)) if simulation else None,
        domain=best_effort(Domain, config.get("domain"), ("type", "resolution", "region")),
        hardware=best_effort(Hardware, config.get("hardware"), ("instance_type",)),
        purchase_option=config.get("purchase_option"),
    )


def best_effort(model: type[M], raw: object, required: tuple[str, ...] = ()) -> M | None:
    """The section without its wrong keys, or None where it is no section.

    Those of `required` that are missing or wrong are the empty text.
    """
    if not isinstance(raw, dict):
        return None
    readable = dict(raw)
    blank: dict[str, str] = {}
    while True:
        try:
            return model.model_validate(readable).model_copy(update=blank)
        except ValidationError as error:
            for key in {str(item["loc"][0]) for item in error.errors()}:
                readable.pop(key, None)
                if key in required:
                    blank[key] = ""
                    readable |= {key: _STAND_INS[key]} if key in _STAND_INS else {}
