"""When two questions are the same question: only words that say nothing about the figure may differ.

The rule is a white list. A word counts unless it is listed here as a filler, so numbers, dates, names, negations and
comparisons always count; a word that nobody thought of costs a match, never a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.understand.calendar import Period
from agent.understand.dates import find_periods
from agent.understand.dates_en import Clock
from agent.understand.text import ZH_NUMBER, parse_number

# "a" is none: "type a". "us", "me", "i" count alone too, and only go as parts of the phrases below. "only", "just",
# "each", "per", "most", "how many" all change the figure.
_FILLERS = frozenset(
    "the please pls plz kindly show tell give what what's whats was were is are did does do we our".split()
)
_POLITE = re.compile(
    r"^(?:hi|hello|hey)(?: there)?\b"
    r"|\bi(?:'d| would) like(?: to (?:see|know|have))?\b|\bi (?:want|need)(?: to (?:see|know))?\b"
    r"|\b(?:can|could|would|will) you(?= (?:please |kindly )?(?:show|tell|give|get))"
    r"|\b(?:show|tell|give|get) (?:me|us)\b|\blet me (?:see|know)\b"
    r"|\bthank(?:s| you)\b"
    r"|请问|麻烦|帮我|帮忙|给我|告诉我|我?想(?:要)?(?:知道|看看?|了解)|(?:查|看)一下|看看|查询|查看|显示|列出|我们|咱们"
    r"|是?多少(?= ?[?!.。]*$)|是什么(?= ?[?!.。]*$)|[请的了吗呢吧啊]",
    re.ASCII,
)
# Words that may differ only when nearly nothing else does.
_SOFT = frozenset("overall exactly really actually roughly approximately".split())
_SOFT_ZH = re.compile(r"总共|一共|具体|大概|大约|整体")
_LEAD_IN = frozenset(("in", "for", "during", "of"))  # fillers where a period follows: "revenue (in) last month"
_POSSESSIVE = "'s"
# With one of these a period is the baseline or one end of a range, so its place in the sentence says which.
_PLACED = frozenset(
    "vs versus compare compared comparing against relative than over from to between before after since until and or "
    "up down on 比 较 对 从 到 至 和 与".split()
)
_SPELLED = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)\b")
_ZH_COUNT = re.compile(rf"(?<=[前后]){ZH_NUMBER}")
_LETTERS = r"[^\W\d_\u3400-\u9fff]+"
_TOKEN = re.compile(rf"\d[\d,]*(?:\.\d+)?|[\u3400-\u4dbf\u4e00-\u9fff]|'s\b|{_LETTERS}(?:'{_LETTERS})?|[^\w\s]")
_PUNCTUATION = frozenset(".,?!;:\"'()[]{}。…")
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
PERIOD = "Ⓣ"

Words = tuple[str, ...]


def words_of(normal: str) -> Words:
    """The words of a normalised question that count, in order; punctuation and fillers are gone.

    >>> words_of("what was the revenue by department last month?") == words_of("revenue by department, last month")
    True
    >>> words_of("top five stores"), words_of("上个月的销售额是多少?")
    (('top', '5', 'stores'), ('上', '个', '月', '销', '售', '额'))
    """
    return tuple(word for word in _tokens(_POLITE.sub(" ", normal)) if word not in _FILLERS)


def loose_key(normal: str) -> Words:
    """What two normalised questions share at least when they are nearly the same: their words, in any order."""
    words = (word.removesuffix(_POSSESSIVE) for word in words_of(_SOFT_ZH.sub("", normal)))
    return tuple(sorted(word for word in words if word and word not in _SOFT and word not in _LEAD_IN))


@dataclass(frozen=True, slots=True)
class Sense:
    """A question with its periods read: what must be equal for two questions to mean the same."""

    words: Words
    periods: tuple[Period, ...]


def sense_of(normal: str, clock: Clock) -> Sense:
    """The words that count without the soft ones, and the periods, of a normalised question.

    The place of a period is left out where there is one only and no word of comparison: "last month's revenue" is
    "revenue last month".

    Raises:
        QuestionError: a date that the calendar does not have.
    """
    mentions = find_periods(normal, clock)
    masked, position = "", 0
    for mention in mentions:
        masked += f"{normal[position : mention.start]} {PERIOD} "
        position = mention.end
    words = list(words_of(_SOFT_ZH.sub("", masked + normal[position:])))
    kept = [w for i, w in enumerate(words) if w not in _SOFT and not _joins_period(words, i)]
    if len(mentions) == 1 and not _PLACED & set(kept):
        kept.remove(PERIOD)
    return Sense(tuple(kept), tuple(mention.period for mention in mentions))


def _joins_period(words: Sequence[str], i: int) -> bool:
    if words[i] in _LEAD_IN:
        return words[i + 1 : i + 2] == [PERIOD]
    return words[i] == _POSSESSIVE and i > 0 and words[i - 1] == PERIOD


def _tokens(text: str) -> list[str]:
    text = _HYPHEN.sub(" ", text)
    text = _SPELLED.sub(_digits, text)
    text = _ZH_COUNT.sub(_digits, text)
    found = (token for token in _TOKEN.findall(text) if token not in _PUNCTUATION)
    return [token.replace(",", "") if token[0].isdigit() else token for token in found]


def _digits(match: re.Match[str]) -> str:
    number = parse_number(match[0])
    return match[0] if number is None else str(number)
