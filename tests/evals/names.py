"""How keys are written in an expectation, and the ways in which a text may name them."""

from __future__ import annotations

from typing import Any

import pandas as pd

WEEKDAYS = (
    ("Monday", "星期一", "周一"), ("Tuesday", "星期二", "周二"), ("Wednesday", "星期三", "周三"),
    ("Thursday", "星期四", "周四"), ("Friday", "星期五", "周五"), ("Saturday", "星期六", "周六"),
    ("Sunday", "星期日", "星期天", "周日"),
)  # fmt: skip


def key(dimension: str, member: Any) -> str | int:
    """The canonical form: dates as ISO (a week, month or quarter by its first day), weekday 1–7, ids as integers."""
    if isinstance(member, pd.Timestamp):
        return member.date().isoformat()
    if dimension in ("store", "product", "campaign", "manufacturer", "weekday", "hour"):
        return int(member)
    return str(member)


def spoken(dimension: str, member: str | int) -> str | list[str]:
    """What a text may call the member: one name, or a list of which any one will do."""
    if dimension == "weekday":
        return list(WEEKDAYS[int(member) - 1])
    if dimension == "hour":
        hour = int(member)
        half = f"{(hour - 1) % 12 + 1}"
        suffix = "am" if hour < 12 else "pm"
        return [f"{hour:02d}:00", f"{hour}点", f"{hour}时", f"{half} {suffix}", f"{half}{suffix}"]
    if dimension not in ("date", "week", "month", "quarter"):
        return str(member)
    day = pd.Timestamp(member)
    if dimension == "quarter":
        return [f"Q{day.quarter}", f"{'一二三四'[day.quarter - 1]}季度", f"{day.quarter}季度"]
    if dimension == "month":
        return [day.strftime("%Y-%m"), day.strftime("%B"), day.strftime("%b"), f"{day.month}月"]
    return [
        day.strftime("%Y-%m-%d"), f"{day.day} {day:%B}", f"{day:%B} {day.day}", f"{day.day} {day:%b}",
        f"{day:%b} {day.day}", f"{day.month}月{day.day}日", f"{day.month}月{day.day}号",
    ]  # fmt: skip
