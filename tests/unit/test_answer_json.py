"""The JSON of an answer is what docs/answer-json.md says, field for field."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.answer_json import answer_json, answer_object
from agent.contracts import Option, Plan
from db.semantic.schema import Text
from tests.unit.answers import answer, evidence
from tools.evidence import Value

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "answer-json.md").read_text("utf-8")


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Every field, as the document writes it; arguments of tools are the tools' own."""
    for key, item in value.items():
        name = f"{at}.{key}" if at else key
        listed = isinstance(item, list) and item and isinstance(item[0], dict)
        yield f"{name}[]" if isinstance(item, list) else name
        if key != "args" and (listed or isinstance(item, dict)):
            yield from paths(item[0] if listed else item, f"{name}[]" if listed else name)


def test_the_documented_example_is_what_the_code_writes() -> None:
    example = re.search(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    assert example is not None
    assert example[1].strip() == answer_json(answer(), indent=2)


def test_every_field_is_documented_in_order() -> None:
    documented = re.findall(r"^\| `([^`]+)` \|", DOCUMENT, re.MULTILINE)
    assert documented == list(paths(answer_object(answer())))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("4596039.58"), "4596039.58"),
        (Decimal("3.00"), "3.0"),
        (Decimal("NaN"), "null"),
        (math.inf, "null"),
        (None, "null"),
        (41, "41"),
        ("2017-12-01", '"2017-12-01"'),
        (True, "true"),
    ],
)
def test_values_are_plain_json(value: Value, written: str) -> None:
    shown = replace(answer(), evidence=(evidence(rows=(("GROCERY", value),)),))
    assert json.dumps(answer_object(shown)["evidence"][0]["rows"][0][1]) == written
    json.loads(answer_json(shown))


def test_labels_and_texts_are_in_the_answers_language() -> None:
    chinese = answer_object(answer(language="zh"))
    assert chinese["evidence"][0]["title"] == "2017年各部门的销售额"
    assert chinese["evidence"][0]["columns"][1]["label"] == "销售额"
    assert chinese["facts"][0]["text"] == "杂货最高：$2,315,299.04。"
    assert "销售额" in answer_json(answer(language="zh"))


def test_the_readings_of_a_clarifying_question_are_suggestions() -> None:
    options = (
        Option(Text(en="Orders", zh="订单"), "How many orders?"),
        Option(Text(en="Units", zh="件数"), "How many units?"),
    )
    plan = Plan("clarify", message=Text(en="Which?", zh="哪个？"), options=options, source="code")
    asked = replace(answer(), status="clarify", plan=plan, evidence=(), facts=(), suggestions=(), model=None)
    shown = answer_object(asked)
    assert shown["suggestions"] == ["How many orders?", "How many units?"]
    assert (shown["plan"], shown["charts"], shown["model"]) == ([], [], None)
