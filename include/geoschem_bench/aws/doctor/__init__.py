"""`stack doctor`: whether benchmarks can run, asked of AWS one question after the other."""

from geoschem_bench.aws.doctor.examining import examine
from geoschem_bench.aws.doctor.finding import Finding, State
from geoschem_bench.aws.doctor.patient import Patient

__all__ = ["Finding", "Patient", "State", "examine"]
