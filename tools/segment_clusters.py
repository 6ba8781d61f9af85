"""Groups found in customers' habits, under names that stay."""

from __future__ import annotations

from datetime import date

import pandas as pd

from db.errors import AnalysisError
from db.semantic.schema import Text
from models.segmentation.clusters import Clusters, fit_clusters
from models.segmentation.features import Customers, read_customers
from models.segmentation.train import trained
from tools import format as fmt
from tools.evidence import Chart, Column, Fact, Value
from tools.grammar import listed
from tools.registry import ToolResult
from tools.segment_reading import Reading, Sheet, ids
from tools.segment_traits import Portraits
from tools.segment_words import group_name

SAID = 3  # groups whose portrait is told in words
COLUMNS = (
    Column("group", Text(en="Group", zh="客群"), "text"),
    Column("customers", Text(en="Customers", zh="客户数"), "count"),
    Column("share", Text(en="Share of customers", zh="客户占比"), "ratio"),
    Column("revenue", Text(en="Revenue, last 365 days", zh="近365天销售额"), "currency"),
    Column("revenue_share", Text(en="Share of revenue", zh="销售额占比"), "ratio"),
    Column("rate", Text(en="Orders a week", zh="每周订单数"), "number"),
    Column("basket", Text(en="Average order value", zh="客单价"), "currency"),
)
QUALITY = (
    Column("method", Text(en="Method", zh="方法"), "text"),
    Column("space", Text(en="Space", zh="特征空间"), "text"),
    Column("groups", Text(en="Groups", zh="客群数"), "count"),
    Column("silhouette", Text(en="Silhouette", zh="轮廓系数"), "number"),
    Column("bic", Text(en="BIC", zh="BIC"), "number"),
    Column("stability", Text(en="Stability (adjusted Rand index)", zh="稳定性（调整兰德指数）"), "number"),
    Column("chosen", Text(en="Chosen", zh="采用"), "text"),
)
_SPACES = {"habits": "standardised habits", "embedding": "autoencoder embedding"}
_METHODS = {"kmeans": "K-Means", "gmm": "Gaussian mixture"}


def found_groups(reading: Reading) -> ToolResult:
    """The groups of the chosen customers; a focus keeps those of its segments only."""
    clusters, source = _clusters(reading)
    table = reading.someone()
    groups = clusters.place(reading.customers).reindex(table.index).dropna().astype(int)
    if groups.empty:
        raise AnalysisError("None of these customers bought in the last 365 days.", "Ask for other customers.")
    table = table.loc[groups.index]
    title = Text(en=f"Groups by habits as of {reading.as_of}", zh=f"截至{reading.as_of}按购物习惯的客群")
    sheet = reading.sheet(0, title, COLUMNS)
    sizes = table["revenue"].groupby(groups).sum().sort_values(ascending=False)
    order = [int(str(k)) for k in sizes.index]
    for k in order:
        sheet.rows.append(_row(clusters, k, table[groups == k], table))
    quality, portraits = _quality(reading, clusters), Portraits(reading, 2)
    facts = [_headline(reading, sheet, quality, clusters), _sizes(sheet, clusters, order)]
    for rank, k in enumerate(order[:SAID]):
        name = group_name(clusters.names[k])
        fact = portraits.add(Text(en=f"the {name.en}", zh=name.zh), groups.index[groups == k], 0.9 - rank / 10)
        facts += [fact] if fact else []
    ranked = table.assign(group=groups.map(order.index)).sort_values(["group", "revenue"], ascending=[True, False])
    evidence = sheet.close(source, Chart("bar", sheet.id, "group", ("customers",)))
    more = (quality.close(source), *portraits.close())
    return ToolResult(evidence, tuple(facts), {"customer": ids(ranked)}, more)


