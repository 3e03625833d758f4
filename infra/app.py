"""`python infra/app.py` writes BenchmarkingStack.template.json; `cdk deploy` runs it too."""

import sys
from pathlib import Path


def main() -> None:
    """Write the committed template, or what the CDK command line asked for."""
    # Run as a file, only this folder is searched for modules
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from infra.benchmarking_stack.synthesis import run

    run()


if __name__ == "__main__":
    main()
