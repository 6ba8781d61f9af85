"""An analyst for the browser tests: scripted answers over the demo store's real vocabulary, no model, no database.

It remembers as the real one does, so that conversations are kept and come back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from agent.contracts import Answer, Call, Language, Option, Plan, Proposal, Question, Timings
from agent.memory import Memory
from db.engine import Metadata
from db.semantic.load import load_store_schema
from db.semantic.query import Interval, SemanticQuery
from db.semantic.result import QueryResult, result_columns
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Cell, Chart, Column, Evidence, Fact, Value
from tools.registry import Proposed

STORES = Path(__file__).parents[2] / "db" / "stores"
NASTY = '<img src=x onerror="window.hacked=1">${window.hacked=1}{{hacked}}<script>window.hacked=1</script>'
REMOTE = "![x](http://203.0.113.7/x.png) <img src=http://203.0.113.7/y.png> [go](javascript:alert(1))"
FORMULA = '=HYPERLINK("http://203.0.113.7","x")'
SALES = (
    ("GROCERY", 2316393.89),
    ("DRUG GM", 596827.45),
    ("PRODUCE", 322858.82),
    ("MEAT", 308575.33),
    ("FUEL", 173390.21),
)
MONTHS = (("2017-10", 393480.18), ("2017-11", 399321.44), ("2017-12", 408765.09))
MONTH = Column("month", Text(en="Month", zh="月份"), "date")
DEPARTMENT = Column("department", Text(en="Department", zh="部门"), "member")
REVENUE = Column("revenue", Text(en="Revenue", zh="销售额"), "currency")
SHARE = Column("revenue__share", Text(en="Share of revenue", zh="占比"), "ratio")
CUSTOMER = Column("customer", Text(en="Customer", zh="顾客"), "member")
SQL = """SELECT p.department, sum(t.sales_value) AS revenue
FROM transactions AS t
JOIN products AS p USING (product_id)
GROUP BY 1
ORDER BY 2 DESC
LIMIT 5"""
QUERY = {"metrics": ["revenue"], "group_by": ["department"]}
DAY = timedelta(days=1)


@cache
def journey_schema() -> StoreSchema:
    """The demo store's YAML, read once."""
    return load_store_schema(STORES / "journey.yaml")


