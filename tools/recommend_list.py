"""The list for one customer, or of what is popular: its table and its sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.errors import AnalysisError
from db.semantic.schema import Text
from models.recommender.serve import Served
from models.recommender.shop import Suggestion
from tools.evidence import Cell, Chart, Column, Evidence, Fact, Unit, Value
from tools.registry import ToolContext, ToolResult, evidence_id

if TYPE_CHECKING:
    from tools.recommend_products import RecommendArguments

SENTENCES = 4  # items with a sentence of their own; the table has the reasons of all
METHOD = (
    "Habits: gradient-boosted trees (LightGBM) over how often, how lately and how regularly the customer bought each "
    "product; discoveries: a linear autoencoder over all customers' purchases, leaning to what sells more of late."
)


Place = tuple[str, int]
"""A row: the id of its table, and its number there."""


@dataclass(frozen=True)
class Scope:
    """One call: the model, what was asked, and prices by product id where they were asked for."""

    served: Served
    arguments: RecommendArguments
    context: ToolContext
    costs: Mapping[str, float]

    def id(self, place: int) -> str:
        """A product's id."""
        return str(self.served.shop.visits.products[place])

    def name(self, place: int) -> str:
        """A product's name with its id."""
        return self.served.data.catalogue.label(self.id(place))


COLUMNS = (
    Column("product", Text(en="Product", zh="商品"), "member"),
    Column("name", Text(en="Name", zh="名称"), "text"),
    Column("chance", Text(en="Chance within 28 days", zh="28天内购买概率"), "ratio"),
    Column("times", Text(en="Bought on (days)", zh="购买天数"), "count"),
    Column("every", Text(en="About every (days)", zh="平均间隔（天）"), "number"),
    Column("ago", Text(en="Last bought (days ago)", zh="距上次购买（天）"), "count"),
    Column("because", Text(en="Because of", zh="依据商品"), "text"),
    Column("lift", Text(en="Times as often", zh="购买倍数"), "number"),
    Column("buyers", Text(en="Recent buyers", zh="近期购买人数"), "count"),
    Column("of", Text(en="Of customers", zh="顾客总数"), "count"),
    Column("price", Text(en="Price", zh="价格"), "currency"),
)


def list_result(scope: Scope, customer: str | None, found: Sequence[Suggestion]) -> ToolResult:
    """Evidence and facts; the customer appears under a pseudonym only."""
    if not found:
        raise AnalysisError("Nothing is left to recommend under these conditions.", "Ask with fewer conditions.")
    who = scope.context.people.name(customer) if customer is not None else None
    again = [_row(scope, s) for s in found if s.kind == "reorder"]
    fresh = [_row(scope, s) for s in found if s.kind != "reorder"]
    title = Text(
        en=f"What to recommend to {who}" if who else "What to recommend to anybody",
        zh=f"给{who}的推荐商品" if who else "适合所有人的推荐商品",
    )
    blocks = (Block(again, "chance", AGAIN), Block(fresh, "buyers", FRESH))
    made = tables(scope, title, COLUMNS, blocks, {"customers": [who]} if who else {})
    places = [place for one in made for place in one.places]
    facts = (_headline(scope, who, found, places), *_items(scope, who, found, places), caveat(scope))
    outputs: dict[str, tuple[Value, ...]] = {"product": tuple(scope.id(s.product) for s in found)}
    if customer is not None:
        outputs["customer"] = (customer,)
    return ToolResult(made[0].evidence, facts, outputs, tuple(one.evidence for one in made[1:]))


AGAIN = Text(en="bought again", zh="再次购买")
FRESH = Text(en="new to them", zh="尚未买过")


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that stand in one table: what is bought again, or what is new. ``value``: the column of its chart."""

    rows: Sequence[Mapping[str, Value]]
    value: str
    name: Text


@dataclass(frozen=True, slots=True)
class Table:
    """A block's evidence, and where each of its rows stands."""

    evidence: Evidence
    places: tuple[Place, ...]


