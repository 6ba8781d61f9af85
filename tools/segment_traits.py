"""What sets a group apart, as a table and as one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from db.semantic.query import SemanticQuery
from db.semantic.schema import Text
from models.segmentation.portrait import Trait, portrait
from tools import format as fmt
from tools.evidence import Cell, Column, Evidence, Fact, Value
from tools.segment_reading import Reading, Sheet
from tools.segment_words import GOODS, HABITS, PERSON
from tools.wording import Wording

SHOWN = 12  # traits of a group that its table holds
SAID = {"habit": 2, "department": 1, "category": 1, "demographic": 1}  # traits of a kind that a sentence holds
COLUMNS = (
    Column("group", Text(en="Group", zh="客群"), "text"),
    Column("trait", Text(en="Trait", zh="特征"), "text"),
    Column("share", Text(en="Share in the group", zh="客群中占比"), "ratio"),
    Column("others_share", Text(en="Share elsewhere", zh="其他客户中占比"), "ratio"),
    Column("level", Text(en="Value in the group", zh="客群数值"), "number"),
    Column("others_level", Text(en="Value elsewhere", zh="其他客户数值"), "number"),
    Column("lift", Text(en="Lift", zh="提升度"), "number"),
)
LABELS = {
    "rate": Text(en="orders a week", zh="每周订单数"),
    "basket": Text(en="average order value", zh="客单价"),
    "lines": Text(en="lines per order", zh="每单件数"),
    "weekend": Text(en="orders on a weekend", zh="周末订单占比"),
    "morning": Text(en="orders before noon", zh="上午订单占比"),
    "evening": Text(en="orders after 18:00", zh="18点后订单占比"),
    "discounted": Text(en="discount rate", zh="折扣率"),
    "couponed": Text(en="orders with a coupon", zh="用券订单占比"),
}
METHOD = (
    "Lift: the group's value divided by that of all other customers of the last 365 days; shares are of the group's "
    "spend (departments, categories), orders (habits) or customers with known demographics."
)


class Portraits:
    """Portraits of groups in one table, the call's second.

    Args:
        reading: whose customers are everyone. index: of the table within the call.
    """

    def __init__(self, reading: Reading, index: int = 1) -> None:
        self.reading = reading
        title = Text(en="What sets the customers apart", zh="客群特征对比")
        self.sheet: Sheet = reading.sheet(index, title, COLUMNS)
        self._words = _member_words(reading)

    def add(self, name: Text, group: pd.Index, weight: float) -> Fact | None:
        """A group's traits into the table; the sentence about the main ones, None where nothing sets it apart."""
        traits = [t for t in portrait(self.reading.customers, group) if not self._asked(t)][:SHOWN]
        first = len(self.sheet.rows)
        for trait in traits:
            self.sheet.rows.append(self._row(name, trait))
        rows = _said(traits)
        if not rows:
            return None
        parts = [self._sentence(traits[i]) for i in rows]
        cells: tuple[Cell, ...] = ()
        for i in rows:
            cells += self.sheet.cells(first + i, "share", "others_share", "level", "others_level", "lift")
        en = f"What sets {name.en} apart from other customers: {'; '.join(p.en for p in parts)}."
        zh = f"{name.zh}与其他客户相比的特点：{'；'.join(p.zh for p in parts)}。"
        names = tuple(word for i in rows for word in self._names(traits[i]))
        return Fact("", traits[rows[0]].lift, "number", Text(en=en, zh=zh), cells, weight, names)

    def close(self) -> tuple[Evidence, ...]:
        """The table, where it has rows."""
        return (self.sheet.close(METHOD),) if self.sheet.rows else ()

    def _row(self, name: Text, trait: Trait) -> tuple[Value, ...]:
        label = self._member(trait) if trait.member else LABELS[trait.name]
        field = label if trait.kind == "habit" else self._within(trait, label)
        pair = (trait.value, trait.others)
        shares, levels = (pair, (None, None)) if trait.is_share else ((None, None), pair)
        return (name, field, *shares, *levels, trait.lift if trait.others > 0 else None)

    def _within(self, trait: Trait, member: Text) -> Text:
        """A member behind the field that it is of."""
        known = self._words.get(trait.name)
        field = known[1] if known else Text(en=trait.name, zh=trait.name)
        return Text(en=f"{field.en}: {member.en}", zh=f"{field.zh}：{member.zh}")

    def _sentence(self, trait: Trait) -> Text:
        unit = "ratio" if trait.is_share else "currency" if trait.name == "basket" else "number"
        a, b = (fmt.number(v, unit, self.reading.currency) for v in (trait.value, trait.others))  # type: ignore[arg-type]
        given = {"a": a, "b": b, "lift": fmt.number(trait.lift, "number")}
        if trait.kind == "habit":
            words = HABITS[trait.name]
            return Text(en=words.en.format(**given), zh=words.zh.format(**given))
        member, goods, person = self._member(trait), GOODS, PERSON
        if trait.others == 0:
            goods, person = (_without_lift(words) for words in (GOODS, PERSON))
        if trait.kind == "demographic":
            field = self._words[trait.name][1]
            return Text(
                en=person.en.format(field=field.en, member=member.en, **given),
                zh=person.zh.format(field=field.zh, member=member.zh, **given),
            )
        return Text(en=goods.en.format(member=member.en, **given), zh=goods.zh.format(member=member.zh, **given))

    def _asked(self, trait: Trait) -> bool:
        """Whether the question itself chose the customers by this trait: that sets nobody apart."""
        known = self._words.get(trait.name)
        return known is not None and any(f.dimension == known[2] for f in self.reading.arguments.filters)

    def _member(self, trait: Trait) -> Text:
        wording, _, dimension = self._words.get(trait.name, (None, None, None))
        if wording is None or dimension is None or trait.member is None:
            return Text(en=str(trait.member), zh=str(trait.member))
        label = wording.member(dimension, trait.member)
        return Text(en=_without(label.en, trait.member), zh=_without(label.zh, trait.member))

    def _names(self, trait: Trait) -> tuple[str, ...]:
        return (self._member(trait).en, self._member(trait).zh) if trait.member else ()


