"""Members that a dimension's number names: "store 367", "campaigns 8 and 13", 367号店, "2 kids"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.understand.amounts import NO_MEMBER
from agent.understand.lexicon import Lexicon
from agent.understand.text import EN_NUMBER, ZH_NUMBER, parse_number
from agent.understand.vocabulary import Mention, Term
from db.errors import UnknownMember
from db.semantic.roles import entity_dimension

ID_AFTER = re.compile(
    r" ?(?:numbers? |no\.? ?|ids? |#|chief |manager |boss )?(\d+(?:(?: ?, ?| and | or |, and | ?[和、与及] ?)#?\d+(?!\d| ?"
    + NO_MEMBER
    + r"))*)(?![\d.,]*\d| ?(?:%|k\b|am\b|pm\b))(?:号)?",
    re.ASCII,
)
_ID_BEFORE = re.compile(r"#?(\d+(?:号?(?:、|和|,|与|跟|及)\d+)*)(?:号|#|号?这?[两三四五六几][家个](?=$))$", re.ASCII)
_ID_BARE = re.compile(r"(?<![\d.前后p])(?<!\d,)(\d{2,})$", re.ASCII)  # 367店, not 前10门店
_CAMPAIGNS = re.compile(  # "promo 13", "mailing no. 13", 13号那波促销
    r"\b(?:promo(?:tion)?(?: drive| campaign)?|mailing|mailer|mail-?out|mailshot|flyer|leaflet|drive) (?:number |no\.? ?|#)?(?P<n>\d{1,2})(?![\d.,]*[\d%]| (?:percent|dollars|people|households|homes|customers))\b"
    r"|(?<![\d月])(?P<z>\d{1,2})号?[那这]?一?[波场期轮](?:促销|推广|营销|宣传)|第(?P<y>\d{1,2})[波场期轮](?:促销|推广|营销|宣传)|(?:促销|推广|营销)(?P<x>\d{1,2})号?(?![\d%天个月日])",
    re.ASCII,
)
_LATE = "eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
_ORDINALS = {word: i for i, word in enumerate(_LATE, 11)}  # "the first campaign" is the first in time, and no number 1
_WORDED_AFTER = re.compile(
    rf" (?:number |no\.? ?)?(?!\d|one\b|no\b)({EN_NUMBER})(?=$|[,.;:?!]| (?:in|on|for|to|of|by|and|or|at|with|who|did|was|is|again)\b)",
    re.ASCII,
)
_ORDINAL_BEFORE = re.compile(
    rf"\b(?:(?P<d>\d+)th|(?P<w>{'|'.join(_LATE)})) (?:mailing |marketing |promo(?:tion)? )?$|第(?P<z>{ZH_NUMBER})[期号](?:营销|促销)?$",
    re.ASCII,
)
_COUNT_OF = re.compile(r"(\d|no|one|two|three|four|five|没有|无|[一二两三四五])(?:\+| or more|个|口)?[ -]?$", re.ASCII)
_DIGIT = {
    "no": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "没有": "0",
    "无": "0",
    "一": "1",
    "二": "2",
    "两": "2",
    "三": "3",
    "四": "4",
    "五": "5",
}


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Reads the numbers beside dimensions.

    Attributes:
        taken: the characters already understood; the numbers that are read are marked in it.
    """

    text: str
    taken: bytearray
    lexicon: Lexicon

    def attached(self, mentions: Sequence[Mention]) -> list[Mention]:
        """The mentions in the text's order, a dimension with a number beside it as a member."""
        found = self._campaigns()
        result = [*found]
        for mention in mentions:
            if any(each.start <= mention.start and mention.end <= each.end for each in found):
                continue  # the mailing of "mailing no. 13" is no newsletter
            dimension = next((t.name for t in mention.of("dimension")), None)
            numbers = self._numbers(mention, dimension) if dimension else None
            result.extend(numbers or [*self._led(mention), mention])
        return sorted(result, key=lambda m: m.start)

    def _campaigns(self) -> list[Mention]:
        """Campaigns by what people call them and a number."""
        found: list[Mention] = []
        for match in _CAMPAIGNS.finditer(self.text) if self.lexicon.campaign else ():
            number = next(words for words in match.groupdict().values() if words)
            start, end = match.span()
            if self.lexicon.numbered(self.lexicon.campaign or "", number) is not None:
                found += self._by_number(Mention(start, end, (), 0), self.lexicon.campaign or "", start, end, [number])
        return found

    def _led(self, mention: Mention) -> list[Mention]:
        """8号活动触达: the number before a metric's name that begins with the noun of what is numbered."""
        before = self.text[: mention.start]
        match = _ID_BEFORE.search(before)
        if not (match and mention.of("metric")) or self.text[mention.start].isascii():
            return []
        for name, declared in self.lexicon.schema.dimensions.items():
            nouns = (
                (declared.label.zh, *declared.synonyms.zh)
                if declared.value == "int" and declared.kind != "time"
                else ()
            )
            if any(self.text.startswith(noun, mention.start) for noun in nouns if noun):
                end = mention.start
                return self._by_number(Mention(end, end, (), 0), name, match.start(), end, re.findall(r"\d+", match[1]))
        return []

    def _numbers(self, mention: Mention, dimension: str) -> list[Mention] | None:
        declared = self.lexicon.schema.dimensions[dimension]
        if declared.kind == "time":
            return None
        numeric = declared.value == "int"
        if numeric and (match := ID_AFTER.match(self.text, mention.end)) and not self.taken[match.start(1)]:
            return self._by_number(mention, dimension, match.start(), match.end(), re.findall(r"\d+", match[1]))
        before = self.text[: mention.start]
        people = dimension == entity_dimension(self.lexicon.schema, "customer")  # 150户人家 are so many
        bare = None if people or self.text[mention.start].isascii() else _ID_BARE.search(before)
        beside = _ID_BEFORE.search(before) or bare
        if numeric and (match := beside):
            return self._by_number(mention, dimension, match.start(), mention.end, re.findall(r"\d+", match[1]))
        if dimension == self.lexicon.campaign and (worded := self._in_words(mention)):
            return self._by_number(mention, dimension, *worded)
        if not numeric and (match := ID_AFTER.match(self.text, mention.end)) and not self.taken[match.start(1)]:
            digits = re.findall(r"\d+", match[1])
            if all(self.lexicon.numbered(dimension, d) is not None for d in digits):
                return self._by_number(mention, dimension, match.start(), match.end(), digits)
        if not numeric and (match := _COUNT_OF.search(self.text[: mention.start])):
            digit = _DIGIT.get(match[1], match[1])
            if self.lexicon.numbered(dimension, digit) is not None:
                return self._by_number(mention, dimension, match.start(), mention.end, [digit])
        return None

    def _in_words(self, mention: Mention) -> tuple[int, int, list[str]] | None:
        """ "Campaign eighteen", "the 18th campaign", 第十八期活动: where the number's words begin and end, and its digits."""
        if self.text[mention.end - 1] == "s":
            return None
        if match := _WORDED_AFTER.match(self.text, mention.end):
            return mention.start, match.end(), [str(parse_number(match[1]))]
        if match := _ORDINAL_BEFORE.search(self.text[: mention.start]):
            number = match["d"] or _ORDINALS.get(match["w"]) or parse_number(match["z"])
            return match.start(), mention.end, [str(number)]
        return None

    def _by_number(self, mention: Mention, dimension: str, start: int, end: int, digits: list[str]) -> list[Mention]:
        start, end = min(start, mention.start), max(end, mention.end)
        terms: list[Mention] = []
        for number in digits:
            value = self.lexicon.numbered(dimension, number)
            if value is None:
                raise self._unknown_number(dimension, number)
            terms.append(Mention(start, end, (Term("member", dimension, value),), 2))
        self.taken[start:end] = b"\x01" * (end - start)
        return terms

    def _unknown_number(self, dimension: str, number: str) -> UnknownMember:
        known = sorted(
            (m for m in self.lexicon.members(dimension) if str(m).isdigit()), key=lambda m: abs(int(m) - int(number))
        )
        near = ", ".join(str(m) for m in known[:3])
        label = self.lexicon.schema.dimensions[dimension].label.en.lower()
        return UnknownMember(
            f"There is no {label} {number} in this store.", f"The nearest ones are {near}." if near else ""
        )
