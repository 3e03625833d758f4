import json
import re
from html.parser import HTMLParser

import pytest

from geoschem_bench.analysis import analyse
from geoschem_bench.recommendation import recommend
from geoschem_bench.records import Rejected
from geoschem_bench.report import build_report
from tests.unit.factories import make_failure, make_model_result, make_result, sandbox_plan
from tests.unit.report.reports import MADE_AT, fresh_report_of, report_of

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}$x_1$ \ud800"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; refuses tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], {}
        self._open: list[str] = []
        self.feed(html.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        for tag in self._open[-1:]:
            self.text[tag] = self.text.get(tag, "") + data

    @property
    def words(self):
        return " ".join(" ".join(text for tag, text in self.text.items()
                                 if tag not in ("script", "style")).split())  # fmt: skip

    def attributes(self, *names):
        return [attrs[name] for _, attrs in self.elements for name in names if attrs.get(name)]


def mixed():
    return [
        make_result(threads=1),
        make_result(threads=2, wall_seconds=(5.5, 5.4, 5.6)),
        make_failure(),
        make_model_result(),
        make_model_result(observed_instance_type="c7i.4xlarge", wall_seconds=(5e3, 5.1e3, 5.2e3)),
    ]


def page(*results, **kwargs):
    return Page(report_of(results, **kwargs).html)


def test_two_builds_are_the_same_bytes():
    assert fresh_report_of(mixed()) == fresh_report_of(mixed())


def test_nothing_is_fetched():
    html = report_of(mixed()).html.decode()
    links = Page(html.encode()).attributes("src", "href", "xlink:href", "action", "data", "srcset")
    outside = [link for link in links if not link.startswith("#")]
    assert sorted(outside) == ["results.csv", "results.json"]
    assert all(url.startswith("#") for url in re.findall(r"url\(\s*['\"]?([^)'\"]*)", html))
    assert "@import" not in html
    assert {tag for tag, _ in Page(html.encode()).elements}.isdisjoint({"link", "img", "iframe"})
    assert html.count("<script") == 1, "the embedded JSON, which does not run"


def test_ids_are_unique_and_every_anchor_has_its_target():
    shown = page(*mixed())
    ids = shown.attributes("id")
    assert len(ids) == len(set(ids))
    targets = {link[1:] for link in shown.attributes("href", "xlink:href") if link[0] == "#"}
    targets |= set(shown.attributes("aria-labelledby"))
    assert targets
    assert targets <= set(ids)


def test_no_stand_in_colour_is_left():
    assert re.findall(rb"#0[0-9a-f]{5}\b", report_of(mixed()).html.split(b"<main>")[1]) == []


def test_what_others_wrote_comes_out_escaped():
    texts = dict.fromkeys(("description", "cpu_model", "machine_class", "memory_method",
                           "null_reason", "architecture", "simulation_type", "output_path",
                           "requested_instance_type", "suite"), HOSTILE)  # fmt: skip
    results = [
        make_result(**texts, threads=1, timers={HOSTILE: 3.0, "$x_1$": 4.0}),
        make_result(**texts, threads=2, timers={HOSTILE: 3.0, "$x_1$": 4.0}),
        make_failure(message=HOSTILE, log_tail=(HOSTILE, "second"), description=HOSTILE),
        make_model_result(observed_instance_type=HOSTILE, benchmark_id="A",
                          calibration={"version": HOSTILE}),
    ]  # fmt: skip
    report = report_of(results, rejected=[Rejected(HOSTILE, HOSTILE)])
    shown = Page(report.html)
    assert {tag for tag, _ in shown.elements}.isdisjoint({"img", "svg:script"})
    assert [attrs for tag, attrs in shown.elements if tag == "script"] == [
        {"type": "application/json", "id": "results-json"}
    ]
    assert not [name for _, attrs in shown.elements for name in attrs if name.startswith("on")]
    assert "{{ 7*7 }}" in shown.words, "shown as it was written, neither run nor dropped"
    assert "$x_1$" in shown.text["text"], "not set as mathematics in the figures"


def test_the_embedded_json_is_results_json():
    result = make_failure(message="</script><!-- <script> & \u2028 é")
    report = report_of([result])
    embedded = Page(report.html).text["script"]
    assert json.loads(embedded) == json.loads(report.json)
    assert "<" not in embedded
    assert json.loads(embedded)["results"][0]["message"] == result.message


def test_a_proxy_says_first_that_it_is_no_geos_chem():
    html = report_of([make_result()]).html.decode()
    banner = html.index("say nothing about instance types")
    assert banner < html.index("<main>")
    assert "Performance benchmark" in html[:banner]
    assert "say nothing about instance types" not in report_of([make_model_result()]).html.decode()


def test_asked_for_and_ran_on_are_two_fields():
    words = page(make_result(requested_instance_type="c7g.4xlarge")).words
    assert "c7g.4xlarge (on-demand)" in words
    assert "this computer, AMD EPYC 7B13, 2 vCPUs, x86_64" in words
    assert "not what was asked for" in words
    assert "not what was asked for" not in page(make_model_result()).words


def test_a_failure_shows_reason_message_exit_code_and_log():
    words = page(make_failure()).words
    for text in ("timeout", "Job attempt duration exceeded timeout", "exit code 137",
                 "chemistry: step 12 of 18", "0 of 1 benchmarks succeeded"):  # fmt: skip
        assert text in words


def test_a_rejected_manifest_is_listed_with_its_reason():
    words = page(make_result(), rejected=[Rejected("s3://b/x/manifest.json", "is no JSON")]).words
    assert "s3://b/x/manifest.json" in words
    assert "is no JSON" in words
    assert "1 manifest could not be read" in words


def test_every_repetition_is_on_the_page():
    result = make_result(wall_seconds=(10.11, 10.22, 10.33), warmup_wall_seconds=(12.34,))
    words = page(result).words
    for value in ("10.11", "10.22", "10.33", "12.34"):
        assert value in words


def test_earlier_submissions_are_mentioned_and_not_counted():
    name = make_result().benchmark_id
    words = page(make_failure(benchmark_id=name), make_result(submission=2)).words
    assert "1 of 1 benchmarks succeeded" in words
    assert "Submission 1 failed (timeout)" in words


def test_a_missing_recommendation_says_what_is_missing():
    words = page(make_result()).words
    assert "No instance type is recommended" in words
    assert "What is missing" in words


def test_the_same_advice_is_given_once():
    shown = page(make_result(), make_result(resolution="2x2.5", benchmark_id="B"))
    assert shown.words.count("No instance type is recommended") == 1
    for simulation in ("TransportTracers at 4x5", "TransportTracers at 2x2.5"):
        assert simulation in shown.text["h3"]


def test_a_recommendation_comes_with_its_evidence():
    fast = make_model_result()
    slow = make_model_result(observed_instance_type="c7i.4xlarge", wall_seconds=(5e3, 5e3, 5.01e3))
    words = page(fast, slow).words
    assert "Fastest: c7g.4xlarge" in words
    assert "2026-11-22 03:52 UTC" in words


def test_a_dry_run_shows_what_was_planned():
    words = page(plan=sandbox_plan(dry_run=True)).words
    assert "nothing was submitted" in words
    assert "PROXY-FULLCHEM-4x5-2T" in words
    assert "not submitted" in words


def test_a_phase_that_was_not_asked_for_is_said_to_be_skipped():
    words = page(plan=sandbox_plan()).words
    assert words.count("not asked for: skipped") == 3
    assert "no result" in words


def test_a_run_of_nothing_is_still_a_page():
    assert "No results" in page().words


def test_different_answers_are_said():
    words = page(make_result(threads=1), make_result(threads=2, field_sha256="cd" * 32)).words
    assert "different answers" in words


@pytest.mark.parametrize(
    "changes",
    [
        {"wall_seconds": (0.0, 0.0)},
        {"wall_seconds": (10.0,)},
        {"timers": {}},
        {"timers": {"_hidden": 3.0, "化学" * 300: 3.0, "\n": 1.0}},
        {"timers": {f"timer {n}": 1.0 for n in range(12)}},
        {"timers": {"transport": 0.0}},
        {"warmup_wall_seconds": ()},
        {"calibration": None},
        {"calibration": {}},
        {"benchmark_id": "A" * 64},
        {"started_at": None, "queue_seconds": None},
        {"simulated_days": 0.0},
    ],
)
def test_odd_results_make_a_page(changes):
    assert page(make_result(**changes)).elements


def test_threads_far_apart_are_drawn():
    results = [make_result(threads=n, wall_seconds=(64 / n, 65 / n, 66 / n)) for n in (1, 4, 64)]
    assert "Thread scaling" in page(*results).words


def test_many_benchmarks_of_many_series():
    results = [make_result(threads=n, machine_class=f"machine {m}", benchmark_id=f"B-{m}-{n}")
               for m in range(9) for n in (1, 2)]  # fmt: skip
    assert "machine 8" in page(*results).words


def test_build_report_takes_what_the_pipeline_has():
    results = mixed()
    analysis = analyse(results, sandbox_plan())
    advice = recommend(analysis.latest(results))
    report = build_report(sandbox_plan(), results, [], analysis, advice,
                          made_at=MADE_AT, version="0.1.0")  # fmt: skip
    assert "2026-11-22 03:51 UTC" in Page(report.html).words, "when the run was due"
