"""AWS Batch as far as benchmarks need it, with jobs that really run.

moto's own Batch drops overrides, retries and exit codes and finishes every job at once, so
nothing that waits, fails or is cancelled could be tested against it.
"""
