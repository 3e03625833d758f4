"""Whether a failed attempt is followed by another."""

from __future__ import annotations

from geoschem_bench.sandbox.batch.shelf import Document


def is_retried(
    strategy: Document, attempts_made: int, exit_code: int | None, reason: str, status_reason: str
) -> bool:
    """Applies a `retryStrategy`: the first entry whose conditions all hold decides.

    When none holds the attempt is retried, as AWS documents.
    """
    if attempts_made >= int(strategy.get("attempts", 1)):
        return False
    seen = {
        "onExitCode": "" if exit_code is None else str(exit_code),
        "onReason": reason,
        "onStatusReason": status_reason,
    }
    for rule in strategy.get("evaluateOnExit", []):
        if all(_matches(rule[key], text) for key, text in seen.items() if key in rule):
            return str(rule["action"]).upper() == "RETRY"
    return True


def _matches(pattern: str, text: str) -> bool:
    """Batch's globs know one thing: an asterisk at the end."""
    if pattern.endswith("*"):
        return bool(text) and text.startswith(pattern[:-1])
    return text == pattern
