"""One list for a group of customers: its table and its sentences."""

from __future__ import annotations

from collections.abc import Sequence

from db.errors import AnalysisError
from db.semantic.schema import Text
from models.recommender.group import Offer
from models.recommender.interactions import Ints
from tools.evidence import Cell, Column, Fact, Value
from tools.recommend_list import AGAIN, FRESH, Block, Place, Scope, caveat, spoken, tables
from tools.registry import ToolResult

COLUMNS = (
    Column("product", Text(en="Product", zh="商品"), "member"),
    Column("name", Text(en="Name", zh="名称"), "text"),
    Column("expected", Text(en="Expected buyers, 28 days", zh="28天内预计购买人数"), "number"),
    Column("had", Text(en="Bought it before", zh="曾经购买人数"), "count"),
    Column("lift", Text(en="Against all customers", zh="相对全体顾客"), "number"),
    Column("suits", Text(en="New and suits", zh="适合但未买过人数"), "count"),
    Column("customers", Text(en="Customers", zh="顾客数"), "count"),
    Column("price", Text(en="Price", zh="价格"), "currency"),
)


def group_result(scope: Scope, places: Ints, found: Sequence[Offer]) -> ToolResult:
    """Evidence and facts for the customers at these places."""
    if not found:
        raise AnalysisError("Nothing is left to recommend under these conditions.", "Ask with fewer conditions.")
    count = len(places)
    again = [_row(scope, count, o) for o in found if o.expected is not None]
    fresh = [_row(scope, count, o) for o in found if o.expected is None]
    title = Text(en=f"What to offer these {count:,} customers", zh=f"给这{count:,}位顾客的推荐商品")
    blocks = (Block(again, "expected", AGAIN), Block(fresh, "suits", FRESH))
    made = tables(scope, title, COLUMNS, blocks, {"customers": count})
    stand = [place for one in made for place in one.places]
    facts = (_headline(scope, count, found, stand), *_items(scope, count, found, stand), caveat(scope))
    customers = tuple(str(c) for c in scope.served.shop.visits.customers[places])
    outputs: dict[str, tuple[Value, ...]] = {
        "product": tuple(scope.id(o.product) for o in found),
        "customer": customers,
    }
    return ToolResult(made[0].evidence, facts, outputs, tuple(one.evidence for one in made[1:]))


def _row(scope: Scope, count: int, o: Offer) -> dict[str, Value]:
    return {
        "product": scope.id(o.product),
        "name": scope.name(o.product),
        "expected": o.expected,
        "had": o.had,
        "lift": o.lift,
        "suits": o.suits,
        "customers": count,
        "price": scope.costs.get(scope.id(o.product)),
    }


def _headline(scope: Scope, count: int, found: Sequence[Offer], places: Sequence[Place]) -> Fact:
    again = [scope.name(o.product) for o in found if o.expected is not None][:3]
    fresh = [scope.name(o.product) for o in found if o.expected is None][:2]
    en = [f"what they buy again: {'; '.join(again)}"] if again else []
    zh = [f"他们会再次购买的：{'；'.join(again)}"] if again else []
    en += [f"new to most of them: {'; '.join(fresh)}"] if fresh else []
    zh += [f"多数人还没买过的：{'；'.join(fresh)}"] if fresh else []
    text = Text(
        en=f"For these {count:,} customers, {', and '.join(en)}.", zh=f"给这{count:,}位顾客推荐——{'。'.join(zh)}。"
    )
    named = (*again, *fresh)
    cells = tuple(
        Cell(*place, "name") for place, o in zip(places, found, strict=True) if scope.name(o.product) in named
    )
    return Fact("", count, "count", text, (*cells, Cell(*places[0], "customers")), 1.5, words=named)


def _items(scope: Scope, count: int, found: Sequence[Offer], places: Sequence[Place]) -> tuple[Fact, ...]:
    said = spoken([o.expected is not None for o in found])
    return tuple(_item(scope, count, places[at], found[at], 1.2 - 0.05 * n) for n, at in enumerate(said))


def _item(scope: Scope, count: int, at: Place, o: Offer, weight: float) -> Fact:
    name = scope.name(o.product)
    if o.expected is None:
        en = f"among the best new ideas for {o.suits:,} of the {count:,}, who do not buy it yet"
        zh = f"对{count:,}位顾客中的{o.suits:,}位来说，是最适合的新商品之一，他们还没买过"
        columns: tuple[str, ...] = ("suits", "customers")
        value = float(o.suits or 0)
    else:
        en = (
            f"{o.had:,} of the {count:,} have bought it, {o.lift or 0:.1f} times the share of all customers; "
            f"about {o.expected:,.0f} are expected to buy it again soon"
        )
        zh = (
            f"{count:,}位中有{o.had:,}位买过，比例是全体顾客的{o.lift or 0:.1f}倍；"
            f"预计近期约{o.expected:,.0f}位会再次购买"
        )
        columns, value = ("had", "customers", "lift", "expected"), o.expected
    cells = tuple(Cell(*at, column) for column in ("name", *columns))
    return Fact("", value, "number", Text(en=f"{name}: {en}.", zh=f"{name}：{zh}。"), cells, weight, words=(name,))
