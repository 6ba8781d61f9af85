"""The sentences of a forecast, in both languages."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from db.semantic.query import Interval
from db.semantic.schema import Text
from models.timeseries.forecast_calendar import known_holidays, shut
from tools import format as fmt
from tools.evidence import Cell, Evidence, Fact, Value
from tools.grammar import first_up, is_plural, listed
from tools.wording import Wording

if TYPE_CHECKING:
    from tools.forecast_facts import Made

FEWEST_DAYS = 3  # fewer have no highest and lowest worth naming
HOLIDAYS_NAMED = 4


class Sentences:
    """Words one forecast.

    Args:
        rows: the table of days, weeks or months. total: the one-row table of the whole.
    """

    def __init__(self, made: Made, wording: Wording, rows: Evidence, total: Evidence, grain: str) -> None:
        self._made, self._wording, self._rows, self._total, self._grain = made, wording, rows, total, grain
        self._unit = made.metric.unit
        self._value = dict(zip([c.name for c in total.columns], total.rows[0], strict=True))
        self._metric = wording.metric(made.metric.name)

    def write(self) -> tuple[Fact, ...]:
        """All facts, most important first."""
        found = [self._headline(), self._together(), self._change(), self._year(), self._error(), self._extremes()]
        found += [self._holidays(), self._wide()]
        return tuple(fact for fact in found if fact is not None)

    def _shown(self, value: Value) -> str:
        return fmt.number(value, self._unit, self._wording.schema.currency)

    def _cells(self, *columns: str) -> tuple[Cell, ...]:
        return tuple(Cell(self._total.id, 0, column) for column in columns)

    def _headline(self) -> Fact:
        scope, total = self._wording.scope(closed=True), self._shown(self._value["total"])
        low, high = self._shown(self._value["low_80"]), self._shown(self._value["high_80"])
        are = "are" if is_plural(self._metric.en) else "is"
        mean = self._made.series.kind == "mean" and self._made.ahead.days > 1
        at = f"to average {total} a day" if mean else f"at {total}"
        text = Text(
            en=f"{first_up(self._metric.en)} {scope.en} {are} forecast {at}, "
            f"and with 80% probability between {low} and {high}.",
            zh=f"预计{scope.zh}的{self._metric.zh}{'平均每天' if mean else '为'}{total}，"
            f"有80%的把握在{low}至{high}之间。",
        )
        cells = self._cells("total", "low_80", "high_80", "level_80")
        return Fact("", self._value["total"], self._unit, text, cells, 1.2)

    def _together(self) -> Fact | None:
        if self._value.get("together") is None:
            return None
        asked, first = fmt.period(self._made.asked), self._made.ahead.start
        recorded, together = self._shown(self._value["recorded"]), self._shown(self._value["together"])
        text = Text(
            en=f"With the {recorded} recorded before {first}, {asked.en} would come to {together}.",
            zh=f"加上{first}之前已有的{recorded}，{asked.zh}合计约{together}。",
        )
        return Fact("", self._value["together"], self._unit, text, self._cells("recorded", "together"), 1.0)

    def _change(self) -> Fact | None:
        rate, before = self._value.get("change_pct"), self._value.get("before")
        if not isinstance(rate, float) or before is None:
            return None
        days, end = self._made.ahead.days, self._made.series.end
        past = fmt.period(Interval(start=end - timedelta(days=days), end=end))
        size, up = fmt.number(abs(rate), "ratio"), rate >= 0
        span, span_zh = ("day", "1天") if days == 1 else (f"{days} days", f"{days}天")
        text = Text(
            en=f"That is {size} {'above' if up else 'below'} the {span} before ({past.en}), "
            f"with {self._shown(before)}.",
            zh=f"比之前{span_zh}（{past.zh}）的{self._shown(before)}{'高' if up else '低'}{size}。",
        )
        return Fact("", rate, "ratio", text, self._cells("change_pct", "before", "days"), 0.9)

    def _year(self) -> Fact | None:
        before, total = self._value.get("year_before"), self._made.forecast.total.point
        if not isinstance(before, int | float | Decimal) or not before:
            return None
        start = self._made.ahead.start - timedelta(days=364)
        past = fmt.period(Interval(start=start, end=start + timedelta(days=self._made.ahead.days)))
        way = ("more", "高于") if total >= float(before) else ("less", "低于")
        text = Text(
            en=f"That is {way[0]} than the {self._shown(before)} of the same weekdays a year before ({past.en}).",
            zh=f"{way[1]}上年同期（{past.zh}，同样的星期）的{self._shown(before)}。",
        )
        return Fact("", before, self._unit, text, self._cells("year_before"), 0.7)

    def _error(self) -> Fact | None:
        error, naive, count = (self._value.get(n) for n in ("error", "naive_error", "backtests"))
        if not isinstance(error, float) or not isinstance(naive, float):
            return None
        a, b = fmt.number(error, "ratio"), fmt.number(naive, "ratio")
        times = ("1 backtest", "1次回测") if count == 1 else (f"{count} backtests", f"{count}次回测")
        if error < naive:
            text = Text(
                en=f"In {times[0]} on past days it was off by {a} a day (WAPE); repeating the week before, by {b}.",
                zh=f"在{times[1]}中，每日误差（WAPE）为{a}；照搬上一周则为{b}。",
            )
        else:
            text = Text(
                en=f"Take it with care: in {times[0]} it was off by {a} a day (WAPE), "
                f"no better than repeating the week before ({b}).",
                zh=f"请谨慎参考：在{times[1]}中，每日误差（WAPE）为{a}，并不优于照搬上一周的{b}。",
            )
        return Fact("", error, "ratio", text, self._cells("error", "naive_error", "backtests"), 0.8)

    def _extremes(self) -> Fact | None:
        if self._grain != "day" or self._made.ahead.days < FEWEST_DAYS:
            return None
        spans = self._made.forecast.spans
        offset = len(self._rows.rows) - len(spans)
        order = sorted((s.point, i) for i, s in enumerate(spans) if s.point > 0)
        if len(order) < FEWEST_DAYS:
            return None
        low, high = order[0][1], order[-1][1]
        names = [fmt.time_key(spans[i].start.isoformat(), "day") for i in (high, low)]
        values = [self._shown(self._rows.rows[offset + i][2]) for i in (high, low)]
        text = Text(
            en=f"The highest day is expected to be {names[0].en} with {values[0]}, the lowest {names[1].en} "
            f"with {values[1]}.",
            zh=f"预计最高的一天是{names[0].zh}，为{values[0]}；最低的一天是{names[1].zh}，为{values[1]}。",
        )
        cells = tuple(Cell(self._rows.id, offset + i, "forecast") for i in (high, low))
        words = tuple(spans[i].start.isoformat() for i in (high, low))
        return Fact("", self._rows.rows[offset + high][2], self._unit, text, cells, 0.6, words)

    def _holidays(self) -> Fact | None:
        """The holidays that the forecast bends to, and the days on which it takes the shop for shut."""
        made, end = self._made, self._made.series.end
        holidays = known_holidays(made.calendar, made.ahead.start, made.ahead.end)
        if not holidays:
            return None
        steps = (made.ahead.end - end).days
        closed = shut(made.calendar, made.series.start, made.series.parts[-1], steps)
        shut_days = [day for day in holidays if closed[(day - end).days]]
        if shut_days:
            named = shut_days[:HOLIDAYS_NAMED]
            en = f"The shop is taken to be shut on {listed([f'{holidays[d].en} ({d})' for d in named])}."
            zh = f"假定{'、'.join(f'{holidays[d].zh}（{d}）' for d in named)}不营业。"
        else:
            named = list(holidays)[:HOLIDAYS_NAMED]
            en = f"It allows for {listed([f'{holidays[d].en} ({d})' for d in named])}."
            zh = f"已计入节日：{'、'.join(f'{holidays[d].zh}（{d}）' for d in named)}。"
        words = tuple(w for d in named for w in (_iso(d), holidays[d].en, holidays[d].zh))
        return Fact("", None, "text", Text(en=en, zh=zh), (), 0.5, words)

    def _wide(self) -> Fact:
        low, high = self._shown(self._value["low_95"]), self._shown(self._value["high_95"])
        text = Text(
            en=f"With 95% probability it lies between {low} and {high}.", zh=f"有95%的把握在{low}至{high}之间。"
        )
        return Fact("", 0.95, "ratio", text, self._cells("low_95", "high_95", "level_95"), 0.4)


def _iso(day: date) -> str:
    return day.isoformat()
