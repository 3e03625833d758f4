"""Waiting for a job in the triggerer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from airflow.providers.amazon.aws.triggers.batch import BatchJobTrigger
from airflow.triggers.base import TriggerEvent


class BenchmarkJobTrigger(BatchJobTrigger):
    """The provider's trigger, whose every end is an event.

    An exception in a trigger fails its task behind the operator's back: no `job.json` would be
    written and the job would run on unnoticed. So a poll that cannot be made is an event too; the
    operator asks Batch itself, and waits on where the job still runs.
    """

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the job has ended or a poll fails."""
        try:
            async for event in super().run():
                if event.payload.get("status") == "success":
                    yield event
                    return
                message = str(event.payload.get("message"))
        except Exception as error:  # see the class
            message = f"{type(error).__name__}: {error}"
        # If AWS refuses every poll, one a period is enough
        await asyncio.sleep(self.waiter_delay)
        job_id = self.serialized_fields["job_id"]
        end = {"status": "error", "message": message, "job_id": job_id}
        yield TriggerEvent(end)  # type: ignore[no-untyped-call]  # Airflow's own