def _clusters(reading: Reading) -> tuple[Clusters, str]:
    """The trained groups; else groups found as of the first day of the month, so that a week's data moves no name."""
    context, as_of = reading.context, reading.as_of
    kept = trained(context.models, context.store, as_of) if not context.row_filters else None
    if kept:
        return kept[1], f"{_how(kept[1])} Trained as of {kept[0].as_of}; customers are placed by the nearest centre."
    month = as_of.replace(day=1)
    try:
        customers = reading.customers if month == as_of else _earlier(reading, month)
        found = fit_clusters(customers, progress=context.progress)
    except AnalysisError:  # a young store
        month, found = as_of, fit_clusters(reading.customers, progress=context.progress)
    return found, f"{_how(found)} Found as of {month}; customers are placed by the nearest centre."


def _earlier(reading: Reading, month: date) -> Customers:
    context = reading.context
    return read_customers(context.store, month, context.row_filters, context.query_seconds)


def _how(clusters: Clusters) -> str:
    return (
        f"{_METHODS[clusters.chosen.method]} on {_SPACES[clusters.chosen.space]} of the last 365 days; the number of "
        "groups by silhouette (K-Means) or BIC (mixture), the method by stability over bootstraps. The code keeps "
        f"{clusters.encoder.rebuilt:.0%} of the habits' variance."
    )


def _row(clusters: Clusters, group: int, part: pd.DataFrame, whole: pd.DataFrame) -> tuple[Value, ...]:
    revenue, total = float(part["revenue"].sum()), float(whole["revenue"].sum())
    return (
        group_name(clusters.names[group]),
        len(part),
        len(part) / len(whole),
        round(revenue, 2),
        revenue / total if total else 0.0,
        float(part["rate"].mean()),
        round(revenue / float(part["orders"].sum()), 2),
    )


def _quality(reading: Reading, clusters: Clusters) -> Sheet:
    sheet = reading.sheet(1, Text(en="How the groups were chosen", zh="客群的选择依据"), QUALITY)
    best = clusters.chosen
    for each in sorted(clusters.candidates, key=lambda c: -c.stability):
        chosen = "yes" if (each.method, each.space) == (best.method, best.space) else ""
        bic = round(each.bic, 1) if each.bic is not None else None
        method, space = _METHODS[each.method], _SPACES[each.space]
        sheet.rows.append((method, space, each.groups, each.silhouette, bic, each.stability, chosen))
    return sheet


def _headline(reading: Reading, sheet: Sheet, quality: Sheet, clusters: Clusters) -> Fact:
    row = next(i for i, r in enumerate(quality.rows) if r[-1])
    count = len(clusters.centroids)
    agreed, width = (fmt.number(v, "number") for v in (clusters.chosen.stability, clusters.chosen.silhouette))
    way = _METHODS[clusters.chosen.method]
    en = (
        f"As of {reading.as_of} the customers' habits form {count} groups ({way}; stability {agreed} as adjusted Rand "
        f"index when customers are drawn anew, silhouette {width})."
    )
    zh = (
        f"截至{reading.as_of}，按购物习惯客户可分为{count}个群"
        f"（{way}；重抽样稳定性即调整兰德指数{agreed}，轮廓系数{width}）。"
    )
    cells = quality.cells(row, "groups", "stability", "silhouette")
    return Fact("", count, "count", Text(en=en, zh=zh), cells, 1.2, (str(reading.as_of),))


def _sizes(sheet: Sheet, clusters: Clusters, order: list[int]) -> Fact:
    en, zh, words = [], [], []
    for row, k in zip(sheet.rows, order, strict=True):
        name = group_name(clusters.names[k])
        count, share = fmt.number(row[1], "count"), fmt.number(row[4], "ratio")
        en.append(f"{count} {name.en} ({share} of revenue)")
        zh.append(f"{name.zh}{count}位（占销售额{share}）")
        words += [name.en, name.zh]
    cells = tuple(c for i in range(len(order)) for c in sheet.cells(i, "customers", "revenue_share"))
    text = Text(en=f"The groups: {listed(en)}.", zh=f"各群：{'、'.join(zh)}。")
    return Fact("", sheet.rows[0][1], "count", text, cells, 1.1, tuple(words))
