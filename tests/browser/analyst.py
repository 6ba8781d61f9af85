"""An analyst for the browser tests: scripted answers over the demo store's real vocabulary, no model, no database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from agent.contracts import Answer, Call, Language, Option, Plan, Question, Timings
from db.semantic.load import load_store_schema
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Chart, Column, Evidence, Value

STORES = Path(__file__).parents[2] / "db" / "stores"
NASTY = '<img src=x onerror="window.hacked=1">${window.hacked=1}{{hacked}}<script>window.hacked=1</script>'
REMOTE = "![x](http://203.0.113.7/x.png) <img src=http://203.0.113.7/y.png> [go](javascript:alert(1))"
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
SQL = """SELECT p.department, sum(t.sales_value) AS revenue
FROM transactions AS t
JOIN products AS p USING (product_id)
GROUP BY 1
ORDER BY 2 DESC
LIMIT 5"""


@dataclass(frozen=True)
class Shop:
    """The part of a store that the chat reads."""

    schema: StoreSchema = field(default_factory=lambda: load_store_schema(STORES / "journey.yaml"))


class FakeAnalyst:
    """Answers by a word of the question; remembers what each conversation asked."""

    def __init__(self) -> None:
        self.store = Shop()
        self.asked: list[Question] = []
        self.left = threading.Event()
        self.closed = False

    def ask(
        self,
        question: Question,
        progress: Callable[[str, str], None],
        cancel: threading.Event,
    ) -> Answer:
        self.asked.append(question)
        text = question.text.lower()
        progress("understand", "reading")
        progress("plan", "planning")
        if "wait" in text:
            if cancel.wait(30):
                self.left.set()
            return _answer(question, "Stopped.", status="failed", error="cancelled")
        progress("execute", "querying")
        progress("compose", "writing")
        if "broken" in text:
            raise RuntimeError("a secret detail")
        if "units or orders" in text:
            return _answer(question, "Orders last month: 13,224.")
        if "each" in text:
            return lines(question)
        if "busy" in text:
            return clarify(question)
        if "nasty" in text:
            return _answer(question, f"{NASTY} {REMOTE}", evidence=(departments((NASTY, 1.0), ("MEAT", 2.0)),))
        if "销售额" in text:
            return months(question)
        if text.startswith("and") or "by month" in text:
            earlier = [q.text for q in self.asked[:-1] if q.conversation == question.conversation]
            return _answer(question, f"Continuing: {earlier}")
        return top_departments(question)

    def close(self) -> None:
        self.closed = True


def _answer(question: Question, text: str, language: Language = "en", **more: Any) -> Answer:
    plan = Plan("run", (Call("query_metrics", {"metrics": ["revenue"], "group_by": ["department"]}),), source="model")
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
        columns=(DEPARTMENT, REVENUE, Column("revenue__share", Text(en="Share of revenue", zh="占比"), "ratio")),
        rows=tuple((name, Decimal(str(value)), value / total) for name, value in rows),
        sql=SQL,
        chart=Chart("bar", "e1", "department", ("revenue",)),
    )


def top_departments(question: Question) -> Answer:
    """A ranking with two suggestions."""
    named = ", ".join(f"{name} (${value:,.2f})" for name, value in SALES)
    text = f"The five departments with the most revenue in 2017 were {named}."
    return _answer(question, text, evidence=(departments(*SALES),), suggestions=("and by month?", "and by brand?"))


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
    return _answer(question, text, "zh", evidence=(over_months(MONTHS),), suggestions=("按部门看呢？",))


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
