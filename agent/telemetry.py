"""What an administrator sees of the questions: figures for Prometheus, spans for OpenTelemetry, a line in the log.

No question, name, figure or row goes into any of them: labels are of the product's own vocabulary.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.registry import Collector

from agent.contracts import Answer, Question

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from structlog.stdlib import BoundLogger

STAGES = ("understand", "plan", "execute", "compose", "verify")
VIAS = frozenset({"cli", "chat", "slack", "feishu", "dingtalk", "api", "mcp", "brief", "schedule"})
# Half a verified question's time up to the model's own limit; an answer of one tool lies between 20 ms and 4 s.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)
disable_created_metrics()  # type: ignore[no-untyped-call]  # one series more for each counter, which nobody draws


class Telemetry:
    """Counts and times every question of a process; an :class:`agent.ask.Observer`.

    Args:
        tracer: where spans go; none are made without one.
        log: gets one event an answer.
    """

    def __init__(self, tracer: Tracer | None = None, log: BoundLogger | None = None) -> None:
        self._tracer, self._log = tracer, log
        self.registry = CollectorRegistry()
        to = self.registry
        self._answers = Counter("shopops_answers", "Questions answered.", ["status", "via", "language"], registry=to)
        self._errors = Counter("shopops_errors", "Answers that failed or were refused, by code.", ["code"], registry=to)
        self._seconds = Histogram(
            "shopops_answer_seconds", "From question to answer.", ["via"], buckets=BUCKETS, registry=to
        )
        self._stages = Histogram("shopops_stage_seconds", "Of each stage.", ["stage"], buckets=BUCKETS, registry=to)
        self._tools = Histogram("shopops_tool_seconds", "Of each tool call.", ["tool"], buckets=BUCKETS, registry=to)
        self._tokens = Counter("shopops_tokens", "Tokens of the language model.", ["kind"], registry=to)
        self._replaced = Counter("shopops_replaced_sentences", "Sentences that no fact held.", registry=to)
        self._running = Gauge("shopops_questions_running", "Questions being answered now.", registry=to)
        self._requests = Counter("shopops_http_requests", "HTTP requests.", ["method", "route", "status"], registry=to)
        self._http = Histogram("shopops_http_seconds", "Of HTTP requests.", ["route"], buckets=BUCKETS, registry=to)
        self._idle = threading.Condition()
        self._count = 0

    def began(self, question: Question) -> None:
        """A question came in."""
        with self._idle:
            self._count += 1
        self._running.inc()

    def ended(self, question: Question, answer: Answer, began: float) -> None:
        """It was answered. A fault in here never reaches the answer."""
        try:
            with suppress(Exception):
                self._measure(question, answer)
            with suppress(Exception):
                self._trace(question, answer, began)
            if self._log is not None:
                self._log.info("answered", **described(question, answer))
        finally:
            self._running.dec()
            with self._idle:
                self._count -= 1
                self._idle.notify_all()

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request ended; ``route`` is its pattern, never its path."""
        self._requests.labels(method, route, str(status)).inc()
        self._http.labels(route).observe(seconds)

    @property
    def running(self) -> int:
        """Questions being answered now."""
        with self._idle:
            return self._count

    def wait_idle(self, seconds: float) -> bool:
        """Wait until no question is being answered; whether that came true in time."""
        with self._idle:
            return self._idle.wait_for(lambda: self._count == 0, timeout=seconds)

    def add(self, collector: Collector) -> None:
        """Further figures, e.g. of the outbox, read when they are asked for."""
        self.registry.register(collector)

    def exposition(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)

    def _measure(self, question: Question, answer: Answer) -> None:
        via = question.via if question.via in VIAS else "other"
        self._answers.labels(answer.status, via, answer.language).inc()
        if answer.error:
            self._errors.labels(answer.error).inc()
        self._seconds.labels(via).observe(answer.timings.total / 1000)
        for stage, seconds in spent(answer):
            self._stages.labels(stage).observe(seconds)
        for span in answer.spans:
            self._tools.labels(span.tool).observe(span.seconds)
        for kind in ("prompt", "completion", "cached"):
            self._tokens.labels(kind).inc(getattr(answer.tokens, kind))
        self._replaced.inc(answer.replaced_sentences)

    def _trace(self, question: Question, answer: Answer, began: float) -> None:
        """The spans of an answer, made when it is known: its stages follow each other, its calls lie within one."""
        if self._tracer is None:
            return
        from opentelemetry.trace import Status, StatusCode, set_span_in_context

        zero = time.time() - perf_counter()  # the epoch's seconds at the zero of the performance counter

        def at(seconds: float) -> int:
            return int((zero + seconds) * 1e9)

        attributes = {key: value for key, value in described(question, answer).items() if value is not None}
        root = self._tracer.start_span("ask", start_time=at(began), attributes=attributes)
        if answer.status == "failed":
            root.set_status(Status(StatusCode.ERROR, answer.error))
        inside, moment = set_span_in_context(root), began
        for stage, seconds in spent(answer):
            span = self._tracer.start_span(stage, context=inside, start_time=at(moment))
            if stage == "execute":
                for call in answer.spans:
                    of = {"shopops.tool": call.tool}
                    within = set_span_in_context(span)
                    child = self._tracer.start_span(call.tool, within, attributes=of, start_time=at(call.began))
                    child.end(at(call.began + call.seconds))
            moment += seconds
            span.end(at(moment))
        root.end(at(began + answer.timings.total / 1000))


def spent(answer: Answer) -> Iterator[tuple[str, float]]:
    """The stages that an answer went through, with their seconds."""
    for stage in STAGES:
        milliseconds = getattr(answer.timings, stage)
        if milliseconds:
            yield stage, milliseconds / 1000


def described(question: Question, answer: Answer) -> dict[str, str | int | float | None]:
    """An answer for those who keep the machine running: nothing of what was asked, and nothing of what was found."""
    return {
        "answer": answer.id,
        "store": answer.store,
        "via": question.via,
        "role": question.principal.role,
        "language": answer.language,
        "status": answer.status,
        "error": answer.error,
        "tools": ",".join(call.tool for call in answer.plan.calls) if answer.plan else "",
        "model": answer.model,
        "tokens": answer.tokens.prompt + answer.tokens.completion,
        "replaced": answer.replaced_sentences,
        "ms": round(answer.timings.total, 1),
    }
