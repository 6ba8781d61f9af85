"""All segments at once: how many customers, how much of the revenue, and what sets each apart."""

from __future__ import annotations

import pandas as pd

from db.semantic.schema import Text
from models.segmentation.rfm import SEGMENTS
from models.segmentation.value import CHURN_DAYS
from tools import format as fmt
from tools.evidence import Chart, Column, Fact, Value
from tools.grammar import first_up, listed
from tools.registry import ToolResult
from tools.segment_reading import Reading, Sheet, ids
from tools.segment_traits import Portraits
from tools.segment_words import FOCUS, PLURAL, counted

COLUMNS = (
    Column("segment", Text(en="Segment", zh="客群"), "text"),
    Column("customers", Text(en="Customers", zh="客户数"), "count"),
    Column("share", Text(en="Share of customers", zh="客户占比"), "ratio"),
    Column("revenue", Text(en="Revenue, last 365 days", zh="近365天销售额"), "currency"),
    Column("revenue_share", Text(en="Share of revenue", zh="销售额占比"), "ratio"),
    Column("orders", Text(en="Orders per customer", zh="人均订单数"), "number"),
    Column("silent", Text(en="Days since last purchase", zh="距上次购买天数"), "number"),
    Column("churn", Text(en="Mean churn probability", zh="平均流失概率"), "ratio"),
)
METHOD = (
    "RFM: quintiles 1–5 of days since the last purchase (R), purchase days (F) and revenue (M) of the last 365 days. "
    "lost: silent for 90 days or more (longer in slow shops); new: first purchase in the last 60 days; about to leave: "
    "churn at least 2.5 times the mean and 25 %; at risk: F ≥ 3, silent 3 times the own usual gap; champions: F 5 with "
    "M ≥ 4 or F 4 with M 5, R ≥ 2; loyal: F ≥ 4, or F 3 with M ≥ 4; promising: F 3, or F 2 with M ≥ 3; occasional: the "
    f"others. The first that holds counts. Churn: chance of no purchase in the next {CHURN_DAYS} days, from BG/NBD and "
    "MBG/NBD (Fader, Hardie & Lee 2005)"
)
PORTRAITS = ("champions", "about_to_leave")


def method(reading: Reading) -> str:
    """How it was done, with what the check of the churn probability gave."""
    churn = reading.everyone.churn
    if churn is None:
        return "RFM segments; the store has too few repeat purchases to model churn."
    if churn.auc is None:
        return f"{METHOD}."
    return f"{METHOD}, set by what {churn.checked:,} customers did in the last {CHURN_DAYS} (AUC {churn.auc:.2f})."


def overview(reading: Reading) -> ToolResult:
    """The segments of the chosen customers."""
    table = reading.chosen.table
    sheet = reading.sheet(0, _title(reading), COLUMNS)
    names = [name for name in SEGMENTS if (table["segment"] == name).any()]
    for name in names:
        sheet.rows.append(_row(name, table[table["segment"] == name], table))
    portraits = Portraits(reading)
    facts = [_headline(sheet, names, reading), *_leaving(sheet, names), *_rest(sheet, names)]
    facts += _portraits(reading, portraits, names)
    ordered = table.sort_values(["revenue"], ascending=False, kind="stable")
    chart = Chart("bar", sheet.id, "segment", ("customers",))
    return ToolResult(sheet.close(method(reading), chart), tuple(facts), {"customer": ids(ordered)}, portraits.close())


def _portraits(reading: Reading, portraits: Portraits, names: list[str]) -> list[Fact]:
    """What sets the main segments apart; of customers who were asked about, what sets them all apart."""
    table = reading.chosen.table
    if reading.limited:
        fact = portraits.add(Text(en="the customers asked about", zh="所选客户"), table.index, 0.9)
        return [fact] if fact else []
    found = []
    for rank, name in enumerate(n for n in PORTRAITS if n in names):
        fact = portraits.add(PLURAL[name], table.index[table["segment"] == name], 0.9 - rank / 10)
        found += [fact] if fact else []
    return found


def _title(reading: Reading) -> Text:
    return Text(en=f"Customer segments as of {reading.as_of}", zh=f"截至{reading.as_of}的客户分群")


