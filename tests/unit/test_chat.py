"""The chat without a browser: the address, what is shown of an answer, one question a tab, stopping."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from agent.ask import Analyst
from agent.contracts import Answer, Question
from agent.interfaces.chat import launch, running, words
from agent.interfaces.chat.running import News, Running, Said, Shown, Stage, Stopped, stages_then_answer
from agent.interfaces.chat.tabs import ACTIONS, action
from agent.interfaces.chat.views import answer as view
from agent.interfaces.chat.views.chart import chart_html
from agent.interfaces.chat.views.dashboard import alert_words
from agent.interfaces.chat.views.figures import marked_text
from agent.interfaces.chat.views.markdown import markdown_html
from agent.interfaces.chat.views.table import sort_key, table_html
from agent.interfaces.chat.words import tabs as tab_words
from agent.present import charts
from agent.present.cells import Cells
from db.errors import SettingsError
from db.semantic.load import load_store_schema
from db.semantic.schema import StoreSchema, Text
from db.state.watching import Alert
from tests.unit.answers import answer as made_up
from tools.evidence import Cell, Chart, Column, Evidence, Fact, Value

ROOT = Path(__file__).parents[2]
ANSWER = made_up()


@pytest.fixture(scope="module")
def schema() -> StoreSchema:
    return load_store_schema(ROOT / "db" / "stores" / "journey.yaml")


def column(name: str, unit: str) -> Column:
    return Column(name, Text(en=name, zh=name), cast(Any, unit))


@pytest.mark.parametrize(
    ("name", "unit", "value", "en", "zh"),
    [
        ("revenue", "currency", 1234.5, "$1,234.50", "$1,234.50"),
        ("revenue__change", "currency", 2, "+$2.00", "+$2.00"),
        ("revenue__change_pct", "ratio", None, "n/a", "无"),
        ("department", "member", None, "(not recorded)", "（未记录）"),
        ("department", "member", "GROCERY", "Grocery", "杂货食品"),
        ("weekday", "date", 1, "Monday", "周一"),
        ("store", "member", 367, "367", "367"),
    ],
)
def test_cells_read_as_the_sentences_do(
    schema: StoreSchema, name: str, unit: str, value: Value, en: str, zh: str
) -> None:
    cell = column(name, unit)
    assert (Cells(schema, "en").text(cell, value), Cells(schema, "zh").text(cell, value)) == (en, zh)


def evidence(kind: str, rows: int, series: str | None = None) -> Evidence:
    columns = (column("month", "date"), column("department", "member"), column("revenue", "currency"))
    data: tuple[tuple[Value, ...], ...] = tuple((f"2017-{i + 1:02}", f"<b>D{i}", i) for i in range(rows))
    chart = Chart(cast(Any, kind), "e1", "month" if kind == "line" else "department", ("revenue",), series)
    return Evidence("e1", "query_metrics", {}, Text(en="T", zh="T"), columns, data, chart=chart)


def test_a_bar_chart_is_cut_and_says_so(schema: StoreSchema) -> None:
    many, cells = evidence("bar", charts.BARS + 5), Cells(schema, "en")
    spec = charts.vega(many, cells)
    assert spec is not None
    assert len(spec["data"]["values"]) == charts.BARS
    assert "The chart shows the first 20 of 25." in table_html(many, cells, "q")
    assert table_html(many, cells, "q").count("<tr>") == 26


@pytest.mark.parametrize(
    ("kind", "rows", "series"), [("number", 1, None), ("bar", 1, None), ("line", 12, "department")]
)
def test_what_is_no_picture_has_no_chart(schema: StoreSchema, kind: str, rows: int, series: str | None) -> None:
    assert charts.vega(evidence(kind, rows, series), Cells(schema, "en")) is None
    assert chart_html(evidence(kind, rows, series), Cells(schema, "en"), "q") == ""


def test_a_line_per_series_has_a_legend(schema: StoreSchema) -> None:
    spec = charts.vega(evidence("line", 3, "department"), Cells(schema, "en"))
    assert spec is not None
    domains = [layer["encoding"]["color"]["scale"]["domain"] for layer in spec["layer"]]
    assert domains == [["<b>D0", "<b>D1", "<b>D2"]] * 2
    assert spec["data"]["values"][1] == {"key": "2017-02", "series": "<b>D1", "value": 1.0, "shown": "$1.00"}


def test_data_is_escaped(schema: StoreSchema) -> None:
    cells = Cells(schema, "en")
    shown = table_html(evidence("bar", 2), cells, "q") + chart_html(evidence("line", 3, "department"), cells, "q")
    assert "<b>" not in shown
    assert "<b>" not in view.question_html("<b>") + view.sentence_html("<b>") + markdown_html("# <b> *a* <i>")
    nasty = replace(ANSWER, text="<b>", question="<b>", suggestions=('"><b>',), id='"><b>')
    assert "<b>" not in view.turn_html(nasty, schema)


FIGURES = Evidence(
    "e1", "query_metrics", {}, Text(en="T", zh="T"), (column("revenue", "currency"), column("share", "ratio")),
    ((Decimal("1234567.89"), 0.0825), (Decimal("5.00"), 0.5), (Decimal("5.00"), None)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("Revenue was $1.2 million (8.3%).", ["0-revenue", "0-share"]),
        ("两笔各$5.00和$5.00，占50%。", ["1-revenue", "2-revenue", "1-share"]),
        ("In 2017 it was 8 stores and 9%.", []),
        ("It was 1,234,567.89 in all", ["0-revenue"]),
    ],
)
def test_a_figure_leads_to_the_cell_that_it_states(text: str, cells: list[str]) -> None:
    places = tuple(Cell("e1", row, name) for row in range(3) for name in ("revenue", "share"))
    fact = Fact("f1", None, "text", Text(en="?", zh="?"), places)
    lead, shown = marked_text(replace(ANSWER, text=text, evidence=(FIGURES,), facts=(fact,)))
    assert lead == ""
    found = [part.split('"')[0] for part in shown.split(f'data-cell="cell-{ANSWER.id}-e1-')[1:]]
    assert found == cells


def test_a_fact_marks_only_its_own_figures() -> None:
    first = Fact("f1", None, "text", Text(en="A is (-$5.00).", zh="A"), (Cell("e1", 1, "revenue"),))
    second = Fact("f2", None, "text", Text(en="B is $5.00.", zh="B"), (Cell("e1", 2, "revenue"),))
    text = "B is $5.00. A is (-$5.00)."
    lead, rest = marked_text(replace(ANSWER, text=text, evidence=(FIGURES,), facts=(first, second)))
    assert "e1-2-revenue" in lead
    assert "e1-1-revenue" not in lead
    assert ">-$5.00</button>)." in rest
    assert re.sub("<[^>]+>", "", f"{lead} {rest}") == text


@pytest.mark.parametrize(
    ("value", "key"), [(None, ""), (Decimal("1E+3"), "1000"), (0.00001, "0.00001"), (True, "True"), ("b", "b")]
)
def test_cells_are_sorted_by_their_value(value: Value, key: str) -> None:
    assert sort_key(value) == key


def test_a_brief_is_shown_without_links_and_images() -> None:
    text = "# Week\n\n**Up** 3\\%\n\n| a | b |\n| --- | ---: |\n| x \\| y | [z](http://203.0.113.7) |\n1. *e* ![i](http://x)"
    shown = markdown_html(text)
    assert shown == (
        '<h2>Week</h2><p><strong>Up</strong> 3\\%</p><div class="so-wide"><table class="so-plain"><thead><tr>'
        '<th scope="col">a</th><th scope="col" class="so-number">b</th></tr></thead><tbody><tr><td>x | y</td>'
        '<td class="so-number">[z](http://203.0.113.7)</td></tr></tbody></table></div>'
        "<ol><li><em>e</em> ![i](http://x)</li></ol>"
    )


@pytest.mark.parametrize(
    ("payload", "words_"),
    [
        ({"words": {"en": "revenue < 5"}, "value": 4, "unit": "currency"}, "revenue < 5 · $4.00"),
        (
            {"label": {"en": "Revenue"}, "direction": 1, "unit": "count", "value": 9, "expected": 5},
            "2017-12-01: Revenue 9, well above the usual 5",
        ),
        ({"odd": 1}, "metrics 2017-12-01"),
    ],
)
def test_an_alert_is_one_line(schema: StoreSchema, payload: dict[str, Any], words_: str) -> None:
    told = {**payload, "label": {"en": "Revenue", "zh": "销售额"}} if "label" in payload else payload
    assert alert_words(Alert("metric", "metrics", "2017-12-01", "2017-12-01", 1.0, told), schema, "en") == words_


def test_one_question_a_tab() -> None:
    tabs = Running()
    first = tabs.start("a ann")
    assert first is not None
    assert tabs.start("a ann") is None
    assert tabs.start("a bob") is not None
    tabs.stop("a ann")
    assert first.is_set()
    tabs.stop("nobody")
    tabs.end("a ann")
    again = tabs.start("a ann")
    assert again is not None
    tabs.end_all("a")
    assert again.is_set()


class Scripted:
    """An analyst whose ``ask`` does what the test says."""

    def __init__(self, work: Any) -> None:
        self.ask = work


def ask_with(work: Any, cancel: threading.Event) -> list[News]:
    async def collect() -> list[News]:
        asked = stages_then_answer(cast(Analyst, Scripted(work)), Question("q", "?"), cancel, lambda a: a.text)
        return [new async for new in asked]

    return asyncio.run(collect())


def test_stages_and_text_come_before_the_answer() -> None:
    def work(question: Question, progress: Any, cancel: threading.Event, on_text: Any) -> Answer:
        progress("plan", "planning")
        on_text("Grocery")
        return ANSWER

    told = [Stage("plan", "planning"), Said("Grocery"), Shown(ANSWER, ANSWER.text)]
    assert ask_with(work, threading.Event()) == told


def test_a_stop_does_not_wait_for_what_cannot_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "STOP_SECONDS", 0.05)
    cancel, release = threading.Event(), threading.Event()
    cancel.set()
    with pytest.raises(Stopped):
        ask_with(lambda *_: release.wait(30), cancel)
    release.set()


def test_a_fault_reaches_the_page() -> None:
    def work(*_: Any) -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_with(work, threading.Event())


def test_every_word_is_there_in_both_languages() -> None:
    modules = [vars(words), vars(tab_words)]
    tables = [
        *modules,
        *(table for module in modules for name, table in module.items() if name.isupper() and isinstance(table, dict)),
    ]
    texts = [text for table in tables for text in table.values() if isinstance(text, Text)]
    assert len(texts) > 100
    assert all(text.en and text.zh and text.en != text.zh for text in texts)


def test_every_action_of_the_page_is_there() -> None:
    assert all(callable(action(name)) for name in ACTIONS)


def test_a_taken_port_is_one_sentence_and_opens_nothing() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            SettingsError, match=rf"Port {port} is taken\. End what uses it, or give another port, e\.g\. {port + 1}"
        ):
            launch(lambda: pytest.fail("opened"), port=port)


@pytest.mark.parametrize(("host", "port"), [("203.0.113.9", 0), ("no such host", 0), ("127.0.0.1", 70000)])
def test_an_impossible_address_is_one_sentence(host: str, port: int) -> None:
    with pytest.raises(SettingsError, match="cannot listen on"):
        launch(lambda: pytest.fail("opened"), host, port)


SERVE = """
import sys
from pathlib import Path
from agent.interfaces.chat import launch
from agent.settings import Settings
from tests.browser.conftest import FakeService
service = FakeService.open(Settings(data_dir=Path(sys.argv[1]), cache_dir=Path(sys.argv[1])))
service.close = lambda: print("closed")
launch(lambda: service, host=sys.argv[2], port=0)
"""


def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path), "127.0.0.1"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as served:  # fmt: skip
        assert served.stdout is not None
        address = served.stdout.readline()
        assert address.startswith("Chat: http://127.0.0.1:")
        port = int(address.split(":")[3].split()[0])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as page:
            page.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert page.recv(12) == b"HTTP/1.1 200"
        served.send_signal(signal.SIGINT)
        out, err = served.communicate(timeout=20)
        assert (out, err, served.returncode) == ("closed\n", "", 0)


def test_it_does_not_open_to_others_without_users(tmp_path: Path) -> None:
    from agent.service import Service
    from agent.settings import Settings

    with pytest.raises(SettingsError, match="shopops user add"):
        launch(lambda: Service.open(Settings(data_dir=tmp_path, cache_dir=tmp_path)), host="0.0.0.0", port=0)
