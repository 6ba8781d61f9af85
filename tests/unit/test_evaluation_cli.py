"""``shopops eval`` and ``shopops bench``: what they print, save and return."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.contracts import Answer, Question
from agent.evaluation import opening
from agent.evaluation.bench import Bench, Times, Together, ask_together, problem_of, spread_out
from agent.evaluation.bench_report import show_bench
from agent.evaluation.benches import BENCHES
from agent.evaluation.cli import bench_command, eval_command
from agent.evaluation.queries import varied_queries
from agent.evaluation.run import run_cases
from agent.evaluation.summary import Spread, spread
from db.errors import UsageError
from db.semantic.compile import compile_query
from db.semantic.load import load_store_schema
from db.semantic.query import Interval
from tests.unit.test_evaluation_run import CASES, DAY, KNOWN, LINES, FakeAnalyst

SCHEMA = Path(__file__).parents[2] / "db" / "stores" / "journey.yaml"
Invoke = Callable[..., Result]


class Opened(FakeAnalyst):
    """As the opener hands it out."""

    store = SimpleNamespace(schema=SimpleNamespace(dimensions={}))

    def close(self) -> None:
        self.known = {}


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    """Run ``eval`` on LINES with an analyst that knows KNOWN, or all but one with the model ``better``."""
    own = tmp_path / "own.jsonl"
    own.write_text("\n".join(json.dumps(entry) for entry in LINES), "utf-8")
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "data"))

    def open_to_measure(settings: Any, store: str | None, model: str | None) -> Opened:
        return Opened(KNOWN | ({"orders": 155848, "and june?": 13015} if model == "local:better" else {}))

    monkeypatch.setattr(opening, "open_to_measure", open_to_measure)

    def run(*words: str) -> Result:
        return CliRunner(env={"COLUMNS": "140"}).invoke(
            eval_command, ["--set", str(own), *words], standalone_mode=False, catch_exceptions=False
        )

    return run


def test_a_run_is_shown_and_saved(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("--model", "local:m")
    assert result.return_value == 0
    for words in ("2/4 50.0%", "0/1 0.0%", "1 pairs right in both", "2 value missing", "500 prompt", "follow_up"):
        assert words in result.stdout
    (saved,) = (tmp_path / "data" / "evals").glob("*.json")
    assert saved.name in result.stdout.replace("\n", "")
    assert "secret" not in result.stdout


def test_wrong_answers_are_shown_only_when_asked_for(invoke: Invoke) -> None:
    quiet, loud = invoke("--model", "local:m").stdout, invoke("--model", "local:m", "--show", "wrong").stdout
    assert "It was 1." not in quiet
    assert "It was 1." in loud
    assert "secret" in loud


@pytest.mark.parametrize(("least", "status"), [("0.5", 1), ("0", 0)])
def test_a_share_below_the_bar_fails(invoke: Invoke, least: str, status: int) -> None:
    assert invoke("--model", "local:m", "--min", least).return_value == status


def test_two_models_stand_side_by_side(invoke: Invoke) -> None:
    out = invoke("--model", "local:m", "--model", "local:better").stdout
    assert "2 turned right, 0 turned wrong" in out
    assert "right: en-2 orders" in out


def test_two_saved_runs_are_compared(invoke: Invoke, tmp_path: Path) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    invoke("--model", "local:better", "--save", str(before))
    invoke("--model", "local:m", "--save", str(after))
    result = invoke("--compare", str(before), str(after))
    assert "before → after: 0 turned right, 2 turned wrong" in result.stdout
    assert "wrong: en-3-2" in result.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--kind", "rankings"], "No question is of that kind"),
        (["--model", "a", "--model", "b", "--save", "x.json"], "--save is for one model"),
    ],
)
def test_wrong_use_is_said(invoke: Invoke, words: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        invoke(*words)


@pytest.mark.parametrize("words", [[], ["answer"]])
def test_a_bench_that_is_not_there_lists_what_is(words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        CliRunner().invoke(bench_command, words, standalone_mode=False, catch_exceptions=False)
    assert caught.value.hint == f"There is: ask, {', '.join(BENCHES)}."


def _nothing() -> None:
    """No progress to show."""


def test_questions_by_threads_keep_to_themselves() -> None:
    cases = CASES[:3]
    alone = run_cases(FakeAnalyst(KNOWN), cases)
    together = ask_together(FakeAnalyst(KNOWN), cases, alone, 20, "journey", {}, _nothing)  # type: ignore[arg-type]
    assert (together.asked, together.finished, together.strayed, together.right) == (20, 20, 0, 14)
    assert together.ok


def test_a_mixed_up_answer_is_noticed() -> None:
    class Mixing(FakeAnalyst):
        def ask(self, question: Question) -> Answer:
            other = "orders" if question.id.endswith("#3") else question.text
            return super().ask(Question(question.id, other))

    cases = CASES[:2]
    alone = run_cases(FakeAnalyst(KNOWN), cases)
    together = ask_together(Mixing(KNOWN), cases, alone, 8, "journey", {}, _nothing)  # type: ignore[arg-type]
    assert (together.strayed, together.ok) == (1, False)


def test_a_question_that_fails_misses_the_bar() -> None:
    together = ask_together(
        FakeAnalyst({}, "store"), CASES[:1], run_cases(FakeAnalyst(KNOWN), CASES[:1]), 8, "s", {}, _nothing
    )  # type: ignore[arg-type]
    assert (together.finished, together.ok) == (0, False)


@pytest.mark.parametrize(
    ("status", "out", "error", "problem"),
    [
        (0, '{"status": "answered", "tokens": {"prompt": 0}}', "", ""),
        (0, '{"status": "answered", "tokens": {"prompt": 900}}', "", "no verified question"),
        (0, '{"status": "clarify", "tokens": {"prompt": 0}}', "", "no verified question"),
        (1, "", "a line\nError: There is no store.\n", "Error: There is no store."),
        (3, "", "", "exit status 3"),
    ],
)
def test_a_cold_start_counts_only_with_a_verified_answer(status: int, out: str, error: str, problem: str) -> None:
    done = CompletedProcess([], status, out.encode(), error.encode())
    assert problem in problem_of(done)
    assert bool(problem_of(done)) == bool(problem)


GOOD = Times("plan", Spread(900, 1900, 25), 2500)
TOGETHER = Together(100, 100, 0, 97, 61.0)


@pytest.mark.parametrize(
    ("bench", "status"),
    [
        (Bench("m", DAY, (GOOD,), TOGETHER, 1_700_000_000), 0),
        (Bench("m", DAY, (GOOD,), TOGETHER, 2_600_000_000), 1),
        (Bench("m", DAY, (GOOD,), TOGETHER, None), 1),
        (Bench("m", DAY, (Times("plan", spread([3000]), 2500),), TOGETHER, 1), 1),
        (Bench("m", DAY, (Times("plan", spread([]), 2500),), TOGETHER, 1), 1),
        (Bench("m", DAY, (Times("cold", spread([1]), 2500, "no [answer]"),), TOGETHER, 1), 1),
        (Bench("m", DAY, (GOOD,), Together(100, 99, 0, 97, 61.0), 1), 1),
        (Bench("m", DAY, (GOOD,), Together(100, 100, 1, 97, 61.0), 1), 1),
    ],
)
def test_every_bar_must_be_met(bench: Bench, status: int) -> None:
    from rich.console import Console

    console = Console(record=True, width=140, file=StringIO())
    assert show_bench(bench, console) == status
    text = console.export_text()
    assert ("miss" in text) == bool(status)
    assert all(times.lacking in text for times in bench.times)


def test_cases_are_spread_from_the_first_on() -> None:
    assert spread_out(CASES, 3) == (CASES[0], CASES[2], CASES[4])
    assert spread_out(CASES, 99) == CASES


def test_varied_queries_are_different_and_compile() -> None:
    schema, data = load_store_schema(SCHEMA), Interval(start=DAY.replace(year=2017), end=DAY)
    size = 2 * len(list(schema.offered()))
    queries = varied_queries(schema, data, size)
    assert len({query.model_dump_json() for query in queries}) == size
    assert queries == varied_queries(schema, data, size)
    assert {metric for query in queries for metric in query.metrics} == {m.name for m in schema.offered()}
    for form in ("compare", "share", "limit"):
        assert sum(bool(getattr(query, form)) for query in queries) >= 2
    for query in queries:
        compile_query(schema, query, "duckdb", data_range=data)
