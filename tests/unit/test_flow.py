"""The whole flow with a scripted model on the real data: what is planned, asked, answered and remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agent.calls import query_of
from agent.contracts import Answer, Principal
from agent.execute import Limits
from agent.verified import VerifiedQuestions, shipped_path
from db.engine import Store
from db.errors import ModelUnavailable
from db.semantic.query import Filter
from models.llm.base import Capabilities
from models.llm.scripted import scripted
from tests.flow import analyst, figures, form, open_journey, question

REVENUE_DECEMBER = "revenue in december 2017"
PROSE = Capabilities(writes_prose=True)


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


def ask(store: Store, text: str, *replies: object, **options: object) -> Answer:
    model, _ = scripted(*replies)  # type: ignore[arg-type]
    return analyst(store, model).ask(question(text), **options)  # type: ignore[arg-type]


def test_a_verified_question_needs_no_model(store: Store, tmp_path: Path) -> None:
    asked = analyst(store)
    asked.verified = VerifiedQuestions(shipped_path("journey"), tmp_path / "none.yaml", store.schema, store.data_start)
    answer = asked.ask(question("revenue last month excluding fuel"))
    assert (answer.status, answer.model, answer.tokens.prompt) == ("answered", None, 0)
    assert answer.plan is not None
    assert answer.plan.source == "verified"
    assert answer.text == "Revenue in December 2017, without department FUEL, was $396,977.29."


def test_one_question_from_words_to_figures(store: Store) -> None:
    answer = ask(store, "Revenue in December 2017, compared with November?", form(("revenue", "none")))
    assert answer.status == "answered"
    assert answer.text == (
        "Revenue in December 2017 was $421,882.29. That is up $36,330.04 (+9.42%) from $385,552.25 in November 2017."
    )
    assert answer.model == "scripted"
    assert answer.replaced_sentences == 0
    assert [fact.id for fact in answer.facts] == ["f1", "f2"]
    assert answer.facts[0].cells[0].evidence == answer.evidence[0].id
    assert "SELECT" in (answer.evidence[0].sql or "")
    assert answer.timings.total >= answer.timings.execute > 0


def test_the_answer_is_in_the_language_of_the_question(store: Store) -> None:
    answer = ask(store, "2017年12月的订单数", form(("orders", "none")))
    assert (answer.language, answer.text) == ("zh", "2017年12月的订单数为13,090。")


def test_the_model_is_told_what_was_wrong_once(store: Store) -> None:
    model, asked = scripted(form(("profit", "none")), form(("revenue", "none")))
    answer = analyst(store, model).ask(question(REVENUE_DECEMBER))
    assert answer.status == "answered"
    assert answer.plan is not None
    assert answer.plan.repaired
    assert len(asked) == 2
    assert "q1.metric must be one of revenue" in asked[1].text
    assert answer.tokens.prompt == 2


@pytest.mark.parametrize("garbage", [{}, {"q1": "revenue"}, {"q1": {"tool": "rm -rf", "metric": "revenue"}}, {"x": 1}])
def test_garbage_twice_is_one_plain_sentence(store: Store, garbage: dict[str, object]) -> None:
    answer = ask(store, REVENUE_DECEMBER, garbage, garbage)
    assert (answer.status, answer.error, answer.exit_status) == ("failed", "model_reply", 1)
    assert answer.text.startswith("The model scripted did not fill the plan's form.")
    assert not answer.evidence


def test_a_model_that_is_down_is_said(store: Store) -> None:
    down = ModelUnavailable("The endpoint does not answer.", "Try again.")
    answer = ask(store, REVENUE_DECEMBER, down)
    assert (answer.status, answer.error, answer.text) == (
        "failed", "model_unavailable", "The endpoint does not answer. Try again.",
    )  # fmt: skip


def test_a_fault_of_ours_is_one_sentence_without_details(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask(store, REVENUE_DECEMBER, RuntimeError("secret path of a key"))
    assert (answer.status, answer.error) == ("failed", "internal")
    assert "secret" not in answer.text
    assert "secret path" in caplog.text


def test_words_without_a_figure_are_asked_back_without_a_model(store: Store) -> None:
    answer = analyst(store).ask(question("how was december 2017"))
    assert answer.status == "clarify"
    assert answer.text.splitlines()[0] == "Which figure do you mean?"
    assert answer.text.splitlines()[1] == "1. Revenue"
    assert answer.plan is not None
    assert analyst(store, scripted(form(("revenue", "none")))[0]).ask(
        question(answer.plan.options[0].question)
    ).status == "answered"  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what is our profit margin", "You can ask for figures such as revenue"),
        ("我们的毛利率是多少", "可以询问销售额"),
        ("write me a poem about spring", "You can ask for figures such as revenue"),
    ],
)
def test_what_the_store_cannot_answer_is_said_with_what_it_can(store: Store, text: str, said: str) -> None:
    answer = ask(store, text, form(("revenue", "none", "out_of_scope")))
    assert answer.status == "out_of_scope"
    assert said in answer.text
    assert not answer.evidence
    assert answer.exit_status == 0


def test_several_questions_in_one_are_several_calls(store: Store) -> None:
    text = "how many orders in november 2017, and revenue by department last month?"
    answer = ask(store, text, form(("orders", "none"), ("revenue", "department")))
    assert [e.id for e in answer.evidence] == ["e1", "e2"]
    assert [f.id for f in answer.facts] == [f"f{i}" for i in range(1, len(answer.facts) + 1)]
    assert {cell.evidence for fact in answer.facts for cell in fact.cells} == {"e1", "e2"}
    assert "Orders in November 2017 were 12,716." in answer.text
    assert "GROCERY" in answer.text


def test_sql_of_the_operator_runs_as_it_stands_and_not_for_viewers(store: Store) -> None:
    text = "SELECT count(DISTINCT basket_id) AS orders FROM transactions"
    answer = analyst(store).ask(question(text))
    assert (answer.status, answer.text) == ("answered", "Orders: 155,848.")
    refused = analyst(store).ask(question(text, principal=Principal(role="viewer")))
    assert (refused.status, refused.error, refused.exit_status) == ("refused", "permission_refused", 1)
    partial = Principal(row_filters=(Filter(dimension="department", values=("FUEL",)),))
    assert analyst(store).ask(question(text, principal=partial)).status == "refused"
    assert analyst(store).ask(question("DROP TABLE transactions")).status != "answered"
    dropped = analyst(store).ask(question("SELECT 1 FROM transactions; DROP TABLE transactions"))
    assert (dropped.status, dropped.error) == ("refused", "sql_refused")


def test_row_filters_hold_whatever_is_asked(store: Store) -> None:
    model, _ = scripted(form(("revenue", "none")), form(("revenue", "department")))
    asked = analyst(store, model)
    only_fuel = Principal(row_filters=(Filter(dimension="department", values=("FUEL",)),))
    assert figures(asked.ask(question(REVENUE_DECEMBER, principal=only_fuel))) == ["24905.00"]
    by = asked.ask(question("revenue by department in december 2017", principal=only_fuel))
    assert figures(by) == ["FUEL", "24905.00"]


def test_follow_ups_go_on_from_the_last_answer_of_their_conversation(store: Store) -> None:
    model, _ = scripted(
        form(("revenue", "none")), form(("revenue", "store")), form(("revenue", "store")), form(("orders", "none"))
    )
    asked = analyst(store, model)
    assert asked.ask(question("revenue in november 2017", "a")).queries[0].group_by == ()
    by_store = asked.ask(question("and by store?", "a")).queries[0]
    assert by_store.group_by == ("store",)
    assert by_store.time is not None
    assert by_store.time.start == date(2017, 11, 1)
    changed = asked.ask(question("那10月呢？", "a"))
    assert changed.queries[0].time is not None
    assert changed.queries[0].time.start == date(2017, 10, 1)
    assert changed.language == "zh"
    other = asked.ask(question("orders in june 2017", "b"))
    assert other.queries[0].metrics == ("orders",)
    assert [query_of(call) for call in asked.memory.recall(question("x", "a"))] == [changed.queries[0]]
    assert asked.memory.recall(question("x")) == ()


def test_a_memory_that_fails_loses_no_answer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = analyst(store, scripted(form(("revenue", "none")))[0])

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(asked.memory, "remember", full)
    assert asked.ask(question(REVENUE_DECEMBER)).text == "Revenue in December 2017 was $421,882.29."


def test_progress_names_the_stages_in_order(store: Store) -> None:
    seen: list[str] = []
    ask(store, REVENUE_DECEMBER, form(("revenue", "none")), progress=lambda stage, message: seen.append(stage))
    assert list(dict.fromkeys(seen)) == ["understand", "plan", "execute", "compose"]


def test_a_stop_before_and_during_the_work(store: Store) -> None:
    stop = threading.Event()
    stop.set()
    answer = ask(store, REVENUE_DECEMBER, form(("revenue", "none")), cancel=stop)
    assert (answer.status, answer.error) == ("failed", "cancelled")
    late = threading.Event()

    def on(stage: str, message: str) -> None:
        if stage == "execute":
            late.set()

    answer = ask(store, REVENUE_DECEMBER, form(("revenue", "none")), cancel=late, progress=on)
    assert (answer.error, answer.evidence) == ("cancelled", ())


def test_a_query_past_its_limit_is_stopped(store: Store) -> None:
    model, _ = scripted(form(("revenue", "product")))
    answer = analyst(store, model, Limits(query_seconds=1e-6)).ask(question("revenue by product in 2017"))
    assert (answer.status, answer.error) == ("failed", "store_timeout")


def test_prose_is_held_against_the_facts(store: Store) -> None:
    prose = "Sales were strong in December [f1]. They rose by 12% [f2]. FUEL led the way. They grew 9.42% [f2]."
    model, asked = scripted(form(("revenue", "none")), prose, capabilities=PROSE)
    answer = analyst(store, model).ask(question("revenue in december 2017 compared with november"))
    assert answer.replaced_sentences == 2
    assert answer.text == (
        "Sales were strong in December. That is up $36,330.04 (+9.42%) from $385,552.25 in November 2017. "
        "They grew 9.42%."
    )
    assert "[f1] Revenue in December 2017 was $421,882.29." in asked[1].text


def test_prose_is_shown_while_it_is_written_and_only_what_holds(store: Store) -> None:
    prose = "Sales were strong in December [f1]. They rose by 12% [f2]. They grew 9.42% [f2]. The end [f1]."
    model, _ = scripted(form(("revenue", "none")), prose, capabilities=PROSE)
    shown: list[str] = []
    asked = question("revenue in december 2017 compared with november")
    answer = analyst(store, model).ask(asked, on_text=shown.append)
    assert shown
    assert all("12%" not in text and "[f" not in text for text in shown)
    assert shown[-1] == "Sales were strong in December. They grew 9.42%."
    assert answer.text.startswith("Sales were strong in December. ")


def test_prose_that_fails_leaves_the_facts(store: Store) -> None:
    down = ModelUnavailable("The endpoint does not answer.", "Try again.")
    model, _ = scripted(form(("revenue", "none")), down, capabilities=PROSE)
    answer = analyst(store, model).ask(question(REVENUE_DECEMBER))
    assert (answer.status, answer.text) == ("answered", "Revenue in December 2017 was $421,882.29.")


def test_a_hundred_questions_by_eight_threads_are_not_mixed_up(store: Store) -> None:
    months = "january february march april may june july august september october november december".split()
    expected = {}
    for i, month in enumerate(months):
        answer = ask(store, f"orders in {month} 2017", form(("orders", "none")))
        expected[i] = answer.text
    assert len(set(expected.values())) == 12
    model, _ = scripted(*[form(("orders", "none"))] * 100)
    asked = analyst(store, model)

    def one(number: int) -> bool:
        sent = replace(question(f"orders in {months[number % 12]} 2017", f"c{number % 8}"), id=f"q{number}")
        answer = asked.ask(sent)
        return (answer.id, answer.question, answer.text) == (sent.id, sent.text, expected[number % 12])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(100)))
