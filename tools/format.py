"""How values are written in sentences and tables, in both languages: one place, so that the rounding is known.

Rounding rules: money to cents; counts whole; ratios as percentages with one decimal (two below 10 %); plain numbers
with two decimals. The evidence keeps the full value.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from db.semantic.query import Interval
from db.semantic.schema import Text
from tools.evidence import Unit, Value

_SYMBOLS = {"USD": "$", "CNY": "¥", "EUR": "€", "GBP": "£", "JPY": "¥"}
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_ZH_DAYS = "一二三四五六日"
MISSING = Text(en="(not recorded)", zh="（未记录）")
NONE = Text(en="n/a", zh="无")


def number(value: Value, unit: Unit, currency: str = "USD") -> str:
    """A value as text, the same in both languages.

    >>> number(1234.5, "currency"), number(0.0825, "ratio"), number(41.0, "count"), number(2.345, "number")
    ('$1,234.50', '8.25%', '41', '2.35')
    """
    if value is None or isinstance(value, bool | str):
        return NONE.en if value is None else str(value)
    if isinstance(value, Text):  # a name, not a number: whoever knows the language asks it
        return value.en
    if unit in {"text", "member", "date"}:  # a number that only names something: 367, 2017
        return str(value)
    if unit == "currency":
        sign = "-" if value < 0 else ""
        return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{abs(Decimal(str(value))):,.2f}"
    if unit == "count":
        return f"{round(value):,}"
    if unit in {"ratio", "percent"}:
        percent = Decimal(str(value)) * 100
        return f"{percent:,.2f}%" if abs(percent) < 10 else f"{percent:,.1f}%"
    return f"{Decimal(str(value)).quantize(Decimal('0.01'), rounding='ROUND_HALF_UP'):,}"


def signed(value: Value, unit: Unit, currency: str = "USD") -> str:
    """As ``number``, with the sign always written."""
    text = number(value, unit, currency)
    return text if not isinstance(value, int | float | Decimal) or value < 0 else f"+{text}"


def figure(value: Value) -> float:
    """A cell that holds a number, as one; what is missing counts nothing.

    >>> figure(Decimal("1.5")), figure(None)
    (1.5, 0.0)
    """
    return float(value) if isinstance(value, int | float | Decimal) else 0.0


def period(interval: Interval) -> Text:
    """A half-open interval as people say it: a month, quarter, year, ISO week, day, or first and last day.

    >>> period(Interval(start=date(2017, 12, 1), end=date(2018, 1, 1))).en
    'December 2017'
    """
    start, end = interval.start, interval.end
    last = end - timedelta(days=1)
    if end == start:
        return Text(en=f"{start} (no full day yet)", zh=f"{start}（尚无完整的一天）")
    if interval.days == 1:
        return Text(en=f"{_DAYS[start.weekday()]}, {start}", zh=f"{start}（周{_ZH_DAYS[start.weekday()]}）")
    if start.day == 1 and end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        if months == 1:
            return Text(en=f"{_MONTHS[start.month - 1]} {start.year}", zh=f"{start.year}年{start.month}月")
        if months == 3 and start.month % 3 == 1:
            quarter = start.month // 3 + 1
            return Text(en=f"Q{quarter} {start.year}", zh=f"{start.year}年第{quarter}季度")
        if months == 12 and start.month == 1:
            return Text(en=str(start.year), zh=f"{start.year}年")
    if interval.days == 7 and start.weekday() == 0:
        return Text(en=f"the week of {start} to {last}", zh=f"{start}至{last}这一周")
    return Text(en=f"{start} to {last}", zh=f"{start}至{last}")


def time_key(value: Value, grain: str | None) -> Text:
    """A key of a time split: weekday and hour by name, the rest as the store writes it."""
    if value is None:
        return MISSING
    if grain == "weekday" and isinstance(value, int):
        return Text(en=_DAYS[value - 1], zh=f"周{_ZH_DAYS[value - 1]}")
    if grain == "day_type":
        return Text(en="Weekend" if value == 2 else "Weekdays", zh="周末" if value == 2 else "工作日")
    if grain == "hour":
        return Text(en=f"{int(str(value)):02d}:00", zh=f"{int(str(value))}点")
    if grain == "day":
        moment = date.fromisoformat(str(value))
        return Text(en=f"{value} ({_DAYS[moment.weekday()][:3]})", zh=f"{value}（周{_ZH_DAYS[moment.weekday()]}）")
    if grain == "week":
        return Text(en=f"week of {value}", zh=f"{value}当周")
    return Text(en=str(value), zh=str(value))
