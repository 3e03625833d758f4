"""Performance benchmarks of GEOS-Chem in the cloud."""

__version__ = "0.1.0"
