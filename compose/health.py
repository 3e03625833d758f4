"""Exits 0 if a component of Airflow says of itself that it works: `health.py scheduler`.

Asks the api-server, which costs a hundredth of what `airflow jobs check` costs: every half minute,
in every service, that would keep a core busy.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request

_ANSWER_SECONDS = 8


def _main(component: str) -> None:
    url = os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("/execution/")
    answer = urllib.request.urlopen(  # noqa: S310 - our own api-server
        f"{url}/api/v2/monitor/health", timeout=_ANSWER_SECONDS
    )
    health = json.load(answer)
    parts = [component] if component != "api-server" else ["metadatabase"]
    for part in parts:
        state = (health.get(part.replace("-", "_")) or {}).get("status")
        if state != "healthy":
            sys.exit(f"{part} is {state or 'unknown'}")


if __name__ == "__main__":
    try:
        _main(sys.argv[1])
    except OSError as error:
        sys.exit(f"the api-server does not answer: {error}")
