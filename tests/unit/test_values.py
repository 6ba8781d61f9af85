"""Values of arguments that no word of a tool names, and words that sound like one of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import as_file, files

import pytest

from agent.contracts import Reading, ToolAsk
from agent.evaluation.routing import UNCLEAR, read_labels, source_of
from agent.stores import store_yaml
from agent.understand.asking import ToolWords
from agent.understand.lexicon import Lexicon
from agent.understand.spelling import Speller
from agent.understand.values import ARGUMENTS, weights_of, with_values
from agent.understand.vocabulary import Term, Vocabulary
from db.semantic.load import load_store_schema
from db.semantic.query import Filter
from models.routing import RoutingModel
from tools.registry import planned_tools

WORDS = ToolWords(planned_tools())
BREAD = Filter(dimension="category", op="in", values=("BREAD",))
SHELF = Reading("what stands by the bread", (), (), filters=(BREAD,), ask=ToolAsk(open=("recommend_products",)))


class Router:
    """Gives every argument the same chances, and keeps the marks that it was shown."""

    tools = WORDS
    lexicon = Lexicon(load_store_schema(store_yaml("journey")), lambda dimension: ())

    def __init__(self, chances: Mapping[str, float]) -> None:
        self.chances = chances
        self.shown: list[tuple[str, ...]] = []

    def classified(self, weights: str, text: str, marked: Callable[[], tuple[str, ...]]) -> Mapping[str, float]:
        self.shown.append(tuple(mark for mark in marked() if mark.startswith("value:")))
        return self.chances


@pytest.mark.parametrize(("name", "field"), ARGUMENTS)
def test_the_weights_of_an_argument_belong_to_its_labels(name: str, field: str) -> None:
    labels = read_labels(WORDS, name, field)
    with as_file(files("prompts") / weights_of(name, field)) as path:
        shipped = RoutingModel.load(path)
    assert shipped.source == source_of(), "run: python -m agent.evaluation.routing"
    assert UNCLEAR not in labels
    for value in shipped.names:
        WORDS.tools[name].arguments.model_validate({field: value})


GOAL, NEW = ("recommend_products", "goal", ("with_product",)), ("recommend_products", "goal", ("new",))
FORMAT = ("recommend_products", "format", ("csv",))  # an argument without a classifier


@pytest.mark.parametrize(
    ("chances", "ask", "choices"),
    [
        ({"with_product": 0.7}, SHELF.ask, (GOAL,)),
        ({"with_product": 0.4}, SHELF.ask, (GOAL,)),  # the likeliest
        ({"for_customer": 0.9}, SHELF.ask, ()),  # the tool's own default
        ({"for_customer": 0.9}, replace(SHELF.ask, choices=(NEW,)), ()),  # a word that says something else there
        ({"with_product": 0.9}, replace(SHELF.ask, choices=(NEW, FORMAT)), (FORMAT, GOAL)),
        ({"with_product": 0.9}, replace(SHELF.ask, choices=(NEW,), again=True), (NEW,)),  # the turn before's, and words
        ({"leaving": 0.9}, ToolAsk(open=("forecast",)), ()),
    ],
)
def test_the_likeliest_value_is_taken(
    chances: Mapping[str, float], ask: ToolAsk, choices: tuple[tuple[str, str, tuple[str, ...]], ...]
) -> None:
    assert with_values(replace(SHELF, ask=ask), Router(chances)).ask.choices == choices  # type: ignore[arg-type]


def test_goods_go_with_goods_that_are_named() -> None:
    chances = {"with_product": 0.8, "reorder": 0.1}
    families = Filter(dimension="kids", op="in", values=("2",))
    alone = replace(SHELF, filters=(families,))
    assert with_values(alone, Router(chances)).ask.choices == (("recommend_products", "goal", ("reorder",)),)  # type: ignore[arg-type]
    them = replace(alone, ask=replace(alone.ask, them=True))
    assert with_values(them, Router(chances)).ask.choices == (GOAL,)  # type: ignore[arg-type]


@pytest.mark.parametrize(("chance", "goal"), [(0.25, "new"), (0.1, "with_product")])
def test_a_value_in_words_comes_first_where_it_is_likely(chance: float, goal: str) -> None:
    asked = replace(SHELF, text="something they have never bought, beside the bread")
    router = Router({"with_product": 1 - chance, "new": chance})
    assert with_values(asked, router).ask.choices == (("recommend_products", "goal", (goal,)),)  # type: ignore[arg-type]
    assert "value:new" in router.shown[0]


def test_words_for_a_value_are_marks() -> None:
    router = Router({"leaving": 0.9})
    asked = replace(SHELF, text="clusters of loyal customers", ask=ToolAsk(open=("segment_customers",)))
    with_values(asked, router)  # type: ignore[arg-type]
    assert router.shown == [("value:clusters",), ("value:loyal",)]


def test_an_ordinary_word_is_no_slip_for_one_that_sounds_alike() -> None:
    speller = Speller(Vocabulary([("净利", Term("metric", "net_profit")), ("订单", Term("metric", "orders"))]))
    assert speller.correct("经理想看定单", ["经理想看定单"]) == ("经理想看订单", (("定单", "订单"),))
    assert speller.correct("静利多少", ["静利"]) == ("净利多少", (("静利", "净利"),))
