"""The classifier that tells which tool a clause asks for, and what words make of its chances."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.contracts import Reading, ToolAsk
from agent.evaluation import dimensions
from agent.evaluation.routing import read_questions, source_of
from agent.understand.meaning import CERTAIN, WEIGHTS, Said, settled
from agent.understand.ordinary import WORDS
from db.errors import ArtifactDamaged
from models import routing
from models.routing import RoutingModel, features, fit
from tools.registry import planned_tools

TOOLS = {tool.name: tool for tool in planned_tools()}
SETS = Path(__file__).parents[1] / "evals"


@pytest.fixture(scope="module")
def shipped() -> RoutingModel:
    with as_file(files("prompts") / WEIGHTS) as path:
        return RoutingModel.load(path)


def test_the_shipped_weights_belong_to_the_examples(shipped: RoutingModel) -> None:
    assert shipped.source == source_of(), "run: python -m agent.evaluation.routing"
    assert set(shipped.names) == {*TOOLS, "clarify", "out_of_scope"}


def test_the_ordinary_words_are_those_of_the_examples() -> None:
    source, *words = (files("prompts") / WORDS).read_text(encoding="utf-8").split()
    assert source == source_of(), "run: python -m agent.evaluation.ordinary"
    assert words == sorted(set(words))


def test_no_question_of_the_evaluation_is_an_example() -> None:
    taught = (*read_questions().values(), *dimensions.read_questions().values())
    examples = {q.casefold().rstrip("?？。.!！ ") for own in taught for q in own}
    asked = {
        json.loads(line)["question"].casefold().rstrip("?？。.!！ ")
        for path in SETS.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert not examples & asked


def test_a_model_comes_back_from_its_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "BUCKETS", 128)
    texts = [f"{word} number {i}" for i in range(8) for word in ("forecast", "draft", "mail")]
    kinds = [text.split()[0] for text in texts]
    vectors = np.random.default_rng(0).normal(size=(len(texts), 384)).astype(np.float32)
    model = fit(texts, kinds, vectors, [()] * len(texts))
    model.save(tmp_path / "m.npz")
    back = RoutingModel.load(tmp_path / "m.npz")
    for text, vector in zip(texts, vectors, strict=True):
        before, after = model.chances(text, vector, ()), back.chances(text, vector, ())
        assert [c.name for c in before] == [c.name for c in after]
        assert before[0].name == text.split()[0]
        assert after[0].chance == pytest.approx(before[0].chance, abs=0.02)


def test_a_file_that_is_none_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(b"no such file")
    with pytest.raises(ArtifactDamaged):
        RoutingModel.load(tmp_path / "m.npz")


def test_numbers_are_alike_and_marks_are_features_of_their_own() -> None:
    assert features("customer 718", ())[:2] == features("customer 22", ())[:2]
    assert features("customer 718", ("id:customers",))[2]


WHO = Reading("who is drifting off", (), (), metric_options=tuple("abcdefgh"), unread=("drifting",))
FIGURE = replace(WHO, metrics=("revenue",), metric_options=())
RANKING = replace(FIGURE, order_by="metric", direction="asc", limit=1)
WORDED = replace(WHO, ask=ToolAsk(words=("find_audience",)))
ALERT = replace(FIGURE, text="tell me if revenue was odd", ask=ToolAsk(words=("set_alert",)))


@pytest.mark.parametrize(
    ("reading", "chances", "said", "open_"),
    [
        (WHO, {"segment_customers": 0.9, "find_audience": 0.1}, Said(), ("segment_customers",)),
        (WHO, {"segment_customers": 0.45, "find_audience": 0.4}, Said(), ("segment_customers",)),
        (
            WHO,
            {"segment_customers": 0.4, "find_audience": 0.35, "out_of_scope": 0.25},
            Said(),
            ("segment_customers", "find_audience", "out_of_scope"),
        ),
        (WHO, {"out_of_scope": 0.9, "segment_customers": 0.1}, Said(), ("out_of_scope",)),
        (WHO, {"query_metrics": 0.9, "clarify": 0.1}, Said(), ("clarify",)),  # a figure that no word names
        (FIGURE, {"segment_customers": 0.7, "query_metrics": 0.3}, Said(clear=True), ("query_metrics",)),
        (FIGURE, {"segment_customers": CERTAIN + 0.05, "query_metrics": 0.1}, Said(clear=True), ("segment_customers",)),
        (FIGURE, {"segment_customers": 0.95, "query_metrics": 0.05}, Said(parted=True), ("query_metrics",)),
        (FIGURE, {"forecast": 0.95, "query_metrics": 0.05}, Said(past=True), ("query_metrics",)),
        (WHO, {"forecast": 0.9, "out_of_scope": 0.1}, Said(), ("out_of_scope",)),  # "forecast the weather"
        (replace(WHO, group_by=("store",)), {"explain_change": 0.9, "clarify": 0.1}, Said(), ("explain_change",)),
        (FIGURE, {"query_metrics": 0.9, "forecast": 0.1}, Said(ahead=True), ("forecast",)),  # "tomorrow's orders?"
        (FIGURE, {"forecast": 0.95, "query_metrics": 0.05}, Said(clear=True), ("query_metrics",)),
        (RANKING, {"detect_anomalies": 0.95, "query_metrics": 0.05}, Said(clear=True), ("query_metrics",)),
        (WORDED, {"segment_customers": 0.6, "find_audience": 0.4}, Said(), ("find_audience",)),  # words break the tie
        (WORDED, {"segment_customers": 0.75, "find_audience": 0.25}, Said(), ("segment_customers",)),
        (WORDED, {"segment_customers": 0.9, "find_audience": 0.1}, Said(), ("segment_customers",)),
        (ALERT, {"set_alert": 0.9, "detect_anomalies": 0.1}, Said(), ("set_alert",)),
        (ALERT, {"set_alert": 0.4, "detect_anomalies": 0.6}, Said(past=True), ("detect_anomalies",)),
    ],
)  # fmt: skip
def test_words_hold_against_chances(reading: Reading, chances: Any, said: Said, open_: tuple[str, ...]) -> None:
    assert settled(reading, chances, TOOLS, said).ask.open == open_


def test_what_the_store_lacks_yields_to_the_handbook_where_no_figure_is_meant() -> None:
    lacking = replace(WHO, unavailable=("delivery",), ask=ToolAsk())
    unsure = {"search_knowledge": 0.7, "out_of_scope": 0.3}
    assert settled(lacking, unsure, TOOLS).ask.open == ("search_knowledge",)
    lacking = replace(lacking, group_by=("store",))  # "average delivery time by store"
    assert settled(lacking, unsure, TOOLS).ask.open == ("out_of_scope",)
    assert settled(lacking, {"search_knowledge": 0.95, "out_of_scope": 0.05}, TOOLS).ask.open == ("search_knowledge",)
    worded = replace(lacking, ask=ToolAsk(words=("search_knowledge",)))
    assert settled(worded, unsure, TOOLS).ask.open == ("search_knowledge",)
