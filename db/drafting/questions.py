"""What the draft leaves to the operator, in plain words."""

from __future__ import annotations

from db.drafting.building import Building
from db.semantic.schema import Text

_CHINESE = ("\u3400", "\u9fff")
_CURRENCIES = frozenset(
    "USD EUR GBP CNY JPY HKD TWD SGD AUD CAD NZD CHF SEK NOK DKK PLN CZK INR KRW BRL MXN ZAR AED THB VND MYR IDR "
    "PHP TRY".split()
)


def currency(build: Building) -> str:
    """The store's currency: the one that its orders name, else by the language of its columns."""
    for table in filter(None, (build.orders, build.base)):
        column = build.sheet(table).holds.get("currency")
        if column is not None:
            values = [v.upper() for v in build.probes.values(build.sheet(table).shape.name, column.name)]
            known = [v for v in values if v in _CURRENCIES]
            if known:
                if len(known) > 1:
                    build.ask(
                        f"Orders are in several currencies ({', '.join(known)}), and are added up as they stand: "
                        "connect a view with one currency.",
                        f"订单含多种币种（{'、'.join(known)}），目前直接相加：请接入统一币种的视图。",
                    )
                return known[0]
    names = "".join(c.name for c in build.sheet(build.base).shape.columns)
    return "CNY" if any(_CHINESE[0] <= c <= _CHINESE[1] for c in names) else "USD"


def missing(build: Building, *, asked_currency: bool) -> tuple[Text, ...]:
    """What else is to be looked at."""
    found: list[Text] = []
    sheets = [build.sheet(table) for table in dict.fromkeys(filter(None, (build.orders, build.base)))]
    if asked_currency and not any("currency" in sheet.holds for sheet in sheets):
        found.append(
            Text(en="No column names the currency: is 'currency' right?", zh="没有币种字段：currency 是否正确？")
        )
    if any(c.kind == "zoned" for s in sheets for c in s.shape.columns):
        found.append(
            Text(
                en="Dates carry a time zone: is 'time_zone' the shop's? Days begin by it.",
                zh="日期带有时区：time_zone 是否为店铺所在时区？每天按此划分。",
            )
        )
    statuses = [s.holds[c].name for s in sheets for c in ("order_status", "financial_status") if c in s.holds]
    if statuses and not build.condition:
        found.append(
            Text(
                en=f"Every state in '{statuses[0]}' counts as a sale: if one should not, add a 'where'.",
                zh=f"“{statuses[0]}”的所有状态都计入销售：如有不应计入的，请加 where 条件。",
            )
        )
    if build.untranslated:
        names = ", ".join(build.untranslated[:12]) + ("…" if len(build.untranslated) > 12 else "")
        found.append(
            Text(
                en=f"These have no Chinese name: {names}. Write it under dimensions.<name>.label.zh, with synonyms.",
                zh=f"这些维度还没有中文名：{names}。请写在 dimensions.<名称>.label.zh，并补充同义词。",
            )
        )
    if any("cost" in s.holds for s in (*sheets, *build.of_kind("products"))):
        found.append(
            Text(
                en="There is a column of costs: profit can be added as a metric (docs/connect.md).",
                zh="存在成本字段：可添加利润指标（见 docs/connect.md）。",
            )
        )
    return tuple(found)
