"""The index of reports: what it says of one run, and the pages of many."""

from geoschem_bench.report.index.building import Index, IndexedRun, build_index, build_local_index
from geoschem_bench.report.index.entry import RunEntry, entry_of

__all__ = ["Index", "IndexedRun", "RunEntry", "build_index", "build_local_index", "entry_of"]
