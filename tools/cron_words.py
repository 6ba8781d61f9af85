"""A cron expression in English and Chinese, by cron-descriptor; its Chinese leaves weekdays and months in English."""

from __future__ import annotations

import re
from calendar import day_name, month_name

from cron_descriptor import Options, get_description

from db.semantic.schema import Text

_DAYS = dict(zip(day_name, "一二三四五六日", strict=True))
_MONTHS = {name: f"{number}月" for number, name in enumerate(month_name) if name}
_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")


def in_words(cron: str) -> Text:
    """When it runs.

    >>> in_words("*/15 * * * *").en, in_words("*/15 * * * *").zh
    ('every 15 minutes', '每15分钟')
    """
    english = get_description(cron, _options("en"))
    chinese = get_description(cron, _options("zh_CN"))
    for name, day in _DAYS.items():
        chinese = chinese.replace(name, f"周{day}")
    for name, month in _MONTHS.items():
        chinese = chinese.replace(name, month)
    chinese = re.sub(r"每(\d+)月", r"每\1个月", _SPACE.sub("", chinese).replace(",", "，"))
    return Text(en=_plain(_EN, english[:1].lower() + english[1:]), zh=_plain(_ZH, chinese))


# The usual cases as people say them; the rest as cron-descriptor has it.
_EN = (
    (r"at (\d\d:\d\d), only on (\w+)", r"every \2 at \1"),
    (r"at ((?:\d\d:\d\d(?:, | and )?)+)", r"every day at \1"),
    (r"at (\d\d:\d\d), on day (\d+) of the month", r"on day \2 of every month at \1"),
    (r"at (\d\d:\d\d), (\w+ through \w+)", r"\2 at \1"),
)
_ZH = (
    (r"在(\d\d:\d\d)，仅在(周[一二三四五六日])", r"每\2\1"),
    (r"在((?:\d\d:\d\d[、和，]?)+)", r"每天\1"),
    (r"在(\d\d:\d\d)，每月的(\d+)号", r"每月\2日\1"),
    (r"在(\d\d:\d\d)，(周.到周.)", r"\2\1"),
)


def _plain(cases: tuple[tuple[str, str], ...], words: str) -> str:
    for pattern, said in cases:
        if match := re.fullmatch(pattern, words):
            return match.expand(said)
    return words


def _options(locale: str) -> Options:
    options = Options()
    options.locale_code, options.use_24hour_time_format = locale, True
    return options
