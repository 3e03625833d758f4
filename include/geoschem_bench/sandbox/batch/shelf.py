"""Documents by name, in memory and each in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geoschem_bench.sandbox.files import file_name, json_files, read_json, write_json

Document = dict[str, Any]
"""A JSON object in the words of AWS."""


class Shelf:
    """Documents that are written through: what `put` returned from is on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._documents: dict[str, Document] = {}
        for path in json_files(folder):
            stored = read_json(path)
            self._documents[stored["name"]] = stored["document"]

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._documents.values()))

    def __contains__(self, name: str) -> bool:
        return name in self._documents

    def get(self, name: str) -> Document | None:
        """The document, or nothing."""
        return self._documents.get(name)

    def put(self, name: str, document: Document) -> None:
        """Keeps a document, replacing the one of this name."""
        write_json(self._path(name), {"name": name, "document": document})
        self._documents[name] = document

    def delete(self, name: str) -> None:
        """Forgets a document; it must be there."""
        self._path(name).unlink()
        del self._documents[name]

    def _path(self, name: str) -> Path:
        return self._folder / f"{file_name(name)}.json"
