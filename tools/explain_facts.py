"""What an explanation says: the change, where it comes from, what it is made of, what is usual, what did not move."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from db.semantic.schema import Text
from models.causes.localise import Cause
from tools import format as fmt
from tools.evidence import Cell, Fact, Value
from tools.explain_causes import Findings
from tools.explain_data import Reader, Split
from tools.explain_parts import Effect, Habit
from tools.explain_tables import Table, Tables, member_value
from tools.grammar import first_up, is_plural, listed
from tools.wording import Wording

NAMED = 3
SURE, LIKELY = 0.8, 0.5  # confidence in words


class FactWriter:
    """Sentences of one explanation.

    Args:
        ids: the evidence id of each table, by what the table holds.
    """

    def __init__(self, reader: Reader, wording: Wording, tables: Tables, ids: dict[str, str]) -> None:
        self.reader, self.words, self.tables, self.ids = reader, wording, tables, ids
        self.currency = reader.schema.currency
        self.name = wording.metric(reader.metric.name)

    def headline(self, table: Table) -> Fact:
        """By how much it moved, against what."""
        before, now, change = (table.at(0, c) for c in ("before", "now", "change"))
        scope, against = self.words.scope(), self.reader.periods.baseline
        ends = self._shown(before), self._shown(now)
        pct = table.at(0, "change_pct")
        if not self.reader.total.part:
            text = Text(
                en=f"{first_up(self.name.en)} {scope.en} did not change against {against.en}: {ends[1]} both times.",
                zh=f"{scope.zh}的{self.name.zh}与{against.zh}相同，均为{ends[1]}。",
            )
        else:
            rate = f" ({fmt.signed(pct, 'ratio')})" if pct is not None and self.reader.metric.unit != "ratio" else ""
            amount, up = self._amount(self.reader.total.part), self.reader.total.part > 0
            comma = "," if scope.en.count(",") else ""
            text = Text(
                en=f"{first_up(self.name.en)} {'rose' if up else 'fell'} {amount.en}{rate} {scope.en}{comma} against "
                f"{against.en}, from {ends[0]} to {ends[1]}.",
                zh=f"{scope.zh}的{self.name.zh}较{against.zh}{'上升' if up else '下降'}{amount.zh}"
                f"{rate.strip().replace('(', '（').replace(')', '）')}，由{ends[0]}变为{ends[1]}。",
            )
        cells = self._cells("total", [0], "before", "now", "change", "change_pct")
        return Fact("", change, self.reader.metric.unit, text, cells, 1.2)

    def cause(self, findings: Findings, table: Table | None, confidence: float) -> Fact:
        """The smallest set that explains the change, or that there is none."""
        move = self._move()
        if not findings.causes or table is None:
            text = Text(
                en=f"No single cause stands out: no member or pair explains half of the {move.en} by itself.",
                zh=f"没有单一原因：没有任何成员或成员组合能独自解释一半的{move.zh}。",
            )
            return Fact("", None, "text", text, (), 1.1)
        names = [self._place(cause) for cause in findings.causes]
        shares = [fmt.number(table.at(i, "share"), "ratio") for i in range(len(names))]
        amounts = [self._signed(table.at(i, "change")) for i in range(len(names))]
        one = len(names) == 1
        over = sum(findings.parts, Fraction(0)) / self.reader.total.part > 1
        how = "more than all" if over else "most"
        sure = _confidence(confidence)
        en = listed([f"{n.en} ({a.en}, {s})" for n, a, s in zip(names, amounts, shares, strict=True)])
        zh = "、".join(f"{n.zh}（{a.zh}，{s}）" for n, a, s in zip(names, amounts, shares, strict=True))
        text = Text(
            en=f"{first_up(en)} {'explains' if one else 'explain'} {how} of the {move.en}; {sure.en}.",
            zh=f"{move.zh}主要来自{zh}{'，其余部分相反' if over else ''}；{sure.zh}。",
        )
        cells = self._cells("causes", range(len(names)), "change", "share")
        words = tuple(word for n in names for word in (n.en, n.zh))
        return Fact("", table.at(0, "change"), self.reader.metric.unit, text, cells, 1.1, words)

    def factors(self, effects: Sequence[Effect], table: Table) -> Fact:
        """Which factors made it: fewer customers, smaller baskets."""
        order = sorted(range(len(effects)), key=lambda i: -abs(effects[i].amount))
        items = [(self._factor(effects[i]), self._signed(table.at(i, "change"))) for i in order]
        text = Text(
            en=f"Of it, {listed([f'{label.en} made {amount.en}' for label, amount in items])}.",
            zh=f"其中{'、'.join(f'{label.zh}贡献{amount.zh}' for label, amount in items)}。",
        )
        cells = self._cells("factors", order, "change")
        return Fact("", table.at(order[0], "change"), self.reader.metric.unit, text, cells, 0.95)

    def prices(self, effects: Sequence[Effect], table: Table, level: str) -> Fact:
        """Price, volume and mix."""
        at = self.words.dimension(level)
        items = [(e.label, self._signed(table.at(i, "change"))) for i, e in enumerate(effects) if e.amount]
        text = Text(
            en=f"Compared by {at.en}, {listed([f'{label.en.lower()} made {amount.en}' for label, amount in items])}.",
            zh=f"按{at.zh}比较，{'、'.join(f'{label.zh}贡献{amount.zh}' for label, amount in items)}。",
        )
        return Fact(
            "",
            table.at(0, "change"),
            self.reader.metric.unit,
            text,
            self._cells("prices", range(len(items)), "change"),
            0.8,
        )

    def split(self, split: Split, table: Table, limit: int) -> Fact:
        """The largest contributions of the leading dimension."""
        label = self.words.dimension(split.dimensions[0])
        count = min(NAMED, len(self.tables.order(split, limit)))
        moves = self.tables.order(split, limit)[:count]
        names = [self.words.member(split.dimensions[0], move.key[0]) for move in moves]
        amounts = [self._signed(table.at(i, "change")) for i in range(count)]
        what = "contributions were" if split.exact else "changes were"
        zh = "、".join(f"{n.zh} {a.zh}" for n, a in zip(names, amounts, strict=True))
        overlap = Text(en="", zh="")
        if not split.exact:
            overlap = Text(
                en="; these overlap, so they do not sum to the change", zh="；各成员有重叠，合计不等于总变化"
            )
        text = Text(
            en=f"By {label.en}, the largest {what} "
            f"{listed([f'{n.en} {a.en}' for n, a in zip(names, amounts, strict=True)])}{overlap.en}.",
            zh=f"按{label.zh}看，变化最大的是{zh}{overlap.zh}。",
        )
        words = tuple(word for n in names for word in (n.en, n.zh))
        cells = self._cells("split", range(count), "change")
        return Fact("", table.at(0, "change"), self.reader.metric.unit, text, cells, 0.9, words)

    def rates(self, split: Split, table: Table) -> Fact:
        """How much of a ratio's change its members' own figures made, and how much the shift between them."""
        label = self.words.dimension(split.dimensions[0])
        rate, mix = (self._signed(table.at(i, "change")) for i in range(2))
        text = Text(
            en=f"By {label.en}, the members' own figures made {rate.en} of it, the shift between them {mix.en}.",
            zh=f"按{label.zh}分解：成员自身的变化贡献{rate.zh}，结构变化贡献{mix.zh}。",
        )
        cells = self._cells("rates", range(2), "change")
        return Fact("", table.at(0, "change"), self.reader.metric.unit, text, cells, 0.85)

    def habit(self, habit: Habit, table: Table) -> Fact:
        """Whether such a change is usual."""
        typical = fmt.number(table.at(0, "typical"), "ratio")
        en = "no more than usual" if habit.usual else "more than usual"
        zh = "属于正常波动" if habit.usual else "超出正常波动"
        text = Text(
            en=f"The median of the {habit.count} changes before it was {typical} in size, so this one is {en}.",
            zh=f"此前{habit.count}次变化幅度的中位数为{typical}，因此本次变化{zh}。",
        )
        return Fact("", habit.typical, "ratio", text, self._cells("total", [0], "typical", "periods"), 0.88)

    def calendar(self, effect: Effect, table: Table) -> Fact:
        """What the days alone make."""
        now, then = self.reader.periods.time.days, self.reader.periods.compare.days
        amount = self._signed(table.at(0, "calendar"))
        days = Text(
            en=f"{now} days against {then}" if now != then else "other weekdays",
            zh=f"{now}天对{then}天" if now != then else "星期分布不同",
        )
        text = Text(
            en=f"The calendar alone ({days.en}) would have made {amount.en}.",
            zh=f"仅日历因素（{days.zh}）就会带来{amount.zh}。",
        )
        words = (days.en, days.zh)
        return Fact(
            "",
            table.at(0, "calendar"),
            self.reader.metric.unit,
            text,
            self._cells("total", [0], "calendar"),
            0.7,
            words,
        )

    def quiet(self, names: Sequence[str]) -> Fact:
        """Where nobody stands out."""
        labels = [self.words.dimension(name) for name in names[:4]]
        text = Text(
            en=f"By {listed([label.en for label in labels])}, no member stands out.",
            zh=f"按{'、'.join(label.zh for label in labels)}看，没有突出的成员。",
        )
        return Fact("", None, "text", text, (), 0.6)

    def partly(self) -> Fact:
        """That the period has data in part only."""
        cut, time = self.reader.periods.cut, self.reader.periods.time
        words = fmt.period(cut or time)
        seen, against = fmt.period(time), fmt.period(self.reader.periods.compare)
        text = Text(
            en=f"Only a part of {words.en} has data; {seen.en} is held against {against.en}.",
            zh=f"{words.zh}只有部分数据，以{seen.zh}与{against.zh}相比。",
        )
        return Fact("", None, "text", text, (), 1.0)

    def _move(self) -> Text:
        return Text(en="rise", zh="上升") if self.reader.total.part > 0 else Text(en="fall", zh="下降")

    def _place(self, cause: Cause) -> Text:
        """ "GROCERY at store 367", "Digital wallet on Saturday": the time last."""
        kinds = {name: self.reader.schema.dimension(name) for name, _ in cause.members}
        en, zh = "", []
        for name, value in sorted(cause.members, key=lambda pair: kinds[pair[0]].kind == "time"):
            member = self.words.member(name, member_value(value))
            timed, numbered = kinds[name].kind == "time", kinds[name].value == "int"
            joint = (" at " if kinds[name].grain == "hour" else " on ") if timed else " at " if numbered else " / "
            en += f"{joint if en else ''}{member.en}"
            zh.append(member.zh)
        return Text(en=en, zh=" × ".join(zh))

    def _factor(self, effect: Effect) -> Text:
        """ "fewer customers", "a smaller average order value"."""
        up = effect.now is not None and effect.before is not None and effect.now > effect.before
        metric = self.reader.schema.metrics.get(effect.metric or "")
        counted = metric is not None and (metric.unit == "count" or is_plural(metric.label.en.lower()))
        way = ("more" if counted else "higher") if up else ("fewer" if counted else "lower")
        if effect.now == effect.before:
            way = "unchanged"
        label = self.words.metric(effect.metric) if effect.metric else effect.label
        return Text(
            en=f"{way} {label.en}", zh=f"{label.zh}{'上升' if up else '下降' if way != 'unchanged' else '不变'}"
        )

    def _amount(self, size: Fraction) -> Text:
        if self.reader.metric.unit == "ratio":
            points = fmt.number(float(abs(size) * 100), "number")
            return Text(en=f"{points} percentage points", zh=f"{points}个百分点")
        shown = self._shown(self.tables.number(abs(size)))
        return Text(en=shown, zh=shown)

    def _signed(self, value: Value) -> Text:
        if self.reader.metric.unit == "ratio" and isinstance(value, (int, float, Decimal)):
            points = fmt.signed(float(value) * 100, "number")
            return Text(en=f"{points} points", zh=f"{points}个百分点")
        shown = fmt.signed(value, self.reader.metric.unit, self.currency)
        return Text(en=shown, zh=shown)

    def _shown(self, value: Value) -> str:
        return fmt.number(value, self.reader.metric.unit, self.currency)

    def _cells(self, table: str, rows: Sequence[int] | range, *columns: str) -> tuple[Cell, ...]:
        return tuple(Cell(self.ids[table], row, column) for row in rows for column in columns)


def _confidence(value: float) -> Text:
    if value >= SURE:
        return Text(en="confidence is high", zh="置信度高")
    if value >= LIKELY:
        return Text(en="confidence is medium", zh="置信度中等")
    return Text(en="confidence is low", zh="置信度低")
