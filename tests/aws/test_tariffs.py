"""By whose prices an answer is counted where nobody said."""

import pytest

from geoschem_bench.cli.tariffs import asked_region, tariff_for
from geoschem_bench.errors import UserError
from tests.unit.factories import make_model_result


@pytest.fixture(autouse=True)
def nobody_said(monkeypatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)


def runs(*regions):
    return [
        make_model_result(aws_region=region, benchmark_id=f"B-{number}")
        for number, region in enumerate(regions)
    ]


def test_the_option_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert (asked_region("us-east-1"), asked_region(None)) == ("us-east-1", "eu-west-1")


def test_an_option_that_is_no_region_is_a_mistake_and_the_environments_is_taken_as_it_is(
    monkeypatch,
):
    with pytest.raises(UserError, match="no region of AWS in the catalogue"):
        asked_region("us-esat-1")
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    assert asked_region(None) == "cn-north-1"


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (["eu-west-1", "eu-west-1"], "eu-west-1"),
        (["eu-west-1", None], "eu-west-1"),
        (["eu-west-1", "us-east-1"], "us-west-2"),
        ([None], "us-west-2"),
    ],
)
def test_where_all_ran_else_the_default(regions, expected):
    assert tariff_for(runs(*regions), None).region == expected
    assert tariff_for(runs(*regions), "us-east-1", spot=True).region == "us-east-1"


def test_an_earlier_submission_has_no_say():
    (first,) = runs("us-west-2")
    second = first.model_copy(update={"submission": 2, "aws_region": "eu-west-1"})
    assert tariff_for([first, second], None).region == "eu-west-1"
