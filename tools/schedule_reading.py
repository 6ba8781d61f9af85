"""When and where to, in the words of a schedule: a cron expression, and the channel as it was named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DAY_EN = {
    "sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
    "sun": 0, "mon": 1, "tue": 2, "tues": 2, "wed": 3, "thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6,
}  # fmt: skip
DAY_ZH = {"日": 0, "天": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
DEFAULT_HOUR = 8  # before the day's first meeting
DEFAULT_DAY = 1  # Monday: the week before has ended
_DAYS = "|".join(sorted(DAY_EN, key=len, reverse=True))
_EN_DAY = re.compile(rf"\b(?P<d>{_DAYS})s?\b", re.ASCII)
_EN_MONTHLY = re.compile(r"\b(?:every month|monthly|each month|of the month|of every month|of each month)\b", re.ASCII)
_EN_DATE = re.compile(r"\b(?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\b|\b(?P<first>first day)\b", re.ASCII)
_EN_DAILY = re.compile(
    r"\b(?:every day|daily|each day|every morning|every evening|each morning|every night)\b", re.ASCII
)
_EN_WORKDAYS = re.compile(r"\b(?:every|each)? ?(?:weekdays?|workdays?|working days?|business days?)\b", re.ASCII)
_EN_WEEKLY = re.compile(r"\b(?:every week|each week|once a week|weekly)\b", re.ASCII)
_EN_TIME = re.compile(
    r"\b(?P<h>[01]?\d|2[0-4])(?:[:.](?P<m>[0-5]\d))? ?(?P<ap>a\.?m\.?|p\.?m\.?)\b|\b(?P<h2>[01]?\d|2[0-3]):(?P<m2>[0-5]\d)\b"
    r"|\bat (?P<h3>[01]?\d|2[0-3])\b(?![:.]\d| ?%| ?[ap]\.?m)(?: ?o'?clock)?|\b(?P<noon>noon|midday)\b|\b(?P<midnight>midnight)\b",
    re.ASCII,
)
_EN_PART = re.compile(r"\b(?P<m>morning)|\b(?P<a>afternoon)|\b(?P<e>evening|night|tonight)", re.ASCII)
_EN_WORDED = re.compile(
    r"\bat (?P<w>one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b(?: o'?clock)?(?P<half> thirty)?",
    re.ASCII,
)
_WORDS = ("zero one two three four five six seven eight nine ten eleven twelve").split()
_ZH_DAY = re.compile(
    r"(?:周|星期|礼拜)(?P<d>[一二三四五六日天])(?:到|至|-)?(?:(?:周|星期|礼拜)(?P<e>[一二三四五六日天]))?"
)
_ZH_MONTHLY = re.compile(r"每个?月(?P<d>[一二三四五六七八九十\d]{1,3})?(?:号|日)?(?P<first>初)?")
_ZH_DAILY = re.compile(r"每天|每日|天天|每早|每晚")
_ZH_WORKDAYS = re.compile(r"工作日")
_ZH_WEEKLY = re.compile(r"每周|每星期|每个星期|每礼拜")
_ZH_NUM = r"(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})"
_ZH_TIME = re.compile(
    rf"(?P<p>凌晨|早上|早晨|清晨|上午|早|中午|下午|傍晚|晚上|晚)?的?(?P<h>{_ZH_NUM})(?:点钟?(?P<half>半|一刻|三刻|(?P<m>{_ZH_NUM})分?)?|[:：](?P<m2>\d\d))"
)
_ZH_PART = re.compile(r"(?P<m>早上|早晨|上午|清晨|每早)|(?P<n>中午)|(?P<a>下午)|(?P<e>晚上|傍晚|每晚)")
_ZH_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_ZONES = {
    "beijing time": "Asia/Shanghai", "china time": "Asia/Shanghai", "shanghai time": "Asia/Shanghai", "北京时间": "Asia/Shanghai",
    "utc": "UTC", "gmt": "UTC", "london time": "Europe/London", "伦敦时间": "Europe/London", "berlin time": "Europe/Berlin",
    "new york time": "America/New_York", "eastern time": "America/New_York", "纽约时间": "America/New_York",
    "pacific time": "America/Los_Angeles", "tokyo time": "Asia/Tokyo", "东京时间": "Asia/Tokyo",
    "singapore time": "Asia/Singapore", "新加坡时间": "Asia/Singapore", "香港时间": "Asia/Hong_Kong", "hong kong time": "Asia/Hong_Kong",
}  # fmt: skip
_IANA = re.compile(r"\b(?:africa|america|asia|atlantic|australia|europe|indian|pacific)/[a-z_]+(?:/[a-z_]+)?", re.ASCII)
_LANGUAGE = (
    ("en", re.compile(r"\bin english\b|英文|英语")),
    ("zh", re.compile(r"\bin chinese\b|中文")),
)
_TO = re.compile(
    r"(?P<mail>\S+@\S+)|(?P<link>https?://\S+)|#(?P<hash>[\w-]+)"
    r"|\b(?:to|in|into|on|via|through|by) (?:the |our |my )?(?P<en>[\w-]+(?: [\w-]+)?) (?:channel|group|chat|room|team)\b"
    r"|\b(?:to|via|through|on|by) (?P<kind>slack|feishu|lark|dingtalk|e-?mail|mail|teams|wechat|whatsapp|telegram|sms)\b"
    r"|(?:发到|发给|发至|发送到|发送给|推送到|推到|推给|同步到|通知到|传到|转到|投到|到|往|在|给)(?:我们的?|咱们的?)?(?P<zh>[\w\-一-鿿]{1,12}?(?:群|频道|邮箱|邮件|组))"
    r"|(?:到|至|给|用|通过)(?P<zh2>飞书|钉钉|slack|邮箱|邮件|企业微信|微信)",
    re.ASCII | re.IGNORECASE,
)


def read_schedule(text: str) -> Mapping[str, Any]:
    """The arguments of ``schedule_brief`` that its words settle.

    >>> read_schedule("每周一早上8点把周报发到运营群")
    {'cron': '0 8 * * 1', 'to': '运营群'}
    >>> read_schedule("send the weekly brief every weekday at 9:30 pm berlin time")
    {'cron': '30 21 * * 1-5', 'timezone': 'Europe/Berlin'}
    """
    found: dict[str, Any] = {}
    if cron := cron_of(text):
        found["cron"] = cron
    zone = next((name for words, name in _ZONES.items() if words in text), None)
    if named := _IANA.search(text):
        zone = "/".join(part.title() for part in named[0].split("/"))
    if zone:
        found["timezone"] = zone
    language = next((name for name, pattern in _LANGUAGE if pattern.search(text)), None)
    if language:
        found["language"] = language
    if to := channel_of(text):
        found["to"] = to
    return found


def channel_of(text: str) -> str | None:
    """The channel as the words name it; whether there is one of that name, the settings say.

    >>> channel_of("post it in the ops channel"), channel_of("mail it to bob@example.com"), channel_of("to slack")
    ('ops', 'bob@example.com', 'slack')
    """
    match = _TO.search(text)
    return next((value for value in match.groupdict().values() if value), None) if match else None


def channel_spans(text: str) -> list[tuple[int, int]]:
    """Where a channel is named, so that nobody takes its name for a store's or a product's."""
    return [match.span() for match in _TO.finditer(text)]


def cron_of(text: str) -> str | None:
    """The cron expression of the words; None where they name no rhythm."""
    days = _rhythm(text)
    if days is None:
        return None
    hour, minute = _time(text)
    day, weekday = days
    return f"{minute} {hour} {day} * {weekday}"


def _rhythm(text: str) -> tuple[str, str] | None:
    """Day of the month and weekday, as cron has them."""
    if _EN_WORKDAYS.search(text) or _ZH_WORKDAYS.search(text):
        return "*", "1-5"
    zh = _ZH_DAY.findall(text)
    spans = [(DAY_ZH[a], DAY_ZH[b]) for a, b in zh if b]
    if spans:
        return "*", f"{spans[0][0]}-{spans[0][1] or 7}"
    named = sorted({DAY_ZH[a] for a, _ in zh} | {DAY_EN[m["d"]] for m in _EN_DAY.finditer(text)})
    if named:
        return "*", ",".join(map(str, named))
    monthly = _monthly(text)
    if monthly:
        return monthly, "*"
    if _EN_DAILY.search(text) or _ZH_DAILY.search(text):
        return "*", "*"
    weekly = re.search(r"\b(?:every|each|once a) week\b|\bevery weekly\b", text) or _ZH_WEEKLY.search(text)
    return ("*", str(DEFAULT_DAY)) if weekly else None


def _monthly(text: str) -> str | None:
    zh = _ZH_MONTHLY.search(text)
    if zh:
        return str(min(_zh_number(zh["d"]), 31)) if zh["d"] and _zh_number(zh["d"]) else "1"
    date = _EN_DATE.search(text)
    if _EN_MONTHLY.search(text):
        return date["d"] if date and date["d"] else "1"
    return None


def _time(text: str) -> tuple[int, int]:
    """Hour and minute; eight in the morning where none is named, and the usual hour of a part of the day."""
    english, chinese = _EN_TIME.search(text), _ZH_TIME.search(text)
    if english and (english["ap"] or not chinese):
        return _en_time(english, text)
    if chinese:
        return _zh_time(chinese)
    if match := _EN_WORDED.search(text):
        hour = _WORDS.index(match["w"])
        return _afternoon(hour, text), 30 if match["half"] else 0
    part = _EN_PART.search(text) or _ZH_PART.search(text)
    if part is None:
        return DEFAULT_HOUR, 0
    hours = {"m": DEFAULT_HOUR, "n": 12, "a": 14, "e": 18}
    return next(hours[name] for name, value in part.groupdict().items() if value), 0


def _en_time(match: re.Match[str], text: str) -> tuple[int, int]:
    if match["noon"] or match["midnight"]:
        return (12 if match["noon"] else 0), 0
    if match["h"]:
        hour, minute = int(match["h"]) % 24, int(match["m"] or 0)
        late = match["ap"].startswith("p")
        return (hour % 12 + 12 if late else hour % 12 if hour <= 12 else hour), minute
    if match["h2"]:
        return int(match["h2"]), int(match["m2"])
    return _afternoon(int(match["h3"]), text), 0


def _afternoon(hour: int, text: str) -> int:
    """ "Friday afternoon at 5" is 17:00."""
    part = _EN_PART.search(text)
    return hour + 12 if part and (part["a"] or part["e"]) and hour < 12 else hour


def _zh_time(match: re.Match[str]) -> tuple[int, int]:
    hour = _zh_number(match["h"])
    part = match["p"] or ""
    if (part in ("下午", "傍晚", "晚上", "晚") and hour < 12) or (part == "中午" and hour < 11):
        hour += 12
    quarters = {"半": 30, "一刻": 15, "三刻": 45}
    minute = quarters.get(match["half"] or "", 0) or _zh_number(match["m"] or match["m2"] or "0")
    return hour % 24, minute % 60


def _zh_number(words: str) -> int:
    if words.isdigit():
        return int(words)
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return _ZH_DIGITS.get(words[-1], 0)
    return (_ZH_DIGITS.get(tens, 1) if tens else 1) * 10 + (_ZH_DIGITS[ones] if ones else 0)
