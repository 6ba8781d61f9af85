"""What customers are worth: expected purchases and spend ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from db.semantic.schema import Text
from models.segmentation.lifetimes import history
from models.segmentation.rfm import NAMES
from models.segmentation.value import expected_spend, fit_value
from tools import format as fmt
from tools.evidence import Chart, Column, Fact
from tools.grammar import first_up
from tools.registry import ToolResult
from tools.segment_list import known
from tools.segment_reading import Reading, Sheet, ids, last_day
from tools.segment_words import PLURAL

MOST_DAYS, LEAST_DAYS = 365, 30  # ahead: a year, but no farther than the store's past reaches back
TENTH = 0.1
SAID = 3
METHOD = (
    "Expected purchase days: mean of BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD, its level set by earlier forecasts "
    "within the same past ({level:.2f}); of one customer the median, in sums the "
    "means. Spend per purchase day: Gamma-Gamma. Alive: P(alive) of the same models."
)


def value(reading: Reading) -> ToolResult:
    """Customers by what they are expected to spend."""
    found, days, level = _valued(reading)
    name = PLURAL[reading.arguments.focus]
    title = Text(
        en=f"Expected value of {name.en} in the {days} days from {reading.as_of}",
        zh=f"{name.zh}自{reading.as_of}起{days}天的预期价值",
    )
    sheet = reading.sheet(0, title, _columns(days))
    for customer, row in zip(found.index, found.head(reading.arguments.limit).to_dict("records"), strict=False):
        sheet.rows.append(
            (
                reading.context.people.name(customer),
                NAMES[str(row["segment"])],
                float(row["alive"]),
                known(row["churn"]),
                int(row["typical"]),
                float(row["expected"]),
                round(float(row["spend"]), 2),
                round(float(row["value"]), 2),
            )
        )
    totals = _totals(reading, found, days)
    facts = (_headline(reading, totals, days), _top(reading, sheet))
    chart = Chart("bar", sheet.id, "customer", ("value",))
    evidence = sheet.close(METHOD.format(level=level), chart)
    return ToolResult(evidence, facts, {"customer": ids(found)}, (totals.close(METHOD.format(level=level)),))


def _valued(reading: Reading) -> tuple[pd.DataFrame, int, float]:
    """The customers of the focus with what is expected of them, the days ahead, and the models' level."""
    wanted, customers = reading.someone(), reading.customers
    end = last_day(reading.as_of)
    model = fit_value(customers.days, end)
    index, past = history(customers.days, end)
    seen = (reading.as_of - customers.days["day"].min().date()).days
    days = max(LEAST_DAYS, min(MOST_DAYS, seen))
    visits = customers.table["visits"].reindex(index).to_numpy(float)
    revenue = customers.table["revenue"].reindex(index).to_numpy(float)
    mean = np.divide(revenue, visits, out=np.zeros(len(index)), where=visits > 0)
    ahead = pd.DataFrame(
        {
            "alive": model.alive(past),
            "typical": model.typical(past, days / 7),
            "expected": model.expected(past, days / 7),
            "spend": expected_spend(visits, mean),
        },
        index=index,
    )
    ahead["value"] = ahead["expected"] * ahead["spend"]
    return wanted.join(ahead).sort_values("value", ascending=False, kind="stable"), days, model.level


def _columns(days: int) -> tuple[Column, ...]:
    return (
        Column("customer", Text(en="Customer", zh="客户"), "member"),
        Column("segment", Text(en="Segment", zh="客群"), "text"),
        Column("alive", Text(en="Chance of being still a customer", zh="仍为客户的概率"), "ratio"),
        Column("churn", Text(en="Churn probability", zh="流失概率"), "ratio"),
        Column(
            "typical", Text(en=f"Purchase days, median, next {days}", zh=f"未来{days}天购买天数（中位数）"), "count"
        ),
        Column("expected", Text(en=f"Purchase days, mean, next {days}", zh=f"未来{days}天购买天数（均值）"), "number"),
        Column("spend", Text(en="Expected spend a purchase day", zh="每个购买日预期消费"), "currency"),
        Column("value", Text(en=f"Expected value, next {days} days", zh=f"未来{days}天预期价值"), "currency"),
    )


def _totals(reading: Reading, found: pd.DataFrame, days: int) -> Sheet:
    title = Text(en=f"Expected value in all, next {days} days", zh=f"未来{days}天预期价值合计")
    columns = (
        Column("customers", Text(en="Customers", zh="客户数"), "count"),
        Column("value", Text(en="Expected value", zh="预期价值"), "currency"),
        Column("mean", Text(en="Per customer", zh="人均"), "currency"),
        Column("median", Text(en="Median customer", zh="中位数客户"), "currency"),
        Column("top", Text(en="Customers in the top tenth", zh="前十分之一客户数"), "count"),
        Column("top_share", Text(en="Share of the top tenth", zh="前十分之一占比"), "ratio"),
    )
    sheet = reading.sheet(1, title, columns)
    total, top = float(found["value"].sum()), max(1, round(len(found) * TENTH))
    share = float(found["value"].head(top).sum()) / total if total else 0.0
    mean, median = round(total / len(found), 2), round(float(found["value"].median()), 2)
    sheet.rows.append((len(found), round(total, 2), mean, median, top, share))
    return sheet


def _headline(reading: Reading, totals: Sheet, days: int) -> Fact:
    count, total, mean, median, top, share = totals.rows[0]
    name, currency = PLURAL[reading.arguments.focus], reading.currency
    money = [fmt.number(v, "currency", currency) for v in (total, mean, median)]
    part, many = fmt.number(share, "ratio"), fmt.number(count, "count")
    en = (
        f"In the {days} days from {reading.as_of} the {many} {name.en} can be expected to spend {money[0]}: {money[1]} "
        f"each on average, {money[2]} in the middle; the top {top:,} bring {part} of it."
    )
    zh = (
        f"自{reading.as_of}起{days}天内，{many}位{name.zh}预计消费{money[0]}：人均{money[1]}，中位数{money[2]}；"
        f"前{top:,}位贡献其中的{part}。"
    )
    cells = totals.cells(0, "customers", "value", "mean", "median", "top", "top_share")
    words = (str(reading.as_of), str(days), name.en, name.zh)
    return Fact("", total, "currency", Text(en=first_up(en), zh=zh), cells, 1.2, words)


def _top(reading: Reading, sheet: Sheet) -> Fact:
    rows = sheet.rows[:SAID]
    en, zh, names = [], [], []
    for name, _, _, _, typical, _, _, worth in rows:
        money, bought = fmt.number(worth, "currency", reading.currency), fmt.number(typical, "count")
        en.append(f"{name} ({money}, most likely about {bought} purchase {'day' if typical == 1 else 'days'})")
        zh.append(f"{name}（{money}，最可能购买约{bought}天）")
        names.append(str(name))
    text = Text(en=f"Worth the most: {'; '.join(en)}.", zh=f"预期价值最高：{'；'.join(zh)}。")
    cells = tuple(c for i in range(len(rows)) for c in sheet.cells(i, "value", "typical"))
    return Fact("", rows[0][-1], "currency", text, cells, 1.0, tuple(names))
