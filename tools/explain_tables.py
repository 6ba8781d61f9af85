"""The tables of an explanation. Parts are rounded once, together, so that the rows of a split sum to the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from db.semantic.schema import Text
from models.causes.decomposition import rounded
from models.causes.localise import Cause
from tools.evidence import Column, Unit, Value
from tools.explain_causes import Findings
from tools.explain_data import Move, Reader, Split
from tools.explain_parts import Effect, Habit
from tools.wording import Wording

PLACES: dict[str, int] = {"currency": 2, "count": 0, "number": 4, "ratio": 6}
FINE = 6  # of money that is a ratio
OTHERS = Text(en="All others", zh="其他合计")
_LABELS = {
    "before": Text(en="Before", zh="对比期"),
    "now": Text(en="Now", zh="本期"),
    "change": Text(en="Contribution to the change", zh="对变化的贡献"),
    "share": Text(en="Share of the change", zh="占变化比例"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of one evidence table; with a chart of its contributions where ``x`` names its bars."""

    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    x: str | None = None  # the column that names the bars of its chart

    def at(self, row: int, column: str) -> Value:
        """The value of a cell."""
        return self.rows[row][[c.name for c in self.columns].index(column)]


class Tables:
    """Makes the tables of one explanation."""

    def __init__(self, reader: Reader, wording: Wording) -> None:
        self.reader, self.words = reader, wording
        self.unit: Unit = reader.metric.unit
        self.places = FINE if reader.is_ratio and self.unit == "currency" else PLACES[self.unit]
        self.metric = reader.metric.label

    def number(self, value: Fraction | None) -> Value:
        """A figure as the metric's unit holds it."""
        return None if value is None else self._typed(rounded([value], self.places)[0])

    def total(self, habit: Habit | None, calendar: Effect | None) -> Table:
        """The whole: before, now, change, and what is usual."""
        whole = self.reader.total
        pct = float(whole.part / abs(whole.value_before)) if whole.value_before else None
        columns = [*self._figures(), Column("change_pct", Text(en="Change %", zh="变化率"), "ratio")]
        row: list[Value] = [self.number(whole.value_before), self.number(whole.value_now), self.number(whole.part), pct]
        if habit:
            columns.append(
                Column("typical", Text(en="Typical earlier change (median)", zh="以往变化的中位数"), "ratio")
            )
            columns.append(Column("periods", Text(en="Earlier changes", zh="以往变化次数"), "count"))
            row += [habit.typical, habit.count]
        if calendar:
            columns.append(Column("calendar", Text(en="Of it by the calendar", zh="其中日历因素"), self.unit))
            row.append(self.number(calendar.amount))
        title = Text(en=f"{self.metric.en}: the change", zh=f"{self.metric.zh}：总变化")
        return Table(title, tuple(columns), (tuple(row),))

    def split(self, split: Split, limit: int) -> Table:
        """The largest contributions of one dimension, and all others in one row; the sum is the change."""
        label = self.words.dimension(split.dimensions[0])
        columns = [
            Column("member", self.reader.schema.dimension(split.dimensions[0]).label, "member"),
            *self._figures(),
        ]
        columns.append(Column("share", _LABELS["share"], "ratio"))
        rated = self._rated(split)
        if rated:
            columns += [
                Column("rate", Text(en="Rate effect", zh="比率效应"), self.unit),
                Column("mix", Text(en="Mix effect", zh="结构效应"), self.unit),
            ]
        title = Text(en=f"{self.metric.en}: contributions by {label.en}", zh=f"{self.metric.zh}：按{label.zh}的贡献")
        return Table(title, tuple(columns), tuple(self._rows(split, limit, rated)), "member")

    def splits(self, splits: Sequence[Split], limit: int) -> Table:
        """The contributions of several dimensions, block by block."""
        columns = (
            Column("dimension", Text(en="Split", zh="维度"), "text"),
            Column("member", Text(en="Member", zh="成员"), "member"),
            *self._figures(),
            Column("share", _LABELS["share"], "ratio"),
        )
        rows = [
            (self.reader.schema.dimension(split.dimensions[0]).label, *row)
            for split in splits
            for row in self._rows(split, limit, rated=False)
        ]
        title = Text(en=f"{self.metric.en}: contributions by every split", zh=f"{self.metric.zh}：各维度的贡献")
        return Table(title, columns, tuple(rows))

    def effects(self, title: Text, effects: Sequence[Effect]) -> Table:
        """The parts of a decomposition; they sum to the change."""
        columns = (
            Column("part", Text(en="Part", zh="部分"), "text"),
            Column("change", _LABELS["change"], self.unit),
            Column("share", _LABELS["share"], "ratio"),
        )
        amounts = rounded([e.amount for e in effects], self.places)
        rows = tuple((e.label, self._typed(a), self._share(e.amount)) for e, a in zip(effects, amounts, strict=True))
        return Table(
            Text(en=f"{self.metric.en}: {title.en}", zh=f"{self.metric.zh}：{title.zh}"), columns, rows, "part"
        )

    def causes(self, findings: Findings, confidence: float) -> Table:
        """The members that explain the change, with the confidence of the whole set."""
        columns = (
            Column("member", Text(en="Members", zh="成员"), "member"),
            Column("change", _LABELS["change"], self.unit),
            Column("share", _LABELS["share"], "ratio"),
            Column("confidence", Text(en="Confidence", zh="置信度"), "ratio"),
        )
        found = zip(findings.causes, findings.parts, strict=True)
        rows = tuple((self.members(c), self.number(p), self._share(p), confidence) for c, p in found)
        title = Text(en=f"{self.metric.en}: where it comes from", zh=f"{self.metric.zh}：原因定位")
        return Table(title, columns, rows)

    def members(self, cause: Cause) -> Text:
        """ "GROCERY at store 367": the members of a cause."""
        names = [self.words.member(name, member_value(member)) for name, member in cause.members]
        return Text(en=" / ".join(n.en for n in names), zh=" / ".join(n.zh for n in names))

    def order(self, split: Split, limit: int) -> list[Move]:
        """The members that a table names: the largest contributions, largest first."""
        moved = [move for move in split.moves if move.part] or list(split.moves)
        ranked = sorted(moved, key=lambda move: (-abs(move.part), str(move.key)))
        return ranked if len(ranked) <= limit + 1 else ranked[:limit]

    def _rows(self, split: Split, limit: int, rated: bool) -> list[tuple[Value, ...]]:
        named = self.order(split, limit)
        rest = self.reader.total.part - sum((move.part for move in named), Fraction(0))
        parts = rounded([*(move.part for move in named), rest], self.places)
        rows: list[tuple[Value, ...]] = []
        for move, part in zip(named, parts, strict=False):
            key = self.words.member(split.dimensions[0], move.key[0])
            row = (
                key,
                self.number(move.value_before),
                self.number(move.value_now),
                self._typed(part),
                self._share(move.part),
            )
            rows.append((*row, self.number(move.rate), self.number(move.mix)) if rated else row)
        if len(named) < len(split.moves) or parts[-1]:
            rows.append(
                (OTHERS, None, None, self._typed(parts[-1]), self._share(rest), *((None, None) if rated else ()))
            )
        return rows

    def _rated(self, split: Split) -> bool:
        return any(move.rate is not None for move in split.moves)

    def _figures(self) -> list[Column]:
        return [Column(name, _LABELS[name], self.unit) for name in ("before", "now", "change")]

    def _share(self, part: Fraction) -> Value:
        whole = self.reader.total.part
        return float(part / whole) if whole else None

    def _typed(self, value: Decimal) -> Value:
        if self.unit == "currency":
            return value
        return int(value) if self.unit == "count" else float(value)


def member_value(member: object) -> Value:
    """A member of a cause as the wording takes it."""
    return member if isinstance(member, (str, int, float)) else str(member)
