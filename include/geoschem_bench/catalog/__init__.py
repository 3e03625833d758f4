"""The instance catalogue: what EC2's instance types are and where they are offered.

`load_catalog` gives the dated snapshot that ships with the package, or the file that
`geoschem-bench catalog refresh` wrote and GEOSCHEM_BENCH_CATALOG names. Nothing is read
before it is asked for: importing this package opens no file.
"""

from geoschem_bench.catalog.architectures import ARCHITECTURES, normalise_architecture
from geoschem_bench.catalog.local import local_instance
from geoschem_bench.catalog.model import Catalog, InstanceType
from geoschem_bench.catalog.storage import (
    CATALOG_VARIABLE,
    load_catalog,
    read_catalog,
    write_catalog,
)

__all__ = [
    "ARCHITECTURES",
    "CATALOG_VARIABLE",
    "Catalog",
    "InstanceType",
    "load_catalog",
    "local_instance",
    "normalise_architecture",
    "read_catalog",
    "write_catalog",
]
