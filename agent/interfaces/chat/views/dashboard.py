"""The dashboard: cards, a trend, what is red, what could not be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from html import escape
from typing import Any

from agent.alerting.messages import watch_line
from agent.contracts import Language
from agent.interfaces.chat.views.chart import drawing
from agent.interfaces.chat.views.html import attributes, button
from agent.interfaces.chat.words import tabs as words
from db.semantic.query import Interval
from db.semantic.schema import Metric, StoreSchema, Text
from db.state.outbox import Delivery
from db.state.watching import Alert
from tools import format as fmt
from tools.evidence import Value

_SYMBOLS = {"USD": "$", "CNY": "¥", "EUR": "€", "GBP": "£", "JPY": "¥"}
_WIDE, _HIGH = 100.0, 32.0  # units of a small trend


@dataclass(frozen=True, slots=True)
class Kpi:
    """A metric by week, oldest first; the last value is the one that the card tells."""

    metric: Metric
    weeks: Sequence[str]
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Red:
    """Some of the open alerts, and how many there are."""

    alerts: Sequence[Alert]
    total: int


def dashboard_html(
    schema: StoreSchema,
    week: Interval | None,
    kpis: Sequence[Kpi],
    red: Red | None,
    dead: Sequence[Delivery] | None,
    language: Language,
) -> str:
    """The whole tab. ``red`` or ``dead`` None: they are not the asker's to see."""
    said = ""
    if week:
        start, end = week.start.isoformat(), (week.end - timedelta(days=1)).isoformat()
        said = f"{words.WEEK_OF.of(language).format(start=start, end=end)} {words.AGAINST.of(language)}"
    cards = "".join(_card(kpi, schema, language, place == 0) for place, kpi in enumerate(kpis))
    trends = "".join(_trend(kpi, schema, language, place == 0) for place, kpi in enumerate(kpis))
    return (
        f'<div class="so-page"><header><h1>{escape(words.DASHBOARD.of(language))}</h1>'
        f'<p class="so-note">{escape(said)}</p></header><div class="so-kpis">{cards}</div>'
        + (f'<div class="so-card">{trends}</div>' if trends else "")
        + f'<div class="so-halves">{_red(red, schema, language)}{_dead(dead, language)}</div></div>'
    )


def _card(kpi: Kpi, schema: StoreSchema, language: Language, first: bool) -> str:
    metric, now, before = kpi.metric, kpi.values[-1], kpi.values[-2]
    label = metric.label.of(language)
    simulated = ""
    if metric.origin == "simulated":
        simulated = f'<span class="so-badge">{escape(words.SIMULATED.of(language))}</span>'
    opens = attributes(
        class_="so-kpi-open", data_do="trend", data_metric=metric.name, aria_pressed="true" if first else "false"
    )
    return (
        f'<div class="so-card so-kpi"><button type="button"{opens}>{escape(label)}</button>{simulated}'
        f"<b>{escape(fmt.number(now, metric.unit, schema.currency))}</b>{spark(kpi.values)}"
        f'<span class="so-delta">{_delta(metric, now, before, language)}</span></div>'
    )


def _delta(metric: Metric, now: Value, before: Value, language: Language) -> str:
    one, other = _number(now), _number(before)
    rate = metric.unit == "ratio"  # a rate's change is told in points: "+39%" of 1.4 % would be read as a rate
    if one is None or other is None or not (other or rate):
        return escape(words.NOTHING_BEFORE.of(language))
    change = one - other if rate else one / other - 1
    if abs(change) < Decimal("0.00005" if rate else "0.0005"):
        return f"<span>{escape(words.NO_CHANGE.of(language))}</span>"
    way = "up" if change > 0 else "down"
    tone = "" if metric.good == "neutral" else "so-better" if metric.good == way else "so-worse"
    sign, arrow = ("+", "▲") if way == "up" else ("−", "▼")
    question = words.WHY_QUESTION[way].of(language).format(metric=_in_sentence(metric.label, language))
    why = button(words.ASK_WHY.of(language), class_="so-ask-why", data_ask=question, title=question)
    size = words.POINTS.of(language).format(n=f"{abs(change) * 100:.2f}") if rate else f"{abs(change) * 100:.1f}%"
    return f'<span class="{tone}"><i aria-hidden="true">{arrow}</i> {sign}{escape(size)}</span>{why}'


