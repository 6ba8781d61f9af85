"""Sets, runner, summaries and saved runs, with an analyst that answers from a table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.answer_json import answer_object
from agent.contracts import Answer, Plan, Question, Timings
from agent.evaluation import summary
from agent.evaluation.grade import grade
from agent.evaluation.run import Outcome, Run, chosen, run_cases, warm_up
from agent.evaluation.saved import default_path, git_commit, load, save
from agent.evaluation.seen import seen, seen_json
from agent.evaluation.sets import Case, case_of, load_file, load_sets
from db.errors import ModelError, UsageError
from db.semantic.schema import Text
from models.llm.base import Usage
from tools.evidence import Column, Evidence, Fact

DAY = date(2018, 1, 1)


class FakeAnalyst:
    """Knows the answers to some questions; keeps what it was asked."""

    def __init__(self, known: dict[str, float], error: str | None = None) -> None:
        self.known, self.error = known, error
        self.asked: list[Question] = []

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        blank = Answer(question.id, question.text, "en", question.store, question.as_of or DAY, "failed", "No.")
        if self.error:
            return replace(blank, error=self.error, text="The model is not there.")
        if question.text not in self.known:
            return replace(blank, status="clarify", text="Which?", plan=Plan("clarify", source="code"))
        value = self.known[question.text]
        words = f"It was {value:,.0f}."
        return replace(
            blank,
            status="answered",
            text=words,
            plan=Plan("run"),
            evidence=(_evidence(value),),
            facts=(Fact("f1", value, "count", Text(en=words, zh=words), ()),),
            replaced_sentences=1,
            tokens=Usage(100, 10, 90),
            timings=Timings(1, 20, 30, 4, 5, 60),
        )


def _evidence(value: float) -> Evidence:
    label = Text(en="Orders", zh="订单数")
    return Evidence("e1", "query_metrics", {}, label, (Column("orders", label, "count"),), ((value,),))


def line(name: str, question: str, value: int, **more: Any) -> dict[str, Any]:
    expect = {"status": ["answered"], "values": [{"value": value}], "text_values": [value]}
    language = name[:2]
    return {
        "id": name,
        "language": language,
        "kind": "lookup",
        "split": "dev",
        "question": question,
        "expect": expect,
    } | more


LINES = [
    line("en-1", "orders last week", 2460, pair="1"),
    line("zh-1", "上周订单数", 2460, pair="1"),
    line("en-2", "orders", 155848, pair="2"),
    line("zh-2", "订单数", 155848, pair="2"),
    line("en-3-1", "orders in may", 13663, conversation="en-3", kind="follow_up"),
    line("en-3-2", "and june?", 13015, conversation="en-3", kind="follow_up"),
    line("en-4", "secret", 7, split="test", as_of="2017-12-01"),
]
CASES = tuple(case_of(entry) for entry in LINES)
KNOWN = {"orders last week": 2460, "上周订单数": 2460, "orders": 1, "orders in may": 13663, "secret": 8}


@pytest.fixture
def outcomes() -> tuple[Outcome, ...]:
    return run_cases(FakeAnalyst(KNOWN), CASES, keep_words=lambda case: case.split != "test")


def test_questions_are_asked_in_order_with_their_conversation_and_clock() -> None:
    analyst, done = FakeAnalyst(KNOWN), []
    run_cases(analyst, CASES, store="shop", done=lambda outcome: done.append(outcome.id))
    assert [q.text for q in analyst.asked] == [case.question for case in CASES]
    assert done == [case.id for case in CASES]
    assert [q.conversation for q in analyst.asked[4:]] == ["en-3", "en-3", None]
    assert (analyst.asked[-1].as_of, analyst.asked[0].as_of) == (date(2017, 12, 1), None)
    assert {q.store for q in analyst.asked} == {"shop"}


def test_what_is_counted(outcomes: tuple[Outcome, ...]) -> None:
    assert [o.right for o in outcomes] == [True, True, False, False, True, False, False]
    assert summary.reasons(outcomes) == {"value missing": 2, "wrong status": 2}
    assert str(summary.by_column(outcomes)["dev", "en"]) == "2/4"
    kinds = summary.table(outcomes, lambda o: o.kind)
    assert (kinds["follow_up"]["dev", "en"].right, kinds["lookup"]["dev", "zh"].share) == (1, 0.5)
    assert summary.parity(outcomes) == summary.Parity(both=1, one=0, none=1)
    assert summary.lowest(outcomes) == 0.0
    assert summary.tokens(outcomes) == Usage(500, 50, 450)
    assert sum(o.replaced for o in outcomes) == 5


def test_an_answer_and_its_json_are_graded_alike() -> None:
    analyst = FakeAnalyst(KNOWN)
    for case in CASES:
        answer = analyst.ask(Question(case.id, case.question))
        assert grade(seen_json(answer_object(answer)), case.expect) == grade(seen(answer), case.expect)


def test_parity_counts_only_pairs_asked_in_both_languages(outcomes: tuple[Outcome, ...]) -> None:
    assert summary.parity([o for o in outcomes if o.language == "en"]) == summary.Parity(0, 0, 0)


def test_stage_times_leave_out_questions_that_did_not_come_to_the_stage(outcomes: tuple[Outcome, ...]) -> None:
    stages = summary.stages(outcomes)
    assert stages["plan"] == summary.Spread(20, 20, 5)
    assert stages["one tool"].count == 0  # the plans have no calls
    assert stages["total"] == summary.Spread(60, 60, 7)


def test_ungrounded_numbers_are_counted_and_wrong() -> None:
    class Inventive(FakeAnalyst):
        def ask(self, question: Question) -> Answer:
            answer = super().ask(question)
            return replace(answer, text=answer.text + " That is 512 more.")

    (outcome,) = run_cases(Inventive(KNOWN), CASES[:1])
    assert (outcome.right, outcome.reason, outcome.ungrounded) == (False, "ungrounded", 1)


def test_words_of_a_test_split_are_not_kept(outcomes: tuple[Outcome, ...]) -> None:
    hidden = outcomes[-1]
    assert (hidden.question, hidden.text, hidden.detail) == (None, None, "")
    assert outcomes[2].question == "orders"
    assert outcomes[2].detail == "155848"


@pytest.mark.parametrize("error", ["model_missing", "model_damaged", "settings"])
def test_a_run_without_a_model_ends_at_once(error: str) -> None:
    analyst = FakeAnalyst({}, error)
    with pytest.raises(ModelError, match="not there"):
        run_cases(analyst, CASES)
    assert len(analyst.asked) == 1


def test_the_warm_up_belongs_to_no_conversation() -> None:
    analyst = FakeAnalyst(KNOWN)
    warm_up(analyst, CASES[4:])
    assert [(q.text, q.conversation) for q in analyst.asked] == [("orders in may", None)]


def test_a_limit_is_spread_and_keeps_conversations_whole() -> None:
    assert chosen(CASES, "follow_up", 1) == CASES[4:6]
    assert chosen(CASES, None, 3) == (CASES[0], CASES[2], *CASES[4:6])
    assert chosen(CASES, None, 100) == CASES
    assert chosen(CASES, "share", None) == ()


def test_a_saved_run_comes_back_the_same(outcomes: tuple[Outcome, ...], tmp_path: Path) -> None:
    run = Run("first", "local:m", DAY, "abc1234", outcomes)
    path = save(run, default_path(tmp_path, run, "20180101"))
    assert path == tmp_path / "evals" / "20180101-local-m.json"
    assert load(path) == run
    assert "secret" not in path.read_text("utf-8")


def test_a_file_that_is_no_run_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(UsageError, match="no file"):
        load(path)
    for text in ("{", "[]", "{}", '{"format": 9}', '{"format": 1, "outcomes": [1]}'):
        path.write_text(text, "utf-8")
        with pytest.raises(UsageError, match="not a saved run"):
            load(path)


def test_what_turned_between_two_runs(outcomes: tuple[Outcome, ...]) -> None:
    after = run_cases(FakeAnalyst({"orders": 155848, "上周订单数": 2460}), CASES[:4])
    better, worse = summary.turned(outcomes, after)
    assert ([o.id for o in better], [o.id for o in worse]) == (["en-2"], ["en-1"])


def test_outside_a_checkout_there_is_no_commit(tmp_path: Path) -> None:
    assert git_commit(tmp_path) is None


def test_the_shipped_sets_load_whole() -> None:
    everything = load_sets()
    assert len(everything) == len(load_sets(split="dev")) + len(load_sets(split="test"))
    assert {case.language for case in load_sets(language="zh")} == {"zh"}
    for case in everything:
        if case.expect.status == {"answered"} and not case.expect.plans:
            assert all(any(f.values or f.rows for f in reading) for reading in case.expect.readings), case.id
            assert any(f.stated for f in case.expect.readings[0]), case.id


def test_numbers_of_a_row_that_name_a_member_are_keys() -> None:
    expect = {"rows": [[367, 4191], ["PRODUCE", 5]], "columns": ["store", "orders"], "text_values": ["367"]}
    case = case_of(line("en-9", "?", 0) | {"expect": expect})
    assert case.expect.readings[0][0].rows == (((367,), (4191.0,)), (("PRODUCE",), (5.0,)))


def test_missing_sets_are_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="question sets are not here") as caught:
        load_sets(tmp_path)
    assert "--set" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "line 2"),
        ('{"id": "1"}', "'question' is missing"),
        ('{"id": "1", "question": "?", "expect": {"status": ["good"]}}', "status must be"),
        ('{"id": "1", "question": "?", "expect": {"values": [{"value": "x"}]}}', "x"),
        ("7", "line 2"),
    ],
)
def test_a_wrong_line_of_an_own_set_is_named(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(LINES[0]) + "\n" + text + "\n", "utf-8")
    with pytest.raises(UsageError, match=says):
        load_file(path)


def test_an_own_set_needs_little(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('\n{"id": 1, "question": "orders", "expect": {"text_values": [5]}}\n', "utf-8")
    assert load_file(path) == (
        Case("1", "en", "own", "own", "orders", case_of(LINES[0] | {"expect": {"text_values": [5]}}).expect),
    )
