"""`python -m geoschem_bench.suite > include/configs/suite.schema.json`: the schema for editors."""

from __future__ import annotations

import sys

from geoschem_bench.suite.schema import schema_text

sys.stdout.write(schema_text())