def _without_lift(words: Text) -> Text:
    """A sentence about what nobody else has."""
    return Text(en=words.en.replace(", lift {lift}", ""), zh=words.zh.replace("，提升度{lift}", ""))


def _without(label: str, raw: str) -> str:
    """A label without the raw value that the layer keeps behind it, where the label says it better."""
    shorter = re.sub(rf"\s*[（(]{re.escape(raw)}[)）]$", "", label)
    return shorter or label


def _said(traits: Sequence[Trait]) -> list[int]:
    """The rows that the sentence says: the strongest of each kind; baskets by worth or by lines, not both."""
    left = dict(SAID)
    names: set[str] = set()
    rows = []
    for i, trait in enumerate(traits):
        twin = {"basket": "lines", "lines": "basket", "morning": "evening", "evening": "morning"}.get(trait.name)
        rare = trait.kind != "habit" and trait.lift < 1  # what they are and buy says more than what not
        if left[trait.kind] and twin not in names and not rare:
            left[trait.kind] -= 1
            names.add(trait.name)
            rows.append(i)
    return rows


def _member_words(reading: Reading) -> Mapping[str, tuple[Wording, Text, str]]:
    """Of each field of products and customers its wording, label and dimension, where the store has one over it."""
    schema = reading.context.store.schema
    wording = Wording(schema, SemanticQuery(metrics=(next(iter(schema.metrics)),)), reading.context.store.data_range)
    found: dict[str, tuple[Wording, Text, str]] = {}
    for role in ("products", "customers"):
        declared = schema.roles.get(role)
        for field, column in declared.columns.items() if declared else ():
            place = f"{declared.table}.{column}" if declared else ""
            name = next((n for n, d in schema.dimensions.items() if place in d.columns), None)
            label = wording.dimension(name) if name else Text(en=field.replace("_", " "), zh=field)
            if name:
                found[field] = (wording, label, name)
    return found
