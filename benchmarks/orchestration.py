"""How the orchestration compares with what else there is; each prints a table and its ratios.

python -m benchmarks.orchestration parse        a suite of 1,000 benchmarks
"""

from __future__ import annotations

import sys

from benchmarks.parsing import parse

MEASURED = {"parse": parse}


def main(arguments: list[str]) -> int:
    """Print the tables asked for; all when none was named."""
    unknown = [name for name in arguments if name not in MEASURED]
    if unknown:
        print(f"{unknown[0]}: is none of {', '.join(MEASURED)}", file=sys.stderr)
        return 2
    for name in arguments or MEASURED:
        print(MEASURED[name](), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
