"""Answers and analysts made up for the tests of interfaces: no store, no model."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from agent.contracts import Answer, Call, Plan, Question, Timings
from db.semantic.query import Interval, SemanticQuery
from db.semantic.schema import Dimension, Metric, StoreSchema, Table, Text
from models.llm.base import Usage
from tools.evidence import Cell, Chart, Column, Evidence, Fact, Value

YEAR = Interval(start=date(2017, 1, 1), end=date(2018, 1, 1))
QUERY = SemanticQuery(metrics=("revenue",), group_by=("department",), time=YEAR, limit=3)
DEPARTMENT = Column("department", Text(en="Department", zh="部门"), "member")
MONTH = Column("month", Text(en="Month", zh="月"), "date")
REVENUE = Column("revenue", Text(en="Revenue", zh="销售额"), "currency")
CHANGE = Column("revenue__change", Text(en="Revenue change", zh="销售额变化"), "currency")
RATE = Column("margin__change", Text(en="Margin change", zh="毛利率变化"), "ratio")
SCHEMA = StoreSchema.model_validate(
    {
        "name": "journey",
        "label": {"en": "Journey", "zh": "旅程"},
        "default_time": "sales.day",
        "tables": {"sales": Table(time="day")},
        "metrics": {
            "revenue": Metric(
                label=Text(en="Revenue", zh="销售额"),
                description=Text(en="Sum of sales values.", zh="销售金额之和。"),
                unit="currency",
                table="sales",
                expr="sum(sales.value)",
            )
        },
        "dimensions": {
            "department": Dimension.model_validate(
                {
                    "label": {"en": "Department", "zh": "部门"},
                    "table": "sales",
                    "column": "department",
                    "members": {"GROCERY": {"label": {"en": "Grocery", "zh": "杂货"}}},
                }
            ),
            "month": Dimension(label=Text(en="Month", zh="月"), kind="time", grain="month"),
        },
    }
)
ROWS: tuple[tuple[Value, ...], ...] = (
    ("GROCERY", Decimal("2315299.04")),
    ("DRUG GM", Decimal("596582.78")),
    (None, Decimal("329484.49")),
)


def evidence(
    columns: tuple[Column, ...] = (DEPARTMENT, REVENUE), rows: tuple[tuple[Value, ...], ...] = ROWS
) -> Evidence:
    """A ranking, unless told otherwise."""
    return Evidence(
        id="e1",
        tool="query_metrics",
        args=QUERY.model_dump(mode="json", exclude_defaults=True),
        title=Text(en="Revenue by department in 2017", zh="2017年各部门的销售额"),
        columns=columns,
        rows=rows,
        sql="SELECT department, sum(value) AS revenue FROM sales GROUP BY department",
        chart=Chart("bar", "e1", "department", ("revenue",)),
    )


def answer(question: str = "Revenue by department in 2017?", language: str = "en", id: str = "q1a2b3c4d") -> Answer:
    """An answered question."""
    words = Text(en="Grocery led with $2,315,299.04.", zh="杂货最高：$2,315,299.04。")
    cells = (Cell("e1", 0, "department"), Cell("e1", 0, "revenue"))
    return Answer(
        id=id,
        question=question,
        language="zh" if language == "zh" else "en",
        store="journey",
        as_of=date(2018, 1, 1),
        status="answered",
        text=words.of(language),
        plan=Plan("run", (Call("query_metrics", QUERY.model_dump(mode="json", exclude_defaults=True)),), choices=1),
        evidence=(evidence(),),
        facts=(Fact("f1", Decimal("2315299.04"), "currency", words, cells),),
        suggestions=("And by month?",),
        model="local:qwen2.5-coder-1.5b",
        tokens=Usage(812, 46, 790),
        timings=Timings(11.84, 1820.4, 85.2, 3.1, 1.0, 1921.5),
        queries=(QUERY,),
    )


class FakeAnalyst:
    """Answers by ``reply``, remembers what it was asked, and whether it was closed."""

    def __init__(self, reply: Callable[[Question, threading.Event], Answer] | None = None) -> None:
        self.reply = reply or (lambda question, cancel: replace(answer(question.text), id=question.id))
        self.asked: list[Question] = []
        self.closed = False
        self.store = SimpleNamespace(schema=SCHEMA)

    def ask(
        self,
        question: Question,
        progress: Callable[[str, str], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Answer:
        self.asked.append(question)
        if progress:
            progress("plan", "planning")
        return self.reply(question, cancel or threading.Event())

    def close(self) -> None:
        self.closed = True