def tables(
    scope: Scope,
    title: Text,
    columns: Sequence[Column],
    blocks: Sequence[Block],
    args: Mapping[str, Value | list[str]],
) -> tuple[Table, ...]:
    """A table a block that has rows, in their order; several say in their titles which they are."""
    filled = [block for block in blocks if block.rows]
    made = []
    for index, block in enumerate(filled):
        named = Text(en=f"{title.en}: {block.name.en}", zh=f"{title.zh}：{block.name.zh}") if len(filled) > 1 else title
        evidence = _table(scope, evidence_id(scope.context.evidence_id, index), named, columns, block, args)
        made.append(Table(evidence, tuple((evidence.id, row) for row in range(len(block.rows)))))
    return tuple(made)


def _table(
    scope: Scope,
    named: str,
    title: Text,
    columns: Sequence[Column],
    block: Block,
    args: Mapping[str, Value | list[str]],
) -> Evidence:
    """The evidence; columns that no row fills are left out."""
    shown, value = block.rows[: scope.context.row_cap], block.value
    kept = tuple(c for c in columns if any(row.get(c.name) is not None for row in shown))
    meta = scope.served.meta
    measured = meta.metrics.get("reorder ndcg@10") if meta else None
    held_out = f" On weeks held out before training: nDCG@10 {measured:.3f}." if measured is not None else ""
    asked = scope.arguments.model_dump(mode="json", exclude_defaults=True, exclude={"customers"})
    return Evidence(
        id=named,
        tool="recommend_products",
        args={**asked, **args},
        title=title,
        columns=kept,
        rows=tuple(tuple(row.get(c.name) for c in kept) for row in shown),
        method=METHOD + held_out,
        truncated=len(shown) < len(block.rows),
        chart=Chart("bar", named, "name", (value,)) if any(c.name == value for c in kept) else None,
    )


def _row(scope: Scope, s: Suggestion) -> dict[str, Value]:
    return {
        "product": scope.id(s.product),
        "name": scope.name(s.product),
        "chance": s.chance,
        "times": s.times,
        "every": s.every,
        "ago": s.ago,
        "because": scope.name(s.anchor) if s.anchor is not None else None,
        "lift": s.lift,
        "buyers": s.buyers,
        "of": s.group,
        "price": scope.costs.get(scope.id(s.product)),
    }


def _headline(scope: Scope, who: str | None, found: Sequence[Suggestion], places: Sequence[Place]) -> Fact:
    groups = ([s for s in found if s.kind == "reorder"], [s for s in found if s.kind != "reorder"])
    again, fresh = ([scope.name(s.product) for s in part][:count] for part, count in zip(groups, (3, 2), strict=True))
    parts_en = ([f"to buy again: {'; '.join(again)}"] if again else []) + (
        [f"{'new to them' if who else 'most bought of late'}: {'; '.join(fresh)}"] if fresh else []
    )
    parts_zh = ([f"再次购买：{'；'.join(again)}"] if again else []) + (
        [f"{'尚未买过' if who else '近期最多人购买'}：{'；'.join(fresh)}"] if fresh else []
    )
    en = f"For {who or 'anybody'}, {', and '.join(parts_en)}."
    zh = f"{f'给{who}' if who else '面向所有人'}推荐——{'。'.join(parts_zh)}。"
    named = (*again, *fresh)
    cells = tuple(
        Cell(*place, "name") for place, s in zip(places, found, strict=True) if scope.name(s.product) in named
    )
    return Fact("", len(found), "count", Text(en=en, zh=zh), cells, 1.5, words=(*named, *((who,) if who else ())))


def _items(scope: Scope, who: str | None, found: Sequence[Suggestion], places: Sequence[Place]) -> tuple[Fact, ...]:
    said = spoken([s.kind == "reorder" for s in found])
    return tuple(_item(scope, who, places[at], found[at], 1.2 - 0.05 * n) for n, at in enumerate(said))