def _row(name: str, part: pd.DataFrame, whole: pd.DataFrame) -> tuple[Value, ...]:
    revenue, total = float(part["revenue"].sum()), float(whole["revenue"].sum())
    churn = float(part["churn"].mean()) if part["churn"].notna().any() else None
    return (
        PLURAL[name],
        len(part),
        len(part) / len(whole),
        round(revenue, 2),
        revenue / total if total else 0.0,
        float(part["orders"].mean()),
        float(part["silent"].mean()),
        churn,
    )


def _headline(sheet: Sheet, names: list[str], reading: Reading) -> Fact:
    top = max(range(len(names)), key=lambda i: float(str(sheet.rows[i][4])))
    row, name, total = sheet.rows[top], PLURAL[names[top]], len(reading.chosen.table)
    said = counted(names[top], int(str(row[1])))
    share, revenue = fmt.number(row[2], "ratio"), fmt.number(row[4], "ratio")
    whose = Text(en=" asked about", zh="所选") if reading.limited else Text(en="", zh="")
    segments = "segment" if len(names) == 1 else "segments"
    en = (
        f"As of {reading.as_of} the {total:,} customers{whose.en} fall into {len(names)} {segments}; "
        f"the {said.en} ({share}) bring {revenue} of the revenue of the last 365 days."
    )
    zh = (
        f"截至{reading.as_of}，{whose.zh}{total:,}位客户分为{len(names)}个客群；其中{said.zh}（{share}），"
        f"贡献近365天销售额的{revenue}。"
    )
    cells = tuple(c for i in range(len(names)) for c in sheet.cells(i, "customers"))
    return Fact(
        "", total, "count", Text(en=en, zh=zh), (*sheet.cells(top, "share", "revenue_share"), *cells), 1.2,
        (str(reading.as_of), name.en, name.zh),
    )  # fmt: skip


def _leaving(sheet: Sheet, names: list[str]) -> list[Fact]:
    """The two segments that are leaving, with what they spent."""
    rows = [names.index(name) for name in FOCUS["leaving"] if name in names]
    if not rows:
        return []
    said = [counted(names[i], int(str(sheet.rows[i][1]))) for i in rows]
    money = [fmt.number(sheet.rows[i][3], "currency", sheet.reading.currency) for i in rows]
    en = listed([f"{name.en} spent {spent}" for name, spent in zip(said, money, strict=True)])
    zh = "，".join(f"{name.zh}，消费{spent}" for name, spent in zip(said, money, strict=True))
    cells = tuple(c for i in rows for c in sheet.cells(i, "customers", "revenue"))
    text = Text(en=f"{first_up(en)} in the last 365 days.", zh=f"近365天内，{zh}。")
    return [Fact("", sheet.rows[rows[0]][1], "count", text, cells, 1.1, _words(names, rows))]


def _rest(sheet: Sheet, names: list[str]) -> list[Fact]:
    """Every other segment with its share of the revenue."""
    skip = {*FOCUS["leaving"], names[max(range(len(names)), key=lambda i: float(str(sheet.rows[i][4])))]}
    rows = [i for i, name in enumerate(names) if name not in skip]
    if not rows:
        return []
    said = [counted(names[i], int(str(sheet.rows[i][1]))) for i in rows]
    shares = [fmt.number(sheet.rows[i][4], "ratio") for i in rows]
    en = listed([f"{name.en} ({share} of revenue)" for name, share in zip(said, shares, strict=True)])
    zh = "、".join(f"{name.zh}（占销售额{share}）" for name, share in zip(said, shares, strict=True))
    cells = tuple(c for i in rows for c in sheet.cells(i, "customers", "revenue_share"))
    text = Text(en=f"The others: {en}.", zh=f"其余：{zh}。")
    return [Fact("", sheet.rows[rows[0]][1], "count", text, cells, 1.0, _words(names, rows))]


def _words(names: list[str], rows: list[int]) -> tuple[str, ...]:
    return tuple(word for i in rows for word in (PLURAL[names[i]].en, PLURAL[names[i]].zh))
