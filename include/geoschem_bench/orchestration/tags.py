"""What all our DAGs have in common."""

TAG = "geoschem-bench"
