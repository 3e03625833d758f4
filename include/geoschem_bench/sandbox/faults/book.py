"""The faults that are set, kept in a file so that a restart of the server does not mend them."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.faults.model import Fault, FaultError, Kind
from geoschem_bench.sandbox.files import read_json, write_json


class FaultBook:
    """Thread-safe. Asked at every request and by every look of the scheduler, so it is quick."""

    def __init__(self, file: Path | None = None) -> None:
        """Without a file nothing is kept."""
        self._file = file
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self._next = 1
        self._draws: dict[str, random.Random] = {}
        if file is not None and file.exists():
            self._load(file)

    def _load(self, file: Path) -> None:
        try:
            document = read_json(file)
            faults = [Fault.from_document(each) for each in document["faults"]]
            self._next = int(document["next"])
        except (FaultError, KeyError, TypeError, ValueError) as error:
            raise SandboxError(f"{file} is damaged ({error}); delete it") from error
        self._faults = {fault.id: fault for fault in faults}

    def add(self, fault: Fault) -> Fault:
        """Keeps a fault, which gets its id."""
        fault.check()
        with self._lock:
            made = replace(fault, id=str(self._next), used=0)
            self._next += 1
            self._faults[made.id] = made
            self._write()
            return made

    def remove(self, fault_id: str) -> bool:
        """Forgets a fault. Whether it was there."""
        with self._lock:
            found = self._faults.pop(fault_id, None)
            if found is not None:
                self._write()
            return found is not None

    def of(self, kind: Kind) -> list[Fault]:
        """Those of a kind, the earliest first."""
        if not self._faults:  # as nearly always
            return []
        with self._lock:
            return [fault for fault in self._faults.values() if fault.kind is kind]

    def __contains__(self, fault_id: str) -> bool:
        return fault_id in self._faults

    def use(self, fault: Fault) -> bool:
        """Takes one of a fault's times for an attempt at a job. False where none is left."""
        with self._lock:
            known = self._faults.get(fault.id)
            if known is None or known.is_spent:
                return False
            self._use(known)
            return True

    def of_request(self, service: str, operation: str) -> list[Fault]:
        """Those that befall this request, each counted; one that is spent is gone."""
        if not self._faults:
            return []
        with self._lock:
            struck = [
                each for each in self._faults.values() if self._strikes(each, service, operation)
            ]
            for fault in struck:
                self._use(fault)
                if self._faults[fault.id].is_spent:
                    del self._faults[fault.id]
                    self._write()
            return struck

    def _strikes(self, fault: Fault, service: str, operation: str) -> bool:
        if fault.kind is not Kind.SERVICE or fault.service not in ("*", service):
            return False
        if not fnmatchcase(operation, fault.operation):
            return False
        draw = self._draws.setdefault(fault.id, random.Random(fault.seed))  # noqa: S311 - no secret
        return draw.random() < fault.rate

    def _use(self, fault: Fault) -> None:
        """Only what has an end is written down: a file per request would slow all of them."""
        known = self._faults.get(fault.id)
        if known is None:
            return
        self._faults[fault.id] = replace(known, used=known.used + 1)
        if known.times is not None:
            self._write()

    def _write(self) -> None:
        if self._file is None:
            return
        faults = [fault.to_document() for fault in self._faults.values()]
        document: dict[str, Any] = {"next": self._next, "faults": faults}
        write_json(self._file, document)
