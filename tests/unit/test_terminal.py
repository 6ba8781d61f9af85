"""What an answer looks like on a terminal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from agent.contracts import Answer, Option, Plan
from agent.interfaces.terminal import ROWS_SHOWN, render, terminal
from agent.interfaces.terminal_cells import cell
from agent.interfaces.terminal_charts import bar, spark, thin
from agent.interfaces.terminal_explain import explain, pretty
from db.semantic.schema import Text
from tests.unit.answers import CHANGE, MONTH, RATE, REVENUE, SCHEMA, answer, evidence
from tools.evidence import Chart, Column, Evidence, Value


def shown(given: Answer, width: int = 80, explained: bool = False) -> str:
    out = StringIO()
    console = Console(file=out, width=width, highlight=False, emoji=False)
    render(given, SCHEMA, console)
    if explained:
        explain(given, SCHEMA, console)
    return out.getvalue()


def with_evidence(*items: Evidence, language: str = "en") -> Answer:
    return replace(answer(language=language), evidence=items)


def series(count: int) -> Evidence:
    rows: tuple[tuple[Value, ...], ...] = tuple((f"2017-{i + 1:02}", Decimal(1000 + 100 * i)) for i in range(count))
    return replace(evidence((MONTH, REVENUE), rows), chart=Chart("line", "e1", "month", ("revenue",)))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_nothing_is_wider_than_the_terminal_and_no_figure_is_cut(language: str, width: int) -> None:
    text = shown(with_evidence(evidence(), series(12), language=language), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    for figure in ("$2,315,299.04", "$596,582.78", "$2,100.00"):
        assert figure in text


def test_figures_are_right_aligned_and_bars_follow_them() -> None:
    lines = [line.rstrip() for line in shown(answer()).splitlines()]
    ranking = [line for line in lines if "$" in line and "led" not in line]
    assert [line.index("█" if "█" in line else "▏") > line.index("$") for line in ranking] == [True] * 3
    assert len({line.index(".") for line in ranking}) == 1
    assert [line.count("█") for line in ranking] == sorted((line.count("█") for line in ranking), reverse=True)


def test_members_have_their_own_names_in_the_answers_language() -> None:
    text = shown(answer(language="zh"))
    for part in ("杂货（GROCERY）", "部门", "（未记录）", "证据 e1", "1.9秒", "还可以问"):
        assert part in text
    assert "(not recorded)" in shown(answer())


def test_long_tables_are_cut_with_a_note() -> None:
    rows: tuple[tuple[Value, ...], ...] = tuple((f"D{i}", Decimal(i)) for i in range(1500))
    text = shown(with_evidence(replace(evidence(rows=rows), truncated=True)))
    assert f"D{ROWS_SHOWN - 1} " in text
    assert f"D{ROWS_SHOWN} " not in text
    assert "… and 1,480 more rows" in text
    assert "The table was cut at 1,500 rows." in text


def test_a_series_is_drawn_from_zero_with_its_ends() -> None:
    text = shown(with_evidence(series(12)))
    assert "$2.1k ┤" in text
    assert "    0 ┤" in text
    assert any(line.strip().startswith("2017-01") and line.strip().endswith("2017-12") for line in text.splitlines())
    assert "┤" not in shown(with_evidence(series(3)))


def test_simulated_data_is_marked() -> None:
    assert " simulated " in shown(with_evidence(replace(evidence(), origin="simulated")))
    assert "模拟数据" in shown(with_evidence(replace(evidence(), origin="simulated"), language="zh"))
    assert "simulated" not in shown(answer())


def test_clarifying_and_out_of_scope_show_their_text_only() -> None:
    asked = replace(
        answer(), status="clarify", text="Which one?\n1. Orders\n2. Units", evidence=(), facts=(), model=None
    )
    text = shown(asked)
    assert "? Which one?\n1. Orders\n2. Units\n" in text
    assert "no model needed" in text
    assert "– Not here." in shown(replace(asked, status="out_of_scope", text="Not here."))


@pytest.mark.parametrize(
    ("value", "column", "text", "style"),
    [
        (Decimal("12.5"), CHANGE, "+$12.50", "green"),
        (Decimal("-12.5"), CHANGE, "-$12.50", "red"),
        (0, CHANGE, "+$0.00", ""),
        (0.012, RATE, "+1.20 pp", ""),
        (None, REVENUE, "n/a", "dim"),
        ("[red]x[/red]\x1b", Column("note", Text(en="Note", zh="备注"), "text"), "[red]x[/red]", ""),
    ],
)
def test_cells(value: Value, column: Column, text: str, style: str) -> None:
    line = cell(value, column, SCHEMA, "en")
    assert (line.plain, line.style) == (text, style)


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not terminal().no_color
    assert terminal(color=False).no_color
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal().no_color


def test_explain_in_chinese() -> None:
    text = shown(replace(answer(language="zh"), corrections=(("revnue", "revenue"),)), explained=True)
    for part in (
        "计划",
        "由模型制定",
        "口径",
        "销售金额之和。",
        "2017年",
        "revnue → revenue",
        "合计 1,922",
        "读取812",
    ):
        assert part in text


def test_explain_of_a_question_that_needed_no_model() -> None:
    plan = Plan("clarify", options=(Option(Text(en="a", zh="a"), "a?"),), source="code")
    asked = replace(answer(), status="clarify", plan=plan, evidence=(), facts=(), queries=(), model=None)
    text = shown(asked, explained=True)
    assert "settled by the words alone" in text
    assert "SQL" not in text
    assert "Tokens" not in text


def test_sql_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert pretty("SELECT 1 AS a, 2 AS b FROM t") == "SELECT\n  1 AS a,\n  2 AS b\nFROM t"
    assert pretty("SELECT FROM WHERE (") == "SELECT FROM WHERE ("


@pytest.mark.parametrize(
    ("value", "largest", "width", "drawn"),
    [(10, 10, 4, "████"), (0, 10, 4, ""), (0.001, 10, 4, "▏"), (-5, 10, 4, "██"), (0, 0, 4, ""), (3, 8, 1, "▍")],
)
def test_bars(value: float, largest: float, width: int, drawn: str) -> None:
    assert bar(value, largest, width) == drawn


def test_small_lines() -> None:
    assert spark([1, None, 8]) == "▁ █"
    assert spark([5, 5]) == "▄▄"
    assert spark([None]) == " "
    assert thin([1, None, 3, None, None, None], 3) == [1, 3, None]


def test_a_series_below_zero_and_one_of_nothing_are_drawn_too() -> None:
    falling: tuple[tuple[Value, ...], ...] = tuple((f"2017-{i + 1:02}", Decimal(5 - i)) for i in range(9))
    chart = Chart("line", "e1", "month", ("revenue",))
    assert "█" in shown(with_evidence(replace(evidence((MONTH, REVENUE), falling), chart=chart)))
    empty: tuple[tuple[Value, ...], ...] = tuple((f"2017-{i + 1:02}", None) for i in range(9))
    assert "n/a" in shown(with_evidence(replace(evidence((MONTH, REVENUE), empty), chart=chart)))


def test_columns_without_room_are_named_and_ids_have_no_thousands() -> None:
    columns = tuple(Column(f"c{i}_id", Text(en=f"c{i}_id", zh=f"c{i}_id"), "number") for i in range(12))
    wide = replace(evidence(columns, (tuple(31198570044 + i for i in range(12)),)), chart=None)
    text = shown(with_evidence(wide))
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert "31198570048\n" in text
    assert "… and 7 more columns: c5_id, c6_id" in text