def _in_sentence(label: Text, language: Language) -> str:
    return label.zh if language == "zh" else label.en[:1].lower() + label.en[1:]


def spark(values: Sequence[Value]) -> str:
    """A small trend without axes; what it shows stands in the chart below and is said there."""
    numbers = [_number(value) for value in values]
    known = [float(n) for n in numbers if n is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    points = [
        (place * _WIDE / (len(numbers) - 1), 3 + (_HIGH - 6) * (1 - (float(n) - low) / ((high - low) or 1)))
        for place, n in enumerate(numbers)
        if n is not None
    ]
    path = "".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    return (
        f'<svg class="so-spark" viewBox="0 0 {_WIDE:.0f} {_HIGH:.0f}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{path}"/></svg>'
    )


def _trend(kpi: Kpi, schema: StoreSchema, language: Language, shown: bool) -> str:
    metric = kpi.metric
    title = words.TREND.of(language).format(metric=metric.label.of(language))
    marks: list[list[Any]] = []
    for place, value in enumerate(kpi.values):
        number = _number(value)
        if number is not None:
            marks.append([place, 0, float(number), fmt.number(value, metric.unit, schema.currency), ""])
    data = {
        "kind": "line", "keys": [f"{day[5:]}" for day in kpi.weeks], "series": [metric.label.of(language)],
        "marks": marks, "unit": metric.unit, "currency": _SYMBOLS.get(schema.currency, ""),
    }  # fmt: skip
    said = attributes(class_="so-trend", data_metric=metric.name, hidden=not shown)
    chart = drawing(data, title) if len(marks) > 1 else ""
    return f"<div{said}><h2>{escape(title)}</h2>{chart}</div>"


def _number(value: Value) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    exact = Decimal(str(value))
    return exact if exact.is_finite() else None


def _red(red: Red | None, schema: StoreSchema, language: Language) -> str:
    if red is None:
        inner = f'<p class="so-note">{escape(words.RESTRICTED.of(language))}</p>'
    elif not red.alerts:
        inner = f'<p class="so-note">{escape(words.NO_ALERTS.of(language))}</p>'
    else:
        inner = f'<ul class="so-list">{"".join(_alert(alert, schema, language) for alert in red.alerts)}</ul>'
        if red.total > len(red.alerts):
            more = words.MORE_ALERTS.of(language).format(n=f"{red.total - len(red.alerts):,}")
            inner += f'<p class="so-note">{escape(more)}</p>'
    return f'<section class="so-card"><h2>{escape(words.ALERTS.of(language))}</h2>{inner}</section>'


def _alert(alert: Alert, schema: StoreSchema, language: Language) -> str:
    kind = words.KINDS[alert.kind].of(language) if alert.kind in words.KINDS else alert.kind
    return (
        f'<li><span class="so-kind">{escape(kind)}</span><span>{escape(alert_words(alert, schema, language))}</span>'
        f"<small>{escape(alert.moment)}</small></li>"
    )


def alert_words(alert: Alert, schema: StoreSchema, language: Language) -> str:
    """One line on an alert: of a rule its words and the figure, of a watch what it found."""
    told = alert.payload
    try:
        if "words" in told:
            value = fmt.number(told["value"], told["unit"], schema.currency)
            return f"{told['words'][language]} · {value}"
        return watch_line(alert, schema.currency).of(language)
    except (KeyError, TypeError):  # of an older or a newer version
        return f"{alert.source} {alert.row}"


def _dead(dead: Sequence[Delivery] | None, language: Language) -> str:
    if dead is None:
        inner = f'<p class="so-note">{escape(words.ADMINS_ONLY.of(language))}</p>'
    elif not dead:
        inner = f'<p class="so-note">{escape(words.NO_DEAD.of(language))}</p>'
    else:
        inner = f'<ul class="so-list">{"".join(_failed(item, language) for item in dead)}</ul>'
    return f'<section class="so-card"><h2>{escape(words.DEAD.of(language))}</h2>{inner}</section>'


def _failed(item: Delivery, language: Language) -> str:
    tries = words.TRIES.of(language).format(n=item.attempts)
    when = item.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    title = escape(str(item.message.get("title", "")))
    return (
        f'<li><span class="so-kind">{escape(item.channel)}</span><span>{title}</span>'
        f"<small>{escape(item.error or '')} · {escape(tries)} · {when}</small></li>"
    )
