"""Real questions to the real local model on the real data: right figures, grounded words, both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ask import Analyst
from agent.verify import grounded_numbers
from models.llm import LanguageModel
from tests.flow import analyst, open_journey, question


@pytest.fixture(scope="module")
def asked(journey_folder: Path, default: LanguageModel) -> Iterator[Analyst]:
    opened = analyst(open_journey(journey_folder), default)
    yield opened
    opened.close()


ANSWERED = [
    ("How much revenue did we make last month?", "$421,882.29"),
    ("how many orders in november 2017 compared with october?", "12,716"),
    ("Which five departments brought in the most revenue in 2017?", "GROCERY $2,315,299.04"),
    ("average order value by month in Q4 2017", "December 2017 $32.23"),
    ("what share of revenue is private label in Q4 2017", "27.4%"),
    ("revenue in december 2017 without fuel", "$396,977.29"),
    ("上个月的销售额是多少？", "$421,882.29"),
    ("2017年第四季度每个月的订单数", "13,252"),
    ("2017年12月复购率比11月高吗", "84.6%"),
    ("去年销售额最高的三个部门", "$2,315,299.04"),
]


@pytest.mark.parametrize(("text", "figure"), ANSWERED)
def test_answers_state_the_right_figure(asked: Analyst, text: str, figure: str) -> None:
    answer = asked.ask(question(text))
    assert answer.status == "answered"
    assert figure in answer.text
    assert answer.replaced_sentences == 0
    assert grounded_numbers(answer.text, answer.facts) == 0
    assert answer.evidence[0].sql


@pytest.mark.parametrize("text", ["write a poem about spring", "will it rain tomorrow", "今天天气怎么样"])
def test_other_subjects_are_out_of_scope(asked: Analyst, text: str) -> None:
    answer = asked.ask(question(text))
    assert answer.status == "out_of_scope"
    assert not answer.evidence


def test_a_conversation_goes_on(asked: Analyst) -> None:
    assert "$385,552.25" in asked.ask(question("revenue in november 2017", "talk")).text
    assert "GROCERY" in asked.ask(question("and by department?", "talk")).text
    october = asked.ask(question("那10月呢？", "talk"))
    assert october.language == "zh"
    assert october.text.startswith("2017年10月")
