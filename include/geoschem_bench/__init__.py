"""Performance benchmarks of GEOS-Chem in the cloud.

In a notebook: `import geoschem_bench as gb; gb.results("published")`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from geoschem_bench.frames import compare, results

__version__ = "0.1.0"

__all__ = ["__version__", "compare", "results"]


def __getattr__(name: str) -> Callable[..., pd.DataFrame]:
    """Heavy imports (pandas, pydantic, matplotlib) wait until they are asked for."""
    if name not in ("compare", "results"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # by its name: an import statement would tie every module that asks for the version to all
    # of the house, which `lint-imports` refuses
    frames = import_module(f"{__name__}.frames")
    found: Callable[..., pd.DataFrame] = getattr(frames, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
