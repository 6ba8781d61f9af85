"""One explanation put together: its tables by name, and the facts that they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from db.semantic.query import SemanticQuery
from db.semantic.schema import Text
from tools.anomaly_series import calendar_of
from tools.evidence import Fact
from tools.explain_causes import Findings, leading
from tools.explain_data import Reader
from tools.explain_facts import FactWriter
from tools.explain_holidays import holiday_fact
from tools.explain_parts import calendar_effect, factors, habit, prices, rate_mix
from tools.explain_tables import Table, Tables
from tools.origin import origin_facts
from tools.registry import evidence_id
from tools.wording import Wording

_TITLES = {
    "factors": Text(en="the factors behind the change", zh="变化的构成因素"),
    "prices": Text(en="price, volume and mix", zh="价格、销量与结构"),
    "rates": Text(en="rate and mix", zh="比率与结构"),
}


class Answer:
    """Tables and facts of one explanation.

    Args:
        asked: the dimensions of the question. limit: members that a table names. first: id of the first table.
    """

    def __init__(self, reader: Reader, findings: Findings, asked: Sequence[str], limit: int, first: str) -> None:
        periods, schema = reader.periods, reader.schema
        query = SemanticQuery(
            metrics=(reader.metric.name,), filters=reader.filters, time=periods.time, compare=periods.compare
        )
        self.reader, self.findings, self.limit = reader, findings, limit
        self.words = Wording(schema, query, reader.store.data_range)
        self.make = Tables(reader, self.words)
        self.habit, self.days = habit(reader), calendar_effect(reader)
        self.lead = leading(
            findings, asked, sorted(schema.dimensions, key=lambda d: schema.dimensions[d].kind == "time")
        )
        self.goods, self.level = prices(reader)
        self.effects = {"factors": factors(reader), "prices": self.goods}
        if reader.is_ratio and self.lead:
            self.effects["rates"] = rate_mix(self.lead)
        self.tables: Mapping[str, Table] = dict(self._tables())
        self.ids = {name: evidence_id(first, i) for i, name in enumerate(self.tables)}
        self.sql = {"split": self.lead.sql} if self.lead else {}

    def _tables(self) -> Iterator[tuple[str, Table]]:
        """The leading split first: its chart is the answer's."""
        if self.lead:
            yield "split", self.make.split(self.lead, self.limit)
        yield "total", self.make.total(self.habit, self.days)
        for name, effects in self.effects.items():
            if effects:
                yield name, self.make.effects(_TITLES[name], effects)
        if self.findings.causes:
            yield "causes", self.make.causes(self.findings, self._confidence)
        if len(self.findings.splits) > 1:
            yield "splits", self.make.splits(self.findings.splits, self.limit)

    @property
    def _confidence(self) -> float:
        """Half as sure where the whole change is no larger than usual: then noise has causes like these too."""
        return self.findings.confidence * (0.5 if self.habit and self.habit.usual else 1.0)

    def facts(self) -> tuple[Fact, ...]:
        """What to say, most important first."""
        write = FactWriter(self.reader, self.words, self.make, self.ids)
        found = [write.headline(self.tables["total"])]
        if self.reader.total.part:
            found += self._reasons(write)
        if self.reader.periods.cut:
            found.append(write.partly())
        found += origin_facts(self.reader.schema, (self.reader.metric.name,))
        return tuple(sorted(found, key=lambda fact: -fact.weight))

    def _reasons(self, write: FactWriter) -> Iterator[Fact]:
        total = self.tables["total"]
        if self.findings.splits:
            yield write.cause(self.findings, self.tables.get("causes"), self._confidence)
        if self.effects["factors"]:
            yield write.factors(self.effects["factors"], self.tables["factors"])
        if self.goods:
            yield write.prices(self.goods, self.tables["prices"], self.level)
        if self.lead:
            yield write.split(self.lead, self.tables["split"], self.limit)
        if self.lead and "rates" in self.tables:
            yield write.rates(self.lead, self.tables["rates"])
        if holidays := holiday_fact(self.reader.periods, calendar_of(self.reader.schema)):
            yield holidays
        if self.habit:
            yield write.habit(self.habit, total)
        if self.days and self.days.amount:
            yield write.calendar(self.days, total)
        shown = self.lead.dimensions if self.lead else ()
        if quiet := [name for name in self.findings.quiet if name not in shown]:
            yield write.quiet(quiet)
