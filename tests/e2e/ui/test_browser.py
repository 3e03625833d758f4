"""As a person does it: log in, trigger a suite from its form, watch it end, open its report."""

import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.ui.conftest import status

DAG = "geoschem_bench_browse"
BENCHMARK = "phase_1.BROWSE-ONE"
RUN_MS = 240_000
"""For a run of one short benchmark beside its servers, on a computer that is busy with others."""


@pytest.fixture
def site(program, first_up):
    """What `ui status --json` says of Airflow's servers."""
    return status(program)


@pytest.fixture(scope="module")
def chromium():
    """Debian's; Playwright's own would have to be loaded from elsewhere."""
    program = shutil.which("chromium") or pytest.fail("chromium is not installed (apt-get)")
    with sync_playwright() as playwright:
        # QUIC and the sandbox of Chromium need more rights than a container's root has
        options = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


@pytest.fixture
def page(site, chromium):
    """Airflow's pages, logged in."""
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(site["url"])
    page.locator("input[name=username]").fill(site["user"])
    login = json.loads(Path(site["password_file"]).read_text())
    page.locator("input[name=password]").fill(login[site["user"]])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="geoschem-bench: the sandbox")).to_be_visible()
    yield page
    page.close()


@pytest.fixture
def shoot():
    """Takes a screenshot where GEOSCHEM_BENCH_SCREENSHOTS names a folder for them."""
    folder = os.environ.get("GEOSCHEM_BENCH_SCREENSHOTS")

    def take(page, name):
        if folder:
            page.wait_for_load_state("networkidle")
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take


def test_a_suite_from_its_form_to_its_report(site, page, shoot):
    page.goto(f"{site['url']}/dags/{DAG}")
    read_what_the_suite_is(page, shoot)
    trigger_with(page, shoot, repetitions="2")
    state = page.get_by_role("heading", name="manual__").locator("..").get_by_test_id("state-badge")
    expect(state).to_have_text("Success", timeout=RUN_MS)
    shoot(page, "run")
    report = open_report(page, shoot)
    expect(report.get_by_role("heading", name="browse")).to_be_visible()
    expect(report.get_by_text("1 of 1 benchmarks succeeded")).to_be_visible()
    expect(report.get_by_text("Proxy workload", exact=False).first).to_be_visible()
    shoot(report, "report")


def read_what_the_suite_is(page, shoot):
    page.get_by_role("button", name="Dag Docs").click()
    documentation = page.get_by_role("dialog")
    for said in (
        "Browse",
        "geos-chem-x86-queue",
        "BROWSE-ONE",
        "simulation_type: TransportTracers",
    ):
        expect(documentation.get_by_text(said).first).to_be_visible()
    shoot(page, "suite")
    page.keyboard.press("Escape")


def trigger_with(page, shoot, repetitions):
    """Fills the form in, and lands on the page of the run."""
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    for choice in ("Single node", "Multi node", "Specialised", "Real world"):
        expect(form.get_by_text(choice).first).to_be_visible()
    form.get_by_label("Repetitions").or_(form.locator("#element_repetitions")).first.fill(
        repetitions
    )
    shoot(page, "form")
    form.get_by_role("button", name="Trigger", exact=True).click()
    page.wait_for_url("**/runs/manual__*")


def open_report(page, shoot):
    """By the link of the benchmark's task; it opens in a tab of its own."""
    page.get_by_role("link", name=BENCHMARK).first.click()
    page.get_by_role("link", name="Details", exact=True).click()
    shoot(page, "task")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Report").click()
    return opened.value