class Counts:
    """A database in which every table has seven rows."""

    dialect = "duckdb"

    def execute(self, *_: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The one answer."""
        return ["count", "last"], [(7, "2017-12-31 20:00:00")]


@dataclass(frozen=True)
class Shop:
    """The part of a store that the chat reads."""

    schema: StoreSchema = field(default_factory=lambda: journey_schema())
    metadata: Metadata = field(
        default_factory=lambda: Metadata(date(2018, 1, 1), date(2017, 1, 1), date(2018, 1, 1), "test")
    )
    as_of: date = date(2018, 1, 1)
    data_start: date = date(2017, 1, 1)
    data_end: date = date(2018, 1, 1)
    fingerprint: str = ""
    backend: Counts = field(default_factory=Counts)

    @property
    def data_range(self) -> Interval:
        """The year."""
        return Interval(start=self.data_start, end=self.data_end)

    def run(self, query: SemanticQuery, row_filters: tuple[Any, ...] = (), **_: Any) -> QueryResult:
        """Weeks that rise by one; those who see a part of the shop see a tenth."""
        period = query.time or self.data_range
        mondays = [period.start + 7 * DAY * i for i in range(period.days // 7)]
        part = Decimal("0.1") if row_filters else Decimal(1)
        ratios = {m for m in query.metrics if self.schema.metrics[m].unit == "ratio"}
        rows = tuple(
            (str(day), *(0.1 + i / 1000 if m in ratios else (1000 + i) * part for m in query.metrics))
            for i, day in enumerate(mondays)
        )
        columns = result_columns(self.schema, query, ("week", *query.metrics))
        return QueryResult(columns, rows, "SELECT 1", False, 1.0)

    def close(self) -> None:
        """Nothing to close."""


class FakeAnalyst:
    """Answers by a word of the question; remembers what each conversation asked."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.store = Shop()
        self.memory = memory or Memory.transient()
        self.asked: list[Question] = []
        self.left = threading.Event()
        self.closed = False

    def ask(
        self,
        question: Question,
        progress: Callable[[str, str], None],
        cancel: threading.Event,
        on_text: Callable[[str], None],
    ) -> Answer:
        self.asked.append(question)
        answer = self._answer(question, progress, cancel, on_text)
        self.memory.remember(question, answer)
        return answer

    def _answer(
        self,
        question: Question,
        progress: Callable[[str, str], None],
        cancel: threading.Event,
        on_text: Callable[[str], None],
    ) -> Answer:
        text = question.text.lower()
        progress("understand", "reading")
        progress("plan", "planning")
        if "wait" in text:
            if cancel.wait(30):
                self.left.set()
            return _answer(question, "Stopped.", status="failed", error="cancelled")
        progress("execute", "querying revenue")
        if "slowly" in text:
            progress("compose", "writing")
            on_text("The first sentence.")
            cancel.wait(1)
            return _answer(question, "The first sentence. The second.")
        if "broken" in text:
            raise RuntimeError("a secret detail")
        for word, make in WORDS.items():
            if word in text:
                return make(self, question)
        if text.startswith("and") or "by month" in text:
            earlier = [q.text for q in self.asked[:-1] if q.conversation == question.conversation]
            return _answer(question, f"Continuing: {earlier}")
        return top_departments(question)

    def close(self) -> None:
        self.closed = True


def _answer(question: Question, text: str, language: Language = "en", **more: Any) -> Answer:
    plan = Plan("run", (Call("query_metrics", QUERY),), source="model")
    timings = Timings(3, 1800, 40, 2, 1, 1846)
    known = {"status": "answered", "plan": plan, "model": "scripted", "timings": timings, **more}
    return Answer(question.id, question.text, language, "journey", date(2018, 1, 1), text=text, **known)


def departments(*rows: tuple[str, float]) -> Evidence:
    """A ranking by department with its shares."""
    total = 4596039.58
    return Evidence(
        id="e1",
        tool="query_metrics",
        args={"metrics": ["revenue"]},
        title=Text(en="Revenue by department in 2017", zh="2017年各部门的销售额"),
        columns=(DEPARTMENT, REVENUE, SHARE),
        rows=tuple((name, Decimal(str(value)), value / total) for name, value in rows),
        sql=SQL,
        chart=Chart("bar", "e1", "department", ("revenue",)),
    )


def top_departments(question: Question) -> Answer:
    """A ranking with two suggestions."""
    named = ", ".join(f"{name} (${value:,.2f})" for name, value in SALES)
    text = f"The five departments with the most revenue in 2017 were {named}. Grocery has 50.4%."
    cells = (*(Cell("e1", row, "revenue") for row in range(len(SALES))), Cell("e1", 0, "revenue__share"))
    facts = (Fact("f1", None, "text", Text(en=text, zh=text), cells),)
    suggested = ("and by month?", "and by brand?")
    return _answer(question, text, evidence=(departments(*SALES),), facts=facts, suggestions=suggested)


def over_months(rows: tuple[tuple[Value, ...], ...], series: str | None = None) -> Evidence:
    """A trend, of each department where ``series`` names the split."""
    return Evidence(
        id="e1",
        tool="query_metrics",
        args={"metrics": ["revenue"]},
        title=Text(en="Revenue by month", zh="2017年第4季度各月的销售额"),
        columns=(MONTH, DEPARTMENT, REVENUE) if series else (MONTH, REVENUE),
        rows=rows,
        sql="SELECT 1",
        origin="simulated",
        chart=Chart("line", "e1", "month", ("revenue",), series),
    )


def months(question: Question) -> Answer:
    """A trend in Chinese, of simulated data."""
    text = "2017年第4季度的销售额为：10月$393,480.18，11月$399,321.44，12月$408,765.09。"
    facts = (Fact("f1", None, "text", Text(en=text, zh=text), tuple(Cell("e1", i, "revenue") for i in range(3))),)
    return _answer(question, text, "zh", evidence=(over_months(MONTHS),), facts=facts, suggestions=("按部门看呢？",))


def lines(question: Question) -> Answer:
    """Two departments over the months."""
    rows = tuple((month, name, value) for month, value in MONTHS for name in ("MEAT", "PRODUCE"))
    return _answer(question, "Two lines.", evidence=(over_months(rows, "department"),))


def clarify(question: Question) -> Answer:
    """Words with two readings."""
    options = (
        Option(Text(en="Units", zh="销量"), "busy: units"),
        Option(Text(en="Orders", zh="订单数"), "units or orders: orders"),
    )
    message = Text(en="Which figure do you mean?", zh="请问您想看哪个指标？")
    plan = Plan("clarify", message=message, options=options, source="code")
    return _answer(question, "Which figure do you mean?\n1. Units\n2. Orders", status="clarify", plan=plan)


def nasty(question: Question) -> Answer:
    """Data that would be markup, links and formulas."""
    rows = ((NASTY, 1.0), ("MEAT", -2.0), (FORMULA, 3.0))
    return _answer(question, f"{NASTY} {REMOTE}", evidence=(departments(*rows),))


def propose(analyst: FakeAnalyst, question: Question) -> Answer:
    """An alert that waits for a yes."""
    rule = {"kind": "threshold", "metric": "refund_rate", "bound": 0.05}
    payload = {"rule": rule, "channels": [], "language": "en"}
    summary = Text(en="Tell you when the refund rate passes 5%.", zh="退款率超过5%时通知您。")
    kept: tuple[Proposal, ...] = analyst.memory.propose(question, (Proposed("set_alert", payload, summary),))
    return _answer(question, "This is the alert.", proposals=kept)


WORDS: dict[str, Callable[[FakeAnalyst, Question], Answer]] = {
    "units or orders": lambda analyst, question: _answer(question, "Orders last month: 13,224."),
    "each": lambda analyst, question: lines(question),
    "busy": lambda analyst, question: clarify(question),
    "nasty": lambda analyst, question: nasty(question),
    "tell me when": propose,
    "销售额": lambda analyst, question: months(question),
}
