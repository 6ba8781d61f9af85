"""One segment: who is in it, what is at stake, and its portrait. "Who is about to leave?" is answered here."""

from __future__ import annotations

import pandas as pd

from db.semantic.schema import Text
from models.segmentation.rfm import NAMES
from tools import format as fmt
from tools.evidence import Chart, Column, Fact, Value
from tools.grammar import first_up
from tools.registry import ToolResult
from tools.segment_groups import method
from tools.segment_reading import Reading, Sheet, day, ids
from tools.segment_traits import Portraits
from tools.segment_words import PLURAL, counted

SAID = 3  # customers that the sentence names
LEAVING = ("leaving", "at_risk", "lost")  # worth naming with what they are about to take along
COLUMNS = (
    Column("customer", Text(en="Customer", zh="客户"), "member"),
    Column("segment", Text(en="Segment", zh="客群"), "text"),
    Column("last_purchase", Text(en="Last purchase", zh="上次购买"), "date"),
    Column("orders", Text(en="Orders, last 365 days", zh="近365天订单数"), "count"),
    Column("revenue", Text(en="Revenue, last 365 days", zh="近365天销售额"), "currency"),
    Column("churn", Text(en="Churn probability", zh="流失概率"), "ratio"),
    Column("stake", Text(en="At stake", zh="风险金额"), "currency"),
)
TOTALS = (
    Column("customers", Text(en="Customers", zh="客户数"), "count"),
    Column("share", Text(en="Share of customers", zh="客户占比"), "ratio"),
    Column("revenue", Text(en="Revenue, last 365 days", zh="近365天销售额"), "currency"),
    Column("revenue_share", Text(en="Share of revenue", zh="销售额占比"), "ratio"),
    Column("churn", Text(en="Mean churn probability", zh="平均流失概率"), "ratio"),
    Column("stake", Text(en="At stake", zh="风险金额"), "currency"),
)
STAKE = "At stake: churn probability × revenue of the last 365 days."


def one_segment(reading: Reading) -> ToolResult:
    """The customers of the focus, those with the most at stake (or the most revenue) first."""
    focus = reading.arguments.focus
    found = reading.focused()
    by = ["stake", "revenue"] if focus in ("leaving", "at_risk") else ["revenue"]
    ordered = found.sort_values(by, ascending=False, kind="stable", na_position="last")
    name = PLURAL[focus]
    title = Text(en=f"{first_up(name.en)} as of {reading.as_of}", zh=f"截至{reading.as_of}的{name.zh}")
    sheet = customer_rows(reading, ordered.head(reading.arguments.limit), title)
    portraits = Portraits(reading, 2)
    if found.empty:
        return ToolResult(sheet.close(method(reading)), (_nobody(reading),), {"customer": ()})
    totals = _totals(reading, found)
    facts = [_headline(reading, found, totals), *_first(reading, sheet)]
    portrait = portraits.add(name, found.index, 0.9)
    facts += [portrait] if portrait else []
    chart = Chart(
        "bar", sheet.id, "customer", ("stake" if by[0] == "stake" and found["stake"].notna().any() else "revenue",)
    )
    more = (totals.close(method(reading)), *portraits.close())
    return ToolResult(sheet.close(f"{method(reading)} {STAKE}", chart), tuple(facts), {"customer": ids(ordered)}, more)


def customer_rows(reading: Reading, table: pd.DataFrame, title: Text) -> Sheet:
    """One row a customer, under pseudonyms."""
    sheet = reading.sheet(0, title, COLUMNS)
    for customer, row in zip(table.index, table.to_dict("records"), strict=True):
        sheet.rows.append(
            (
                reading.context.people.name(customer),
                NAMES[str(row["segment"])],
                day(row["last"]),
                int(row["orders"]),
                round(float(row["revenue"]), 2),
                known(row["churn"]),
                known(row["stake"], 2),
            )
        )
    return sheet


def known(number: float, places: int | None = None) -> Value:
    """A number, or None where it is not known."""
    value = float(number)
    return None if value != value else value if places is None else round(value, places)


