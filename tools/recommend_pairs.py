"""What goes with a product: counted in the orders of a year; its table and its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from db.errors import AnalysisError, UnknownEntity
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.schema import Text
from models.recommender.baskets import YEAR, Baskets, bought_together, prices
from models.recommender.catalogue import Catalogue, matching
from tools import format as fmt
from tools.evidence import Cell, Chart, Column, Evidence, Fact, Value
from tools.grammar import listed
from tools.registry import ToolContext, ToolResult
from tools.wording import Wording

if TYPE_CHECKING:
    from tools.recommend_products import RecommendArguments

SENTENCES = 3
LEAST = 50  # orders with the product; with fewer its type speaks for it
COLUMNS = (
    Column("product", Text(en="Product", zh="商品"), "member"),
    Column("name", Text(en="Name", zh="名称"), "text"),
    Column("together", Text(en="Orders with both", zh="同单次数"), "count"),
    Column("share", Text(en="Share of its orders", zh="占其订单比例"), "ratio"),
    Column("lift", Text(en="Times chance", zh="为随机预期的倍数"), "number"),
    Column("orders", Text(en="Its orders", zh="其订单数"), "count"),
    Column("price", Text(en="Price", zh="价格"), "currency"),
)


def pairs_result(
    arguments: RecommendArguments, products: Sequence[Filter], people: Sequence[Filter], context: ToolContext
) -> ToolResult:
    """Evidence and facts. ``people``: filters that describe customers or orders rather than products."""
    catalogue = Catalogue.read(context.store, context.query_seconds)
    anchors, name, limit_to = _anchors(arguments, products, catalogue, context)
    filters = (*context.row_filters, *people)
    found = bought_together(context.store, anchors, context.today, filters, context.query_seconds)
    widened = ""
    if found.anchor < LEAST and arguments.products:
        alike = _alike(catalogue, arguments.products)
        if len(alike) > len(anchors):
            widened = name.en
            name = Text(en=f"products of the type of {name.en}", zh=f"与{name.zh}同类的商品")
            found = bought_together(context.store, alike, context.today, filters, context.query_seconds)
    costs = prices(context.store, context.today, filters) if arguments.budget is not None else {}
    rows = _rows(arguments, found, catalogue, limit_to, costs)
    if not rows:
        raise AnalysisError(
            f"Nothing is surely bought together with {name.en}: it is in {found.anchor:,} orders.",
            "Ask about a category, or with fewer conditions.",
        )
    evidence = _evidence(arguments, name, found, rows, context)
    facts = (_headline(name, found, evidence), *(_item(name, at, evidence) for at in range(len(rows[:SENTENCES]))))
    notes = _notes(arguments, widened)
    outputs: dict[str, tuple[Value, ...]] = {"product": tuple(row[0] for row in evidence.rows)}
    return ToolResult(evidence, (*facts, *notes), outputs)


def _anchors(
    arguments: RecommendArguments, products: Sequence[Filter], catalogue: Catalogue, context: ToolContext
) -> tuple[tuple[str, ...], Text, frozenset[str] | None]:
    """The anchors' ids, what to call them, and what else may be offered."""
    if arguments.products:
        for identifier in arguments.products:
            if not catalogue.known(identifier):
                raise UnknownEntity(f"The store has no product {identifier}.", "Check the number.")
        name = listed([catalogue.label(identifier) for identifier in arguments.products[:3]])
        others = matching(context.store, products, context.query_seconds)
        return arguments.products, Text(en=name, zh=name), others
    ids = matching(context.store, products, context.query_seconds) or frozenset()
    if not ids:
        raise AnalysisError("No product fits that description.", "Name a category or a product.")
    span = Interval(start=context.today - YEAR, end=context.today)
    query = SemanticQuery(metrics=tuple(context.store.schema.metrics)[:1], filters=tuple(products))
    said = Wording(context.store.schema, query, span).conditions()
    return tuple(sorted(ids)), Text(en=said.en.lstrip(", "), zh=said.zh.lstrip("，")), None


def _alike(catalogue: Catalogue, anchors: Sequence[str]) -> tuple[str, ...]:
    """All products of the anchors' types."""
    column = next((c for c in ("type", "category", "name") if c in catalogue.table.columns), None)
    if column is None:
        return tuple(anchors)
    types = catalogue.table.loc[list(anchors), column].dropna().unique()
    return tuple(sorted({*anchors, *catalogue.table.index[catalogue.table[column].isin(types)]}))


