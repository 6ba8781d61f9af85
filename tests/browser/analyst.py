"""An analyst for the browser tests: scripted answers over the demo store's real vocabulary, no model, no database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from agent.contracts import Answer, Call, Language, Option, Plan, Question, Timings
from db.semantic.load import load_store_schema
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Chart, Column, Evidence, Value

STORES = Path(__file__).parents[2] / "db" / "stores"
NASTY = '<img src=x onerror="window.hacked=1">${window.hacked=1}{{hacked}}<script>window.hacked=1</script>'
REMOTE = "![x](http://203.0.113.7/x.png) <img src=http://203.0.113.7/y.png> [go](javascript:alert(1))"
SALES = ("GROCERY", 2316393.89), ("DRUG GM", 596827.45), ("PRODUCE", 322858.82), ("MEAT", 308575.33), ("FUEL", 173390.21)
MONTHS = ("2017-10", 393480.18), ("2017-11", 399321.44), ("2017-12", 408765.09)
WAITS = "wait"


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
        if WAITS in text:
            if cancel.wait(30):
                self.left.set()
            return _answer(question, "Stopped.", status="failed", error="cancelled")
        progress("execute", "querying")
        progress("compose", "writing")
        if "broken" in text:
            raise RuntimeError("a secret detail")
        if "units or orders" in text:
            return _answer(question, "Orders last month: 13,224.")
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


def _answer(question: Question, text: str, language: Language = "en", **more: object) -> Answer:
    plan = Plan("run", (Call("query_metrics", {"metrics": ["revenue"], "group_by": ["department"]}),), source="model")
    known: dict[str, object] = {"status": "answered", "plan": plan, "model": "scripted", "timings": Timings(3, 1800, 40, 2, 1, 1846)}
    return Answer(question.id, question.text, language, "journey", date(2018, 1, 1), text=text, **{**known, **more})  # type: ignore[arg-type]


def departments(*rows: tuple[str, float]) -> Evidence:
    columns = (
        Column("department", Text(en="Department", zh="部门"), "member"),
        Column("revenue", Text(en="Revenue", zh="销售额"), "currency"),
        Column("revenue__share", Text(en="Share of revenue", zh="占比"), "ratio"),
    )
    total = 4596039.58
    return Evidence(
        "e1", "query_metrics", {"metrics": ["revenue"]}, Text(en="Revenue by department in 2017", zh="2017年各部门的销售额"), columns,
        tuple((name, Decimal(str(value)), value / total) for name, value in rows),
        sql="SELECT p.department, sum(t.sales_value) AS revenue\nFROM transactions AS t\nJOIN products AS p USING (product_id)\nGROUP BY 1\nORDER BY 2 DESC\nLIMIT 5",
        chart=Chart("bar", "e1", "department", ("revenue",)),
    )  # fmt: skip


def top_departments(question: Question) -> Answer:
    text = "The five departments with the most revenue in 2017 were GROCERY ($2,316,393.89), DRUG GM ($596,827.45), PRODUCE ($322,858.82), MEAT ($308,575.33) and FUEL ($173,390.21)."
    return _answer(question, text, evidence=(departments(*SALES),), suggestions=("and by month?", "and by brand?"))


def months(question: Question) -> Answer:
    columns = (Column("month", Text(en="Month", zh="月份"), "date"), Column("revenue", Text(en="Revenue", zh="销售额"), "currency"))
    rows: tuple[tuple[Value, ...], ...] = tuple((m, Decimal(str(v))) for m, v in MONTHS)
    title = Text(en="Revenue by month", zh="2017年第4季度各月的销售额")
    evidence = Evidence("e1", "query_metrics", {"metrics": ["revenue"]}, title, columns, rows, sql="SELECT 1", origin="simulated", chart=Chart("line", "e1", "month", ("revenue",)))  # fmt: skip
    return _answer(question, "2017年第4季度的销售额为：10月$393,480.18，11月$399,321.44，12月$408,765.09。", "zh", evidence=(evidence,), suggestions=("按部门看呢？",))


def clarify(question: Question) -> Answer:
    options = (Option(Text(en="Units", zh="销量"), "busy: units"), Option(Text(en="Orders", zh="订单数"), "units or orders: orders"))
    message = Text(en="Which figure do you mean?", zh="请问您想看哪个指标？")
    plan = Plan("clarify", message=message, options=options, source="code")
    return _answer(question, "Which figure do you mean?\n1. Units\n2. Orders", status="clarify", plan=plan)
