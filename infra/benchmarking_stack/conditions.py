"""Conditions, and other things made of the parameters."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnCondition, Fn, ICfnRuleConditionExpression, Stack, Token

ON_AWS = "OnAws"
_TWO_ZONES = "us-west-1"
"""New accounts see only two zones of this region."""


def declare(stack: Stack) -> None:
    """Declare them; parts refer to them by name."""
    for name in ("ImageUri", "BucketName", "StandIn", "NotificationEmail"):
        _condition(stack, f"Has{name}", _is_given(Fn.ref(name)))
    for name in ("CampaignInstanceTypes", "CampaignSpotInstanceTypes", "MultinodeInstanceTypes"):
        # An empty list still has one element, the empty text
        _condition(stack, f"Has{name}", _is_given(Fn.join("", Token.as_list(_ref(name)))))
    for name in ("DesiredvCpus", "MonthlyBudgetUsd"):
        nothing = Fn.condition_equals(Fn.ref(name), "0")
        _condition(stack, f"Has{name}", Fn.condition_not(nothing))
    _condition(stack, ON_AWS, Fn.condition_equals(Fn.ref("Platform"), "aws"))
    _condition(stack, "HasTwoZones", Fn.condition_equals(Fn.ref("AWS::Region"), _TWO_ZONES))


def if_given(name: str, otherwise: object) -> Any:  # noqa: ANN401 - a token for any property
    """The parameter, or `otherwise` where it was left empty."""
    return Fn.condition_if(f"Has{name}", _ref(name), otherwise)


def number(name: str) -> Any:  # noqa: ANN401 - a token
    """A parameter where a number is wanted."""
    return Token.as_number(_ref(name))


def _ref(name: str) -> Any:  # noqa: ANN401 - a token
    return {"Ref": name}


def _is_given(text: str) -> ICfnRuleConditionExpression:
    return Fn.condition_not(Fn.condition_equals(text, ""))


def _condition(stack: Stack, name: str, expression: Any) -> None:  # noqa: ANN401 - two types
    CfnCondition(stack, name, expression=expression)