def _rows(
    arguments: RecommendArguments,
    found: Baskets,
    catalogue: Catalogue,
    limit_to: frozenset[str] | None,
    costs: dict[str, float],
) -> list[dict[str, Value]]:
    rows: list[dict[str, Value]] = []
    top = None if arguments.budget is None else float(arguments.budget)
    for place, both, lift in zip(found.found.places, found.found.together, found.found.lift, strict=True):
        identifier = str(found.products[place])
        price = costs.get(identifier)
        if (limit_to is not None and identifier not in limit_to) or (top is not None and (price or top + 1) > top):
            continue
        share = float(both) / found.anchor
        name = catalogue.label(identifier)
        row: dict[str, Value] = {
            "product": identifier,
            "name": name,
            "together": int(both),
            "share": share,
            "lift": float(lift),
        }
        rows.append({**row, "orders": found.anchor, "price": price})
        if len(rows) == arguments.limit:
            break
    return rows


def _evidence(
    arguments: RecommendArguments, name: Text, found: Baskets, rows: Sequence[dict[str, Value]], context: ToolContext
) -> Evidence:
    columns = tuple(c for c in COLUMNS if any(row.get(c.name) is not None for row in rows))
    evidence = Evidence(
        id=context.evidence_id,
        tool="recommend_products",
        args=arguments.model_dump(mode="json", exclude_defaults=True, exclude={"customers"}),
        title=Text(en=f"What is bought together with {name.en}", zh=f"与{name.zh}一起购买的商品"),
        columns=columns,
        rows=tuple(tuple(row.get(c.name) for c in columns) for row in rows),
        sql=found.sql,
        method="A year of orders against chance in orders of that size; ranked by the log-likelihood ratio.",
    )
    return replace(evidence, chart=Chart("bar", evidence.id, "name", ("lift",)))


def _headline(name: Text, found: Baskets, evidence: Evidence) -> Fact:
    best = [str(row[1]) for row in evidence.rows[:3]]
    text = Text(
        en=f"{found.anchor:,} orders of the last year hold {name.en}; what is most tellingly bought with it: "
        f"{'; '.join(best)}.",
        zh=f"过去一年有{found.anchor:,}笔订单包含{name.zh}，最常与其一起购买的是：{'；'.join(best)}。",
    )
    cells = (*(Cell(evidence.id, row, "name") for row in range(len(best))), Cell(evidence.id, 0, "orders"))
    return Fact("", found.anchor, "count", text, cells, 1.5, words=(name.en, name.zh, *best))


def _item(name: Text, at: int, evidence: Evidence) -> Fact:
    row = dict(zip((c.name for c in evidence.columns), evidence.rows[at], strict=True))
    shown, lift, both = str(row["name"]), fmt.figure(row["lift"]), int(fmt.figure(row["together"]))
    share = f"{fmt.figure(row['share']):.1%}"
    text = Text(
        en=f"{shown}: in {share} of the orders with {name.en} ({both:,} orders), "
        f"{lift:.1f} times as often as chance would have it in orders of that size.",
        zh=f"{shown}：在包含{name.zh}的订单中占{share}（{both:,}笔），是同等规模订单随机预期的{lift:.1f}倍。",
    )
    cells = tuple(Cell(evidence.id, at, column) for column in ("name", "share", "together", "lift"))
    return Fact("", lift, "number", text, cells, 1.2 - 0.05 * at, words=(shown, name.en, name.zh))


def _notes(arguments: RecommendArguments, widened: str) -> tuple[Fact, ...]:
    notes = []
    if widened:
        notes.append(
            Text(
                en=f"{widened} itself is in too few orders, so all products of its type were counted.",
                zh=f"{widened}本身的订单太少，因此统计了同类的所有商品。",
            )
        )
    if arguments.customers:
        notes.append(
            Text(en="This counts the orders of all customers, not only theirs.", zh="这里统计的是全体顾客的订单。")
        )
    words = (widened,) if widened else ()
    return tuple(Fact("", None, "text", note, (), 0.9, words=words) for note in notes)
