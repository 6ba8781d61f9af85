"""Movement between segments: who was what then, and is what now."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from db.errors import AnalysisError
from db.semantic.schema import Text
from models.segmentation.profiles import moves, profiles
from models.segmentation.rfm import NAMES
from tools.evidence import Chart, Column, Fact
from tools.grammar import listed
from tools.registry import ToolResult
from tools.segment_groups import method
from tools.segment_reading import Reading, Sheet, ids
from tools.segment_words import FOCUS, PLURAL

SAID = 4  # flows that a sentence names
NOWHERE = Text(en="(not yet a customer)", zh="（尚非客户）")
COLUMNS = (
    Column("before", Text(en="Segment before", zh="原客群"), "text"),
    Column("now", Text(en="Segment now", zh="现客群"), "text"),
    Column("customers", Text(en="Customers", zh="客户数"), "count"),
    Column("share", Text(en="Share of those there before", zh="占原客群比例"), "ratio"),
    Column("revenue", Text(en="Revenue, last 365 days", zh="近365天销售额"), "currency"),
)
TOTALS = (
    Column("flow", Text(en="Movement", zh="变动"), "text"),
    Column("customers", Text(en="Customers", zh="客户数"), "count"),
)


def movement(reading: Reading) -> ToolResult:
    """The flows between segments from the period's start to its end; by default over the last month.

    Raises:
        AnalysisError: no history before the period.
    """
    then = start_of(reading)
    context = reading.context
    if then <= context.store.data_start:
        raise AnalysisError(
            f"There are no purchases before {then} to compare segments with.", "Ask for a later period."
        )
    earlier = profiles(context.store, then, context.row_filters, context.query_seconds, shares=False).table["segment"]
    table = reading.chosen.table
    before = earlier.reindex(table.index).fillna("")
    flows = moves(earlier, table["segment"])
    sheet = reading.sheet(0, _title(then, reading.as_of), COLUMNS)
    sizes = before.value_counts()
    revenue = table["revenue"].groupby([before, table["segment"]]).sum()
    for was, now, count in flows.itertuples(index=False):
        origin = NAMES[was] if was else NOWHERE
        spent = round(float(revenue[(was, now)]), 2)
        sheet.rows.append((origin, NAMES[now], int(count), count / int(sizes[was]), spent))
    totals = reading.sheet(1, Text(en="Movement in all", zh="变动合计"), TOTALS)
    facts = _facts(reading, flows, sheet, totals, then)
    moved = table[(before != table["segment"]) & table["segment"].isin(_segments(reading))]
    ordered = moved.sort_values("revenue", ascending=False, kind="stable")
    evidence = sheet.close(method(reading), Chart("bar", sheet.id, "now", ("customers",), "before"))
    return ToolResult(evidence, facts, {"customer": ids(ordered)}, (totals.close(method(reading)),))


def start_of(reading: Reading) -> date:
    """The day from which movement runs: the period's first, or the same day of the month before."""
    time, as_of = reading.arguments.time, reading.as_of
    if time is not None and time.start < as_of:
        return time.start
    last = as_of.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(as_of.day, last.day))


def _segments(reading: Reading) -> tuple[str, ...]:
    """The segments into which movement is looked at: of the focus, else those of customers who are leaving."""
    return FOCUS[reading.arguments.focus if reading.arguments.focus != "all" else "leaving"]


def _title(then: date, now: date) -> Text:
    return Text(en=f"Movement between segments, {then} to {now}", zh=f"{then}至{now}的客群变动")


def _facts(reading: Reading, flows: pd.DataFrame, sheet: Sheet, totals: Sheet, then: date) -> tuple[Fact, ...]:
    stayed = flows["before"] == flows["now"]
    held, came = int(flows.loc[stayed, "customers"].sum()), flows["before"] == ""
    known = int(flows.loc[~came, "customers"].sum())
    totals.rows += [("stayed", held), ("customers then", known)]
    totals.rows.append(("newly bought", int(flows.loc[came, "customers"].sum())))
    en = f"Between {then} and {reading.as_of}, {held:,} of {known:,} customers stayed in their segment."
    zh = f"{then}至{reading.as_of}期间，{known:,}位客户中有{held:,}位留在原客群。"
    first = Fact(
        "", held, "count", Text(en=en, zh=zh), (*totals.cells(0, "customers"), *totals.cells(1, "customers")), 1.0,
        (str(then), str(reading.as_of)),
    )  # fmt: skip
    focus = reading.arguments.focus
    wanted = [focus] if focus != "all" else ["leaving", "best", "lost"]
    found = [fact for name in wanted for fact in _into_and_out(name, flows, sheet, totals, focus != "all")]
    return (*found, first) if focus != "all" else (first, *found)


def _into_and_out(focus: str, flows: pd.DataFrame, sheet: Sheet, totals: Sheet, both: bool) -> list[Fact]:
    """How many came into the focus, and from where; where it was asked for, also how many left it, and to where."""
    inside = FOCUS[focus]
    name = PLURAL[focus]
    became = flows[flows["now"].isin(inside) & ~flows["before"].isin(inside)]
    left = flows[flows["before"].isin(inside) & ~flows["now"].isin(inside)]
    into = Text(en=f"became {name.en}", zh=f"变为{name.zh}")
    out = Text(en=f"left the {name.en}", zh=f"不再是{name.zh}")
    found = [_flow(became, "before", sheet, totals, into, Text(en="from", zh="来自"), 1.2 if both else 0.9)]
    if both:
        found.append(_flow(left, "now", sheet, totals, out, Text(en="to", zh="转为"), 1.1))
    return found


def _flow(flows: pd.DataFrame, side: str, sheet: Sheet, totals: Sheet, what: Text, way: Text, weight: float) -> Fact:
    """How many did so, and the largest of the segments they came from or went to."""
    count = int(flows["customers"].sum())
    totals.rows.append((what, count))
    cells = totals.cells(len(totals.rows) - 1, "customers")
    parts = flows.groupby(side, sort=False)["customers"].sum().sort_values(ascending=False, kind="stable").head(SAID)
    for key in parts.index:
        places = flows.index[flows[side] == key]
        if len(places) == 1:  # a row of the table itself
            cells += sheet.cells(int(places[0]), "customers")
        else:
            origin = NAMES[str(key)] if key else NOWHERE
            whole = Text(en=f"{what.en} {way.en} {origin.en}", zh=f"{what.zh}（{way.zh}{origin.zh}）")
            totals.rows.append((whole, int(parts[key])))
            cells += totals.cells(len(totals.rows) - 1, "customers")
    customers = "customer" if count == 1 else "customers"
    en, zh = f"{count:,} {customers} {what.en}", f"{count:,}位客户{what.zh}"
    if count:
        en += f": {_listed_flows(parts, way.en, 'en')}"
        zh += f"：{_listed_flows(parts, way.zh, 'zh')}"
    return Fact("", count, "count", Text(en=f"{en}.", zh=f"{zh}。"), cells, weight, (what.en, what.zh))


def _listed_flows(parts: pd.Series[int], way: str, language: str) -> str:
    named = [((PLURAL.get(str(k), NOWHERE)).of(language), int(n)) for k, n in parts.items()]
    if language == "zh":
        return "、".join(f"{way}{name}{n:,}位" for name, n in named)
    return listed([f"{n:,} {way} {name}" for name, n in named])
