"""Answers that are kept: under pseudonyms, masked, their principal's alone, and shown again as they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from agent.answer_json import answer_object
from agent.contracts import Call, Option, Plan, Proposal, Question
from agent.kept import answer_of, kept_answer
from agent.memory import Memory
from agent.suggest import subject
from agent.understand.vocabulary import Vocabulary
from agent.verify import SoFar
from db.semantic.schema import Text
from db.state import State
from db.state.answers import Answers
from db.state.reviews import Reviews
from tests.unit.answers import SCHEMA, answer
from tools.evidence import Fact

NOW = datetime(2017, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(None, tmp_path) as opened:
        yield opened


def ask(state: State, number: int, principal: str = "ann", conversation: str = "c1", text: str = "Sales?") -> None:
    from agent.contracts import Principal

    question = Question(f"q{number}", text, conversation=conversation, principal=Principal(principal), via="chat")
    memory = Memory(state, lambda: NOW, answers=Answers(state))
    memory.remember(question, replace(answer(text), id=f"q{number}"))


def test_an_answer_comes_back_as_it_was() -> None:
    proposal = Proposal("p1", "set_alert", {"rule": {}}, Text(en="Tell you.", zh="通知。"))
    given = replace(answer(), proposals=(proposal,), corrections=(("slaes", "sales"),))
    back = answer_of(kept_answer(given))
    assert answer_object(back) | {"proposals": []} == answer_object(given) | {"proposals": []}
    assert back.corrections == given.corrections
    assert back.proposals[0].summary.en == "Tell you."
    assert back.evidence[0].chart == given.evidence[0].chart


def test_a_question_that_was_asked_back_keeps_its_readings() -> None:
    options = (Option(Text(en="Units", zh="销量"), "units?"),)
    plan = Plan("clarify", message=Text(en="Which?", zh="哪个？"), options=options, source="code")
    back = answer_of(kept_answer(replace(answer(language="zh"), status="clarify", plan=plan, suggestions=())))
    assert back.plan is not None
    assert (back.plan.status, back.plan.options[0].label.zh, back.plan.message) == (
        "clarify",
        "销量",
        Text(en="哪个？", zh="哪个？"),
    )


def test_a_customers_own_words_are_not_kept() -> None:
    plan = Plan("run", (Call("draft_reply", {"text": "I am Ann, where is my parcel?", "order": "7"}),))
    assert kept_answer(replace(answer(), plan=plan))["plan"] == [{"tool": "draft_reply", "args": {"order": "7"}}]


def test_conversations_are_listed_for_their_principal_alone(state: State) -> None:
    ask(state, 1, text="orders of ann@example.com\n by month")
    ask(state, 2)
    ask(state, 3, principal="bob", conversation="c1")
    kept = Answers(state)
    mine = kept.conversations("ann", "chat")
    assert [(c.id, c.title, c.turns) for c in mine] == [("c1", "orders of [email] by month", 2)]
    assert [c["id"] for c in kept.of_conversation("c1", "ann")] == ["q1", "q2"]
    assert "ann@example.com" not in str(kept.of_conversation("c1", "ann"))
    assert [c["id"] for c in kept.of_conversation("c1", "bob")] == ["q3"]
    assert kept.get("q1", "bob") is None
    assert kept.conversations("ann", "api") == ()


def test_a_conversation_is_forgotten_whole_and_only_by_its_principal(state: State) -> None:
    ask(state, 1)
    ask(state, 2, principal="bob")
    state.add_feedback("q1", "down", "wrong", NOW)
    kept = Answers(state)
    assert kept.forget("c1", "eve", NOW) == 0
    assert kept.forget("c1", "ann", NOW) == 1
    assert (kept.get("q1", "ann"), state.turn("q1"), state.feedback("q1")) == (None, None, None)
    assert kept.get("q2", "bob") is not None
    assert [entry.action for entry in state.audit_entries()][-1] == "conversation_delete"
    assert state.verify_chain().whole


def test_a_thumb_waits_until_it_is_decided_on(state: State) -> None:
    ask(state, 1)
    ask(state, 2)
    reviews = Reviews(state)
    state.add_feedback("q1", "up", "", NOW)
    state.add_feedback("q2", "up", "", NOW)
    state.add_feedback("q2", "down", "wrong month", NOW)
    assert [thumb.turn.answer_id for thumb in reviews.thumbs("up")] == ["q1"]
    assert [(thumb.turn.answer_id, thumb.why) for thumb in reviews.thumbs("down")] == [("q2", "wrong month")]
    assert reviews.decide("q1", "accepted", "ann", NOW)
    assert not reviews.decide("q1", "refused", "ann", NOW)
    assert reviews.thumbs("up") == ()
    assert [entry.action for entry in state.audit_entries()][-1] == "question_accepted"


def test_only_whole_sentences_that_hold_are_shown_while_they_are_written() -> None:
    facts = [Fact("f1", 5, "count", Text(en="There were 5 orders.", zh="共5单。"), ())]
    nothing = cast(Vocabulary, SimpleNamespace(find=lambda *_: ()))
    said = SoFar(facts, "en", lambda: nothing)
    pieces = ("There were", " 5 orders.[f1]", " Then came 7 more.[f1]", " That is fine.", " So")
    shown = [said.with_piece(piece) for piece in pieces]
    assert [text for text in shown if text] == ["There were 5 orders.", "There were 5 orders. That is fine."]


@pytest.mark.parametrize(
    ("args", "en", "zh"),
    [
        ({"metrics": ["revenue"]}, "querying revenue", "正在查询销售额"),
        ({"metric": "revenue", "metrics": ["revenue", "gone"]}, "querying revenue", "正在查询销售额"),
        ({}, "querying the data", "正在查询数据"),
    ],
)
def test_progress_names_what_is_queried(args: dict[str, object], en: str, zh: str) -> None:
    plan = Plan("run", (Call("query_metrics", args),))
    assert (subject(plan, SCHEMA, "en"), subject(plan, SCHEMA, "zh")) == (en, zh)
