"""What those who keep ShopOps running see: figures, spans and log lines, and nothing of what was asked."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import date

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent.contracts import Answer, Call, Plan, Principal, Question, Span, Timings
from agent.interfaces.server import logs
from agent.telemetry import Telemetry
from models.llm.base import Usage

SECRET = "what did ann@example.com buy at store 367"
ASKED = Question("q1", SECRET, principal=Principal("ann"), via="chat")
PLAN = Plan("run", (Call("query_metrics", {"filters": [{"dimension": "store", "values": ["367"]}]}),))
ANSWERED = Answer(
    "q1", SECRET, "en", "journey", date(2018, 1, 1), "answered", "She spent $12.", PLAN, model="scripted",
    tokens=Usage(prompt=10, completion=5), timings=Timings(5, 10, 100, 2, 1, 120), replaced_sentences=1,
    spans=(Span("query_metrics", 1000.016, 0.09),),
)  # fmt: skip
FAILED = Answer("q2", SECRET, "en", "journey", date(2018, 1, 1), "failed", "No.", error="store_timeout")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """The server's log; logging is as before afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("shopops")
    before = (root.handlers[:], root.level, ours.handlers[:], ours.propagate, ours.level)
    stream = io.StringIO()
    yield stream
    root.handlers[:], ours.handlers[:] = before[0], before[2]
    root.setLevel(before[1])
    ours.propagate = before[3]
    ours.setLevel(before[4])
    logging.captureWarnings(False)


def test_answers_are_counted_by_status_face_and_stage() -> None:
    telemetry = Telemetry()
    for answer in (ANSWERED, ANSWERED, FAILED):
        telemetry.began(ASKED)
        telemetry.ended(ASKED, answer, 1000.0)
    text = telemetry.exposition().decode()
    assert 'shopops_answers_total{language="en",status="answered",via="chat"} 2.0' in text
    assert 'shopops_errors_total{code="store_timeout"} 1.0' in text
    assert 'shopops_stage_seconds_sum{stage="execute"} 0.2' in text
    assert 'shopops_tool_seconds_count{tool="query_metrics"} 2.0' in text
    assert 'shopops_tokens_total{kind="prompt"} 20.0' in text
    assert "shopops_replaced_sentences_total 2.0" in text
    assert "shopops_questions_running 0.0" in text


def test_stages_and_calls_become_spans_within_the_question() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry(provider.get_tracer("t"))
    telemetry.began(ASKED)
    telemetry.ended(ASKED, ANSWERED, 1000.0)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"ask", "understand", "plan", "execute", "compose", "verify", "query_metrics"}
    root, execute, call = spans["ask"], spans["execute"], spans["query_metrics"]
    assert execute.parent is not None
    assert call.parent is not None
    assert (execute.parent.span_id, call.parent.span_id) == (root.context.span_id, execute.context.span_id)
    assert execute.start_time <= call.start_time < call.end_time <= execute.end_time
    assert (root.end_time - root.start_time) / 1e6 == pytest.approx(120, abs=1)
    assert "ann" not in str([span.to_json() for span in exporter.get_finished_spans()])


def test_an_answers_line_says_nothing_of_what_was_asked(lines: io.StringIO) -> None:
    telemetry = Telemetry(log=logs.set_up(lines))
    telemetry.began(ASKED)
    telemetry.ended(ASKED, ANSWERED, 1000.0)
    (line,) = lines.getvalue().splitlines()
    event = json.loads(line)
    assert (event["event"], event["via"], event["tools"], event["ms"]) == ("answered", "chat", "query_metrics", 120)
    assert event["level"] == "info"
    for word in ("ann", "367", "bought", "$12"):
        assert word not in line


def test_a_fault_is_told_by_type_and_place_and_its_message_is_not(lines: io.StringIO) -> None:
    logs.set_up(lines)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("shopops.ask").exception("question %s failed", "q1")
    event = json.loads(lines.getvalue())
    assert event["fault"] == "ValueError"
    assert event["at"][-1].startswith("tests/unit/test_telemetry.py:")
    assert "example.com" not in lines.getvalue()


def test_libraries_log_the_same_way_with_personal_data_masked(lines: io.StringIO) -> None:
    logs.set_up(lines)
    logging.getLogger("somebody.else").warning("mail to %s failed", "ann@example.com")
    event = json.loads(lines.getvalue())
    assert event["event"] == "mail to [email] failed"
    assert event["logger"] == "somebody.else"


def test_a_fault_of_the_figures_never_reaches_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry = Telemetry()
    monkeypatch.setattr(telemetry, "_measure", lambda *_: 1 / 0)
    telemetry.began(ASKED)
    telemetry.ended(ASKED, ANSWERED, 1000.0)
    assert telemetry.running == 0
    assert telemetry.wait_idle(0.01)


def test_a_question_that_runs_is_waited_for() -> None:
    telemetry = Telemetry()
    telemetry.began(ASKED)
    assert telemetry.running == 1
    assert not telemetry.wait_idle(0.01)
