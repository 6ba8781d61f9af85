"""Findings in words: one sentence an event, in English and Chinese, with what may explain it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from db.semantic.query import Interval
from db.semantic.schema import Metric, Text
from models.timeseries.anomaly_events import Event
from tools import format as fmt
from tools.evidence import Cell, Evidence, Fact, Unit, Value
from tools.grammar import first_up, was


@dataclass(frozen=True, slots=True)
class Subject:
    """Of what a finding speaks: a metric, or a metric of one member, in words."""

    metric: Metric
    name: Text
    currency: str
    member: Text | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An event of one metric or member. ``averages``: its days have a mean, not a sum."""

    event: Event
    subject: Subject
    averages: bool = False


MANIFOLD = 10.0  # from here on a percentage tells less than both figures


def holiday_words(event: Event) -> Text:
    """What day it was: "it was Christmas Day", "it was the day before Christmas Eve"; of several, what lay there."""
    if event.holiday is None:
        return Text(en="", zh="")
    holiday, offset = event.holiday
    if event.first != event.last:
        near = Text(en="among" if offset == 0 else "close to", zh="其间有" if offset == 0 else "临近")
        return Text(en=f"{holiday.en} was {near.en} these days", zh=f"{near.zh}{holiday.zh}")
    if offset == 0:
        return Text(en=f"it was {holiday.en}", zh=f"当天是{holiday.zh}")
    far = Text(en="the day", zh="一天") if abs(offset) == 1 else Text(en="two days", zh="两天")
    side = Text(en="before", zh="前") if offset < 0 else Text(en="after", zh="后")
    return Text(en=f"it was {far.en} {side.en} {holiday.en}", zh=f"正值{holiday.zh}{side.zh}{far.zh}")


def sentence(finding: Finding, evidence: Evidence, row: int, weight: float) -> Fact:
    """The fact of one row of an events table (see :func:`tools.anomaly_tables.events_table`)."""
    event, subject = finding.event, finding.subject
    cells = dict(zip((c.name for c in evidence.columns), evidence.rows[row], strict=True))
    unit = subject.metric.unit
    figures = {name: _figure(cells[name], unit, subject.currency) for name in ("actual", "expected", "low", "high")}
    share = abs(event.off)
    off = fmt.number(round(share, 6), "ratio") if share < MANIFOLD else ""
    last = event.first if event.kind == "shift" else event.last
    when = fmt.period(Interval(start=event.first, end=last + timedelta(days=1)))
    if event.kind == "shift":
        text, used = _shift(event, subject, figures, off, when)
    elif event.kind == "missing":
        text, used = _missing(event, subject, figures, when)
    elif event.rows == 1:
        text, used = _single(event, subject, figures, off, when)
    else:
        text, used = _run(finding, figures, off, when)
    reason, words = _reason(event)
    named = (when.en, when.zh, subject.name.en, subject.name.zh, *words)
    return Fact(
        "",
        cells["actual"],
        unit,
        Text(en=f"{first_up(text.en)}{reason.en}.", zh=f"{text.zh}{reason.zh}。"),
        tuple(Cell(evidence.id, row, name) for name in used if cells[name] is not None),
        weight,
        named,
    )


def _reason(event: Event) -> tuple[Text, tuple[str, ...]]:
    if event.holiday is None:
        return Text(en="", zh=""), ()
    words = holiday_words(event)
    calm = event.excused and event.kind == "missing"
    end = Text(en=", so it is no alarm", zh="，因此不算异常") if calm else Text(en="", zh="")
    names = (event.holiday[0].en, event.holiday[0].zh)
    return Text(en=f"; {words.en}{end.en}", zh=f"；{words.zh}{end.zh}"), names


def _figure(value: Value, unit: Unit, currency: str) -> str:
    """As everywhere; the average of a count keeps a decimal, as the events' table does."""
    return f"{value:,.1f}" if unit == "count" and isinstance(value, float) else fmt.number(value, unit, currency)


def _verb(subject: Subject) -> str:
    return was(subject.metric.label.en)


def _side(event: Event, off: str) -> Text:
    if not off:
        return Text(en="against", zh="而")
    return Text(
        en=f"{off} {'above' if event.above else 'below'}",
        zh=f"{'高' if event.above else '低'}{off}",
    )


def _single(event: Event, subject: Subject, f: dict[str, str], off: str, when: Text) -> tuple[Text, tuple[str, ...]]:
    side, weekly = _side(event, off), event.first != event.last
    en_when = f"in {when.en}" if weekly else f"on {when.en}"
    compared = f"，比预期的{f['expected']}{side.zh}" if off else f"，预期为{f['expected']}"
    text = Text(
        en=f"{en_when}, {subject.name.en} {_verb(subject)} {f['actual']}, {side.en} the expected {f['expected']} "
        f"(usual range {f['low']}–{f['high']})",
        zh=f"{when.zh}，{subject.name.zh}为{f['actual']}{compared}（通常在{f['low']}至{f['high']}之间）",
    )
    return text, ("actual", "expected", "low", "high", "off")


def _run(finding: Finding, f: dict[str, str], off: str, when: Text) -> tuple[Text, tuple[str, ...]]:
    event, subject = finding.event, finding.subject
    side = _side(event, off)
    unit = Text(en="days", zh="天") if (event.last - event.first).days + 1 == event.rows else Text(en="weeks", zh="周")
    tail = Text(en=" on average", zh="平均为") if finding.averages else Text(en=" in all", zh="共")
    compared = f"，比预期的{f['expected']}{side.zh}" if off else f"，预期为{f['expected']}"
    span = f"from {when.en.removeprefix('the week of ')} ({event.rows} {unit.en})"
    text = Text(
        en=f"{span}, {subject.name.en} {_verb(subject)} {f['actual']}{tail.en}, {side.en} the expected {f['expected']}",
        zh=f"{when.zh}（{event.rows}{unit.zh}），{subject.name.zh}{tail.zh}{f['actual']}{compared}",
    )
    return text, ("actual", "expected", "off", "rows")


def _missing(event: Event, subject: Subject, f: dict[str, str], when: Text) -> tuple[Text, tuple[str, ...]]:
    on = "on" if event.first == event.last else "in"
    text = Text(
        en=f"{on} {when.en}, there {_verb(subject)} no {subject.name.en} at all, where {f['expected']} would be usual",
        zh=f"{when.zh}，{subject.name.zh}为零，通常应有{f['expected']}",
    )
    return text, ("actual", "expected")


def _shift(event: Event, subject: Subject, f: dict[str, str], off: str, when: Text) -> tuple[Text, tuple[str, ...]]:
    change = Text(en="", zh="")
    if off:
        change = Text(en=f" ({off} {'more' if event.above else 'less'})", zh=f"，{'高' if event.above else '低'}{off}")
    way = Text(en="higher", zh="升高") if event.above else Text(en="lower", zh="降低")
    daily = event.first == event.last
    per = Text(en=" a day", zh="每天") if daily else Text(en=" a week", zh="每周")
    if subject.metric.is_ratio:
        per = Text(en="", zh="")
    text = Text(
        en=f"since {when.en}, {subject.name.en} {_verb(subject)} on a {way.en} level: {f['actual']}{per.en} in the "
        f"weeks after, {f['expected']} in the weeks before{change.en}",
        zh=f"自{when.zh}起，{subject.name.zh}的水平{way.zh}：之后数周{per.zh}平均{f['actual']}，"
        f"之前数周平均{f['expected']}{change.zh}",
    )
    return text, ("actual", "expected", "off")