def spoken(again: Sequence[bool]) -> list[int]:
    """Which products get a sentence: most of what is bought again, and some of what is new."""
    old, fresh = [i for i, one in enumerate(again) if one], [i for i, one in enumerate(again) if not one]
    said = old[: max(SENTENCES - 2, SENTENCES - len(fresh))]
    return said + fresh[: SENTENCES - len(said)]


def _item(scope: Scope, who: str | None, at: Place, s: Suggestion, weight: float) -> Fact:
    name = scope.name(s.product)
    anchor = scope.name(s.anchor) if s.anchor is not None else ""
    unit, value, columns, en, zh = _REASONS[s.kind](s, anchor, who)
    text = Text(en=f"{name}: {en}.", zh=f"{name}：{zh}。")
    cells = tuple(Cell(*at, column) for column in ("name", *columns))
    return Fact("", value, unit, text, cells, weight, words=tuple(w for w in (name, anchor, who) if w))


Reason = tuple[Unit, Value, tuple[str, ...], str, str]


def _reorder(s: Suggestion, _anchor: str, _who: str | None) -> Reason:
    chance, ago = f"{s.chance or 0:.0%}", int(s.ago or 0)
    last = "yesterday" if ago == 1 else f"{ago} days ago"
    if s.every is None:
        en = f"bought once, {last}; the chance of another purchase soon is {chance}"
        return "ratio", s.chance, ("ago", "chance"), en, f"买过一次，距上次购买{ago}天；近期再次购买的概率为{chance}"
    every = f"{s.every:.0f}" if s.every >= 1.5 else f"{s.every:.1f}"
    en = f"bought on {s.times} days, about every {every} days; last {last}; chance of buying it again soon {chance}"
    zh = f"{s.times}天买过，约每{every}天一次；距上次购买{ago}天；近期再次购买的概率为{chance}"
    return "ratio", s.chance, ("times", "every", "ago", "chance"), en, zh


def _with(s: Suggestion, anchor: str, who: str | None) -> Reason:
    lift = f"{s.lift or 0:.1f}"
    en = f"customers who buy {anchor}, as {who} does, buy this {lift} times as often as all customers"
    return "number", s.lift, ("because", "lift"), en, f"和{who}一样购买{anchor}的顾客，购买它的比例是全体顾客的{lift}倍"


def _popular(s: Suggestion, _anchor: str, _who: str | None) -> Reason:
    en, zh = f"bought by {s.buyers:,} of {s.group:,} customers of late", f"近期{s.group:,}位顾客中有{s.buyers:,}位购买"
    return "count", s.buyers, ("buyers", "of"), en, zh


def _peers(s: Suggestion, _anchor: str, _who: str | None) -> Reason:
    en = f"popular with customers of a similar profile: {s.buyers:,} of {s.group:,} bought it of late"
    return "count", s.buyers, ("buyers", "of"), en, f"在资料相近的{s.group:,}位顾客中很受欢迎，近期有{s.buyers:,}位购买"


def _similar(s: Suggestion, anchor: str, _who: str | None) -> Reason:
    return "text", None, ("because",), f"new in the range, and much like {anchor}", f"新上架的商品，与{anchor}相近"


_REASONS: Mapping[str, Callable[[Suggestion, str, str | None], Reason]] = {
    "reorder": _reorder,
    "with": _with,
    "popular": _popular,
    "peers": _peers,
    "similar": _similar,
}


def caveat(scope: Scope) -> Fact:
    """What the reader must know of every list: nobody looked at the shelf."""
    text = Text(
        en="The store keeps no stock figures, so only products that somebody bought in recent weeks are listed.",
        zh="本店没有库存数据，因此只列出近几周有人购买过的商品。",
    )
    return Fact("", None, "text", text, (), 0.4)
