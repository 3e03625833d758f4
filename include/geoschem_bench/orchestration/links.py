"""Links from a task in Airflow to its job, its log and the report of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

    from geoschem_bench.aws.batch import Job
    from geoschem_bench.orchestration.run_context import Parts


_shown: dict[str, str] = {}
"""By name; a task has its process for itself."""


class _Link(BaseOperatorLink):
    """Airflow asks for it when the task ends; `show` tells it before."""

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:  # noqa: ANN401 - Airflow's own
        """The address; empty where there is none."""
        return _shown.get(self.name, "")


class JobLink(_Link):
    """To the Batch job."""

    name = "Batch job"


class LogLink(_Link):
    """To what the job printed."""

    name = "Job's log"


class ReportLink(_Link):
    """To the report of the run."""

    name = "Report"


LINKS = (JobLink(), LogLink(), ReportLink())


def show(ti: Any, found: dict[str, str]) -> None:  # noqa: ANN401 - Airflow's own
    """Let Airflow's page have them from now on."""
    _shown.clear()
    _shown.update(found)
    for link in LINKS:
        if link.name in found:
            ti.xcom_push(key=link.xcom_key, value=found[link.name])


def addresses(
    job_id: str, job: Job | None, output_path: str, report: str, parts: Parts
) -> dict[str, str]:
    """Addresses by the links' names.

    On AWS they are pages of its console. The sandbox has no console: there they are the files
    themselves, signed for a week.

    Args:
        job_id: In Batch.
        job: As Batch described it; None while nothing of it is known.
        output_path: `s3://…/`, where the job writes.
        report: `s3://…/report.html`.
        parts: Of this installation.
    """
    found = {ReportLink.name: report_address(report, parts)}
    if parts.settings.endpoint_url:
        signed = parts.objects.signed_url
        return found | {
            JobLink.name: signed(output_path + "job.json"),
            LogLink.name: signed(output_path + "run.log"),
        }
    region = parts.settings.region
    console = f"https://{region}.console.aws.amazon.com"
    found[JobLink.name] = f"{console}/batch/home?region={region}#jobs/detail/{job_id}"
    if job and job.log_stream:
        group, stream = (_twice(each) for each in (job.log_group, job.log_stream))
        found[LogLink.name] = (
            f"{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}"
            f"/log-events/{stream}"
        )
    return found


def report_address(report: str, parts: Parts) -> str:
    """Where a person opens `s3://…/report.html`: in AWS's console, or the sandbox's file itself."""
    if parts.settings.endpoint_url:
        return parts.objects.signed_url(report)
    return report_page(report, parts.settings.region)


def report_page(report: str, region: str) -> str:
    """The page of AWS's console where `s3://…/report.html` is opened."""
    bucket, _, key = report.removeprefix("s3://").partition("/")
    console = f"https://{region}.console.aws.amazon.com"
    return f"{console}/s3/object/{bucket}?region={region}&prefix={quote_plus(key)}"


def _twice(text: str) -> str:
    """As CloudWatch's page wants names in its fragment: quoted twice, `%` as `$`."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