def _totals(reading: Reading, found: pd.DataFrame) -> Sheet:
    whole = reading.chosen.table
    name = PLURAL[reading.arguments.focus]
    sheet = reading.sheet(1, Text(en=f"{first_up(name.en)} in all", zh=f"{name.zh}合计"), TOTALS)
    revenue, total = float(found["revenue"].sum()), float(whole["revenue"].sum())
    share = revenue / total if total else 0.0
    has_churn = bool(found["churn"].notna().any())
    churn, stake = (float(found["churn"].mean()), float(found["stake"].sum())) if has_churn else (None, None)
    sheet.rows.append(
        (
            len(found),
            len(found) / len(whole),
            round(revenue, 2),
            share,
            churn,
            round(stake, 2) if stake is not None else None,
        )
    )
    return sheet


def _headline(reading: Reading, found: pd.DataFrame, totals: Sheet) -> Fact:
    name = PLURAL[reading.arguments.focus]
    row, currency = totals.rows[0], reading.currency
    said = counted(reading.arguments.focus, len(found))
    share, part = fmt.number(row[1], "ratio"), fmt.number(row[3], "ratio")
    revenue = fmt.number(row[2], "currency", currency)
    are = "is" if len(found) == 1 else "are"
    of = Text(en="of those asked about", zh="占所选客户的") if reading.limited else Text(en="of all", zh="占全部客户的")
    en = (
        f"As of {reading.as_of} there {are} {said.en} ({share} {of.en}), who spent {revenue} in the last 365 days, "
        f"{part} of the revenue."
    )
    zh = f"截至{reading.as_of}，有{said.zh}（{of.zh}{share}）；近365天消费{revenue}，占销售额的{part}。"
    cells = totals.cells(0, "customers", "share", "revenue", "revenue_share")
    if reading.arguments.focus in ("leaving", "at_risk") and row[5] is not None:
        churn, stake = fmt.number(row[4], "ratio"), fmt.number(row[5], "currency", currency)
        en += f" Weighed by their chance of leaving ({churn} on average), {stake} a year is at stake."
        zh += f"按流失概率（平均{churn}）加权，每年有{stake}面临风险。"
        cells += totals.cells(0, "churn", "stake")
    words = (str(reading.as_of), name.en, name.zh)
    return Fact("", row[0], "count", Text(en=en, zh=zh), cells, 1.2, words)


def _nobody(reading: Reading) -> Fact:
    """That there is no such customer, out of how many."""
    name, many = PLURAL[reading.arguments.focus], len(reading.chosen.table)
    among = Text(en="customers asked about", zh="所选") if reading.limited else Text(en="customers", zh="")
    en = f"As of {reading.as_of} none of the {many:,} {among.en} counts among the {name.en}."
    zh = f"截至{reading.as_of}，{among.zh}{many:,}位客户中没有{name.zh}。"
    words = (str(reading.as_of), name.en, name.zh)
    return Fact("", many, "count", Text(en=en, zh=zh), (), 1.2, words)


def _first(reading: Reading, sheet: Sheet) -> list[Fact]:
    """The first customers of the list by name."""
    rows = sheet.rows[:SAID]
    if not rows:
        return []
    en, zh, words = [], [], []
    names = ["last_purchase", "revenue", "churn"]
    for name, _, last, _, revenue, churn, _ in rows:
        money = fmt.number(revenue, "currency", reading.currency)
        chance = fmt.number(churn, "ratio") if churn is not None else None
        tail_en = f", churn {chance}" if chance else ""
        tail_zh = f"，流失概率{chance}" if chance else ""
        en.append(f"{name} (last bought on {last}, {money} in the last 365 days{tail_en})")
        zh.append(f"{name}（上次购买{last}，近365天消费{money}{tail_zh}）")
        words += [str(name), str(last)]
    leaving = reading.arguments.focus in ("leaving", "at_risk")
    head = (
        Text(en="First to look after: ", zh="最值得优先跟进：")
        if leaving
        else Text(en="The largest: ", zh="消费最高：")
    )
    text = Text(en=f"{head.en}{'; '.join(en)}.", zh=f"{head.zh}{'；'.join(zh)}。")
    cells = tuple(c for i in range(len(rows)) for c in sheet.cells(i, *names))
    return [Fact("", rows[0][4], "currency", text, cells, 1.1, tuple(words))]
