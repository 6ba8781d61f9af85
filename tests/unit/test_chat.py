"""The chat without a browser: the address, what a cell and a chart show, one question a tab, stopping."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from agent.ask import Analyst
from agent.contracts import Answer, Question
from agent.interfaces.chat import launch, running, view, words
from agent.interfaces.chat.running import Running, Stage, Stopped, stages_then_answer
from agent.present import charts
from agent.present.cells import Cells
from db.errors import SettingsError
from db.semantic.load import load_store_schema
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Chart, Column, Evidence, Value

ROOT = Path(__file__).parents[2]
ANSWER = Answer("q", "?", "en", "journey", date(2018, 1, 1), "answered", "42")


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
    many = evidence("bar", charts.BARS + 5)
    spec = charts.vega(many, Cells(schema, "en"))
    assert spec is not None
    assert len(spec["data"]["values"]) == charts.BARS
    assert "The chart shows the first 20 of 25." in view.table_html(many, Cells(schema, "en"))
    assert view.table_html(many, Cells(schema, "en")).count("<tr>") == 26


@pytest.mark.parametrize(
    ("kind", "rows", "series"), [("number", 1, None), ("bar", 1, None), ("line", 12, "department")]
)
def test_what_is_no_picture_has_no_chart(schema: StoreSchema, kind: str, rows: int, series: str | None) -> None:
    assert charts.vega(evidence(kind, rows, series), Cells(schema, "en")) is None


def test_a_line_per_series_has_a_legend(schema: StoreSchema) -> None:
    spec = charts.vega(evidence("line", 3, "department"), Cells(schema, "en"))
    assert spec is not None
    domains = [layer["encoding"]["color"]["scale"]["domain"] for layer in spec["layer"]]
    assert domains == [["<b>D0", "<b>D1", "<b>D2"]] * 2
    assert spec["data"]["values"][1] == {"key": "2017-02", "series": "<b>D1", "value": 1.0, "shown": "$1.00"}


def test_data_is_escaped(schema: StoreSchema) -> None:
    assert "<b>" not in view.table_html(evidence("bar", 2), Cells(schema, "en"))
    assert "<b>" not in view.question_html("<b>") + view.sentence_html("<b>")


def test_one_question_a_tab() -> None:
    tabs = Running()
    first = tabs.start("a")
    assert first is not None
    assert tabs.start("a") is None
    assert tabs.start("b") is not None
    tabs.stop("a")
    assert first.is_set()
    tabs.stop("nobody")
    tabs.end("a")
    assert tabs.start("a") is not None


class Scripted:
    """An analyst whose ``ask`` does what the test says."""

    def __init__(self, work: Any) -> None:
        self.ask = work


def ask_with(work: Any, cancel: threading.Event) -> list[Stage | Answer]:
    return list(stages_then_answer(cast(Analyst, Scripted(work)), Question("q", "?"), cancel))


def test_stages_come_before_the_answer() -> None:
    def work(question: Question, progress: Any, cancel: threading.Event) -> Answer:
        progress("plan", "planning")
        return ANSWER

    assert ask_with(work, threading.Event()) == [Stage("plan"), ANSWER]


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
    tables = [
        vars(words),
        *(table for name, table in vars(words).items() if name.isupper() and isinstance(table, dict)),
    ]
    texts = [text for table in tables for text in table.values() if isinstance(text, Text)]
    assert len(texts) > 25
    assert all(text.en and text.zh and text.en != text.zh for text in texts)


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
from typing import cast
from tests.browser.analyst import FakeAnalyst
from agent.interfaces.chat import launch
analyst = FakeAnalyst()
launch(lambda: analyst, port=0)
print("closed", analyst.closed)
"""


def test_ctrl_c_ends_it_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        address = served.stdout.readline()
        assert address.startswith("Chat: http://127.0.0.1:")
        port = int(address.split(":")[3].split()[0])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as page:
            page.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert page.recv(12) == b"HTTP/1.1 200"
        served.send_signal(signal.SIGINT)
        out, err = served.communicate(timeout=20)
        assert (out, err, served.returncode) == ("closed True\n", "", 0)
