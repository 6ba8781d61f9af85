"""Facts of a result that is split: winners, rankings, ends of a range, lists, shares and totals."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Fact
from tools.grammar import first_up, listed, plural, superlative, was
from tools.metric_rows import Number, Row, RowReader

LIST_ROWS = 12  # a sentence lists up to a year of months; longer tables name their ends and leave the rest to the table
HEAD_ROWS = 5
ENDS_FROM = 4  # of three rows the list itself shows which is highest


class GroupWriter(RowReader):
    """Facts of rows with keys."""

    def write(self) -> list[Fact]:
        """All facts, most important first; none where no row has a value."""
        known = [i for i, row in enumerate(self.rows) if self.value(row, self.measured) is not None]
        if not known:
            return []
        total = self._total()
        return [*self._main(known), *([total] if total else [])]

    def _main(self, known: list[int]) -> list[Fact]:
        query = self.query
        if query.keep and self.has(f"{self.name}__share"):
            return [self._kept(known)]
        if query.having:
            return [self._having(known)]
        if query.limit_per:
            return [self._per_member(known)]
        if query.order and (query.limit or len(self.rows) == 1):
            return [self._winner(known[0]) if len(known) == 1 else self._top(known)]
        if query.running:
            return [self._accumulated(known[-1]), self._list(known, self._title(Text(en="cumulative ", zh="累计")))]
        if len(known) < ENDS_FROM or self.result.truncated:
            return [self._list(known, self._title())]
        split = self.words.split()
        order = Text(en="", zh="") if query.order is None else self._direction()
        head = Text(en=f"By {split.en}{order.en}", zh=f"{self.words.each()}{order.zh}")
        return [self._ends(known), self._list(known, head)]

    # rankings -----------------------------------------------------------------------------------------------------

    def _winner(self, index: int) -> Fact:
        row, scope, key = self.rows[index], self.words.scope(), self.key(self.rows[index])
        metric, tail = self.words.metric(self.name), self.tail(row)
        if self.by_change:
            en, zh = self._move(self.figure(row, self.measured) > 0, metric)
        else:
            unit = self.unit(self.name)
            en, zh = f"{superlative(metric.en, unit, self.low_first)} {metric.en}", f"{metric.zh}最{self._end_zh()}"
        text = Text(
            en=f"{first_up(key.en)} had the {en} {scope.en}: {tail.en}.", zh=f"{scope.zh}{zh}的是{key.zh}：{tail.zh}。"
        )
        cells = self.cells([index], *self.query.group_by, *self.columns())
        return self.fact(self.value(row, self.measured), self.unit(self.measured), text, cells, 1.0)

    def _end_zh(self) -> str:
        return "低" if self.low_first else "高"

    def _move(self, rose: bool, metric: Text) -> tuple[str, str]:
        """The largest or smallest rise or fall."""
        largest = rose != self.low_first
        en = f"{'largest' if largest else 'smallest'} {'rise' if rose else 'fall'} in {metric.en}"
        return en, f"{metric.zh}{'增长' if rose else '下降'}最{'多' if largest else '少'}"

    def _top(self, known: Sequence[int]) -> Fact:
        """A ranking with a limit; a list of up to a year's months."""
        split = self.words.rows(len(known))
        metrics, scope = self.words.metrics(), self.words.scope()
        if self.by_change:
            moves = {self.figure(self.rows[i], self.measured) > 0 for i in known}
            return self._list(known, self._movers(moves, split, metrics, scope), whole=True)
        if self.low_first:
            en = f"The {split.en} with the lowest {metrics.en} {scope.en}"
        else:
            en = f"The top {split.en} by {metrics.en} {scope.en}"
        return self._list(known, Text(en=en, zh=f"{scope.zh}{metrics.zh}最{self._end_zh()}的{split.zh}"), whole=True)

    def _movers(self, moves: set[bool], split: Text, metrics: Text, scope: Text) -> Text:
        baseline = fmt.period(self.query.compare) if self.query.compare else Text(en="before", zh="此前")
        if len(moves) > 1:
            end = "lowest" if self.low_first else "highest"
            en = f"The {split.en} with the {end} change in {metrics.en} {scope.en}, against {baseline.en}"
            return Text(en=en, zh=f"{scope.zh}与{baseline.zh}相比，{metrics.zh}变化最{self._end_zh()}的{split.zh}")
        (rose,) = moves
        largest = rose != self.low_first
        verb = f"{'rose' if rose else 'fell'} {'most' if largest else 'least'}"
        en = f"The {split.en} whose {metrics.en} {verb} {scope.en}, against {baseline.en}"
        return Text(
            en=en,
            zh=f"{scope.zh}与{baseline.zh}相比，{self._move(rose, metrics)[1]}的{split.zh}",
        )

    def _per_member(self, known: Sequence[int]) -> Fact:
        """The first rows of each member of one split."""
        outer = self.query.limit_per or ""
        at = self.query.group_by.index(outer)
        inner = self.query.group_by[1 - at]
        groups = [(key, list(rows)) for key, rows in groupby(known, key=lambda i: self.rows[i][at])]
        shown = groups if len(known) <= LIST_ROWS else groups[:HEAD_ROWS]
        en, zh = [], []
        for key, indexes in shown:
            member = self.words.member(outer, key)
            items = [(self.words.member(inner, self.rows[i][1 - at]), self.tail(self.rows[i])) for i in indexes]
            en.append(f"{member.en}: {', '.join(f'{m.en} {t.en}' for m, t in items)}")
            zh.append(f"{member.zh}：{'、'.join(f'{m.zh} {t.zh}' for m, t in items)}")
        each, of, metrics, scope = (
            self.words.dimension(outer),
            self.words.dimension(inner),
            self.words.metrics(),
            self.words.scope(),
        )
        n, left = self.query.limit or 1, len(groups) - len(shown)
        noun = of.en if n == 1 else f"{n} {plural(of.en)}"
        rest = Text(en=f"; {left} more in the table" if left else "", zh=f"；其余{left}个{each.zh}见表" if left else "")
        way = "lowest" if self.low_first else "top"
        text = Text(
            en=f"The {way} {noun} of each {each.en} by {metrics.en} {scope.en} – {'; '.join(en)}{rest.en}.",
            zh=f"{scope.zh}每个{each.zh}{metrics.zh}最{self._end_zh()}的{n}个{of.zh}——{'；'.join(zh)}{rest.zh}。",
        )
        cells = self.cells([i for _, rows in shown for i in rows], *self.query.group_by, *self.columns())
        return self.fact(len(known), "count", text, cells, 1.0)

    # lists --------------------------------------------------------------------------------------------------------

    def _title(self, kind: Text | None = None) -> Text:
        kind = kind or Text(en="", zh="")
        split, metrics, scope, order = self.words.split(), self.words.metrics(), self.words.scope(), self._direction()
        return Text(
            en=f"{first_up(kind.en + metrics.en)} by {split.en} {scope.en}{order.en}",
            zh=f"{scope.zh}{self.words.each()}的{kind.zh}{metrics.zh}{order.zh}",
        )

    def _direction(self) -> Text:
        if self.query.order is None or self.query.order.by in self.query.group_by:
            return Text(en="", zh="")
        low = self.low_first
        return Text(en=f", {'lowest' if low else 'highest'} first", zh=f"（由{'低到高' if low else '高到低'}）")

    def _list(self, known: Sequence[int], head: Text, whole: bool = False) -> Fact:
        """Rows one after another; of long tables the first few."""
        shown = known[:LIST_ROWS] if whole or len(known) <= LIST_ROWS else known[:HEAD_ROWS]
        items = [self.item(self.rows[i]) for i in shown]
        rest = len(known) - len(shown)
        if rest and not whole:
            more = "more than " if self.result.truncated else ""
            timed = self.words.schema.dimensions[self.query.group_by[0]].kind == "time"
            which = "first" if timed or self.keys > 1 or self.query.order else "top"
            head = Text(
                en=f"{head.en}, the {which} {len(shown)} of {more}{len(known):,}",
                zh=f"{head.zh}（共{len(known):,}{'余' if more else ''}项，前{len(shown)}项）",
            )
        left = Text(en=f"; {rest:,} more in the table" if rest else "", zh=f"；其余{rest:,}项见表" if rest else "")
        text = Text(
            en=f"{head.en}: {'; '.join(i.en for i in items)}{left.en}.",
            zh=f"{head.zh}：{'；'.join(i.zh for i in items)}{left.zh}。",
        )
        cells = self.cells(shown, *self.query.group_by, *self.columns())
        return self.fact(len(shown), "count", text, cells, 1.0 if whole else 0.8)

    def _ends(self, known: Sequence[int]) -> Fact:
        """The highest and the lowest row; rows without a member do not compete."""
        named = [i for i in known if None not in self.rows[i][: self.keys]] or list(known)
        order = sorted(named, key=lambda i: float(self.figure(self.rows[i], self.measured)))
        low, high = self.rows[order[0]], self.rows[order[-1]]
        metric, split, scope = self.words.metric(self.name), self.words.split(), self.words.scope(closed=True)
        changed = Text(en="the change in ", zh="变化") if self.by_change else Text(en="", zh="")
        verb, at = ("was" if self.by_change else was(metric.en)), self.words.at()
        subject = f"{first_up(changed.en + metric.en)} by {split.en} {scope.en} {verb}"
        top, bottom = self._plain(high), self._plain(low)
        if self.value(low, self.measured) == self.value(high, self.measured):
            text = Text(
                en=f"{subject} {top} throughout.",
                zh=f"{scope.zh}{self.words.each()}的{metric.zh}{changed.zh}均为{top}。",
            )
        else:
            text = Text(
                en=f"{subject} highest {at}{self.key(high).en} ({top}) and lowest {at}{self.key(low).en} ({bottom}).",
                zh=f"{scope.zh}，按{split.zh}看{metric.zh}{changed.zh}最高的是{self.key(high).zh}（{top}），"
                f"最低的是{self.key(low).zh}（{bottom}）。",
            )
        cells = self.cells([order[-1], order[0]], *self.query.group_by, self.measured)
        return self.fact(self.value(high, self.measured), self.unit(self.measured), text, cells, 1.0)

    def _plain(self, row: Row) -> str:
        measured, value = self.measured, self.figure(row, self.measured)
        if not self.by_change:
            return self.shown(row, measured)
        if self.unit(self.name) == "ratio" and measured == f"{self.name}__change":
            return f"{fmt.signed(value * 100, 'number')} pp"
        return fmt.signed(value, self.unit(measured), self.currency)

    # shares, conditions, totals -----------------------------------------------------------------------------------

    def _kept(self, known: Sequence[int]) -> Fact:
        metric, scope = self.words.metric(self.name), self.words.scope()
        en, zh = [], []
        for i in known[:LIST_ROWS]:
            row = self.rows[i]
            share, value, key = self.shown(row, f"{self.name}__share"), self.shown(row, self.name), self.key(row)
            en.append(f"{key.en} made up {share} of {metric.en} {scope.en} ({value})")
            zh.append(f"{key.zh}占{scope.zh}{metric.zh}的{share}（{value}）")
        text = Text(en=f"{first_up('; '.join(en))}.", zh=f"{'；'.join(zh)}。")
        cells = self.cells(known[:LIST_ROWS], *self.query.group_by, self.name, f"{self.name}__share")
        return self.fact(self.value(self.rows[known[0]], f"{self.name}__share"), "ratio", text, cells, 1.0)

    def _having(self, known: Sequence[int]) -> Fact:
        limits, scope, rows = self.limits(), self.words.scope(), self.words.rows(len(known))
        shown = known[:LIST_ROWS] if len(known) <= LIST_ROWS else known[:HEAD_ROWS]
        items = [self.item(self.rows[i]) for i in shown]
        rest = len(known) - len(shown)
        left = Text(en=f"; {rest:,} more in the table" if rest else "", zh=f"；其余{rest:,}个见表" if rest else "")
        more = self.result.truncated
        text = Text(
            en=f"{'More than ' if more else ''}{rows.en} had {limits.en} {scope.en}: "
            f"{'; '.join(i.en for i in items)}{left.en}.",
            zh=f"{scope.zh}{limits.zh}的{self.words.split().zh}{'超过' if more else '共有'}{len(known):,}个："
            f"{'；'.join(i.zh for i in items)}{left.zh}。",
        )
        return self.fact(len(known), "count", text, self.cells(shown, *self.query.group_by, *self.columns()), 1.0)

    def _accumulated(self, last: int) -> Fact:
        row, column = self.rows[last], f"{self.name}__running"
        metric, key, scope, shown = (
            self.words.metric(self.name),
            self.key(row),
            self.words.scope(),
            self.shown(row, column),
        )
        text = Text(
            en=f"Cumulative {metric.en} {scope.en} reached {shown} by {key.en}.",
            zh=f"{scope.zh}，截至{key.zh}，累计{metric.zh}为{shown}。",
        )
        return self.fact(
            self.value(row, column), self.unit(column), text, self.cells([last], *self.query.group_by, column), 1.1
        )

    def _total(self) -> Fact | None:
        """The sums of all rows, of the metrics whose rows sum."""
        query = self.query
        if (
            query.limit
            or query.having
            or query.per
            or query.keep
            or query.running
            or self.result.truncated
            or len(self.rows) < 2
        ):
            return None
        names = [name for name in query.metrics if self._sums(name)]
        if not names:
            return None
        en, zh = [], []
        totals: list[Number] = []
        for name in names:
            metric = self.words.metric(name)
            zero: Number = Decimal(0) if self.unit(name) == "currency" else 0
            total: Number = sum((self.figure(row, name) for row in self.rows), zero)
            shown = fmt.number(total, self.unit(name), self.currency)
            totals.append(total)
            en.append(f"{metric.en} {was(metric.en)} {shown}")
            zh.append(f"{metric.zh}{shown}")
        text = Text(en=f"In total, {listed(en)}.", zh=f"合计{'、'.join(zh)}。")
        return self.fact(totals[0], self.unit(names[0]), text, self.cells(range(len(self.rows)), *names), 0.5)

    def _sums(self, name: str) -> bool:
        metric = self.words.schema.metrics[name]
        over_time = all(self.words.schema.dimensions[d].kind == "time" for d in self.query.group_by)
        return metric.additive or (metric.additive_time and over_time)
