"""The facts of one brief: each gets its number when it is stated, so that every sentence can be cited and checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from db.semantic.query import Interval
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Cell, Evidence, Fact, Unit, Value

_CENTS = re.compile(r"([$¥€£]|\b[A-Z]{3} )(\d{1,3}(?:,\d{3})+\.\d\d)(?!\d)")
WHOLE = 1000  # money from here on is written without cents


class Ledger:
    """Numbers facts and tables, and writes values as this brief writes them.

    >>> ledger = Ledger("USD")
    >>> ledger.say(Text(en="Up $1,235.", zh="升$1,235。"), Decimal("1234.56"), "currency").id
    'f1'
    >>> ledger.figure(Decimal("78935.91"), "currency"), ledger.figure(0.0825, "ratio")
    ('$78,936', '8.25%')
    """

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.facts: list[Fact] = []
        self.tables: list[Evidence] = []

    def say(
        self, text: Text, value: Value = None, unit: Unit = "text", cells: Sequence[Cell] = (), weight: float = 1.0
    ) -> Fact:
        """A new fact in words of this brief."""
        return self.adopt(Fact("", value, unit, text, tuple(cells), weight))

    def adopt(self, fact: Fact, text: Text | None = None) -> Fact:
        """A tool's fact under a number of this brief, in other words where given."""
        numbered = replace(fact, id=f"f{len(self.facts) + 1}", text=text or fact.text)
        self.facts.append(numbered)
        return numbered

    def keep(self, evidence: Evidence) -> Evidence:
        """A table that this brief shows or cites."""
        if all(evidence.id != kept.id for kept in self.tables):
            self.tables.append(evidence)
        return evidence

    def figure(self, value: Value, unit: Unit) -> str:
        """A value for prose and cards: money from 1,000 on in whole units, all else as everywhere."""
        if unit == "currency" and isinstance(value, int | float | Decimal) and abs(float(value)) >= WHOLE:
            return fmt.number(value, unit, self.currency)[:-3] if value == round(value) else self._whole(value)
        return fmt.number(value, unit, self.currency)

    def _whole(self, value: int | float | Decimal) -> str:
        return fmt.number(Decimal(round(value)), "currency", self.currency)[:-3]

    def moved(self, value: Value, unit: Unit) -> str:
        """A change with its sign."""
        text = self.figure(value, unit)
        return f"+{text}" if isinstance(value, int | float | Decimal) and value > 0 else text


def cells(evidence: Evidence, row: int, *columns: str) -> tuple[Cell, ...]:
    """Cells of one row."""
    return tuple(Cell(evidence.id, row, column) for column in columns)


def column(evidence: Evidence, name: str) -> int:
    """The place of a column by its name."""
    return next(i for i, c in enumerate(evidence.columns) if c.name == name)


def at(evidence: Evidence, row: int, name: str) -> Value:
    """One cell's value."""
    return evidence.rows[row][column(evidence, name)]


def english(value: Value) -> str:
    """A cell's name in English, by which code knows it."""
    return value.en if isinstance(value, Text) else str(value)


def numeric(value: Value) -> float | None:
    """A value as a float; None where it is no number."""
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def weekly(text: Text, week: Interval) -> Text:
    """A tool's sentence as a brief says it: this week, the one before and the next by name, much money without cents.

    >>> from datetime import date
    >>> week = Interval(start=date(2017, 12, 25), end=date(2018, 1, 1))
    >>> weekly(Text(en="Sales in the week of 2017-12-25 to 2017-12-31 fell.", zh="下降。"), week).en
    'Sales fell.'
    """
    en, zh = text.en, text.zh
    step = timedelta(days=7)
    before = Interval(start=week.start - step, end=week.start)
    after = Interval(start=week.end, end=week.end + step)
    for period, name, name_zh in (
        (week, "", "本周"),
        (before, "the week before", "上周"),
        (after, "next week", "下周"),
    ):
        words = fmt.period(period)
        if name:
            en = en.replace(f"in {words.en}", f"in {name}" if name != "next week" else name).replace(words.en, name)
        else:
            en = en.replace(f" in {words.en}", "").replace(f" of {words.en}", "").replace(words.en, "the week")
        zh = zh.replace(words.zh, name_zh)
    return Text(en=whole_money(en), zh=whole_money(zh))


def marked(text: Text, simulated: bool) -> Text:
    """A sentence that says, where it must, that it rests on simulated data.

    >>> marked(Text(en="Refunds rose.", zh="退款上升。"), simulated=True)
    Text(en='Refunds rose (simulated).', zh='退款上升（模拟）。')
    """
    if not simulated:
        return text
    return Text(en=f"{text.en.removesuffix('.')} (simulated).", zh=f"{text.zh.removesuffix('。')}（模拟）。")


def whole_money(text: str) -> str:
    """Money from 1,000 on without its cents, rounded.

    >>> whole_money("-$16,355.58, $12.40")
    '-$16,356, $12.40'
    """
    return _CENTS.sub(lambda m: f"{m[1]}{round(Decimal(m[2].replace(',', ''))):,}", text)
