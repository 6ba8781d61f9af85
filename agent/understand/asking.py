"""Which tools a clause asks for, by the tools' own words, and the ids and amounts that it names for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from agent.understand.text import EN_NUMBER, ZH_NUMBER, parse_number
from agent.understand.vocabulary import Term, Vocabulary
from db.semantic.schema import Words
from tools.registry import Tool

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ToolMentions:
    """What of the tools' words a clause holds. ``spans`` are the places of the sure ones, ``hinted`` of the others."""

    sure: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    choices: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    spans: tuple[Span, ...] = ()
    hinted: tuple[Span, ...] = ()


class ToolWords:
    """The words of the tools, ready to be found in a clause.

    Args:
        tools: those that a planner may choose; one without words of its own (query_metrics) is never asked by them.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._asks = {name: _vocabulary(tool.asks) for name, tool in self.tools.items()}
        self._hints = {name: _vocabulary(tool.hints) for name, tool in self.tools.items()}
        self._choices = {
            (name, field_, value): _vocabulary(words)
            for name, tool in self.tools.items()
            for field_, values in tool.choices.items()
            for value, words in values.items()
        }

    def read(self, text: str, names: Sequence[Span] = ()) -> ToolMentions:
        """Find the tools' words in a clause, each tool's apart: words of two tools may overlap.

        Args:
            names: where the store's own names stand; words that begin inside a longer one (原因 in 退款原因) ask nothing.
        """
        text = _WHY_NOT.sub(lambda match: " " * len(match[0]), text)
        sure, asked = _found(self._asks, text, names)
        sure = tuple(sorted(sure, key=lambda name: not self.tools[name].writes))  # "alert me on fraud rings": an alert
        maybe, hinted = _found(self._hints, text, names)
        named: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for (name, field_, value), vocabulary in self._choices.items():
            mentions = vocabulary.find(text, bytearray(len(text)))
            if mentions:
                longest = max(m.tokens for m in mentions)
                named.setdefault((name, field_), []).append((longest, value))
                hinted.extend((m.start, m.end) for m in mentions)
        choices = tuple((name, field_, _longest(values)) for (name, field_), values in named.items())
        return ToolMentions(sure, tuple(n for n in maybe if n not in sure), choices, tuple(asked), tuple(hinted))

    def covered(self, mentions: ToolMentions, text: str) -> list[Span]:
        """The places that only a tool that is asked for reads: the name of the channel that something goes to."""
        readers = (self.tools[name].covers for name in mentions.sure)
        return [span for covers in readers if covers is not None for span in covers(text)]

    def looks_ahead(self, mentions: ToolMentions) -> bool:
        """Whether a tool that may be asked for answers about the future."""
        return any(self.tools[name].takes("horizon") for name in (*mentions.sure, *mentions.maybe))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every single Latin word of the tools' own words (for spelling)."""
        found = (word for vocabulary in (*self._asks.values(), *self._hints.values()) for word in vocabulary.words)
        return frozenset(found)


def _vocabulary(words: Words) -> Vocabulary:
    return Vocabulary((phrase, Term("metric", "asked")) for phrase in (*words.en, *words.zh))


def _found(
    vocabularies: Mapping[str, Vocabulary], text: str, names: Sequence[Span]
) -> tuple[tuple[str, ...], list[Span]]:
    """The tools whose words stand in the text, longest words first, and where."""
    lengths: list[tuple[int, str]] = []
    spans: list[Span] = []
    for name, vocabulary in vocabularies.items():
        mentions = [m for m in vocabulary.find(text, bytearray(len(text))) if not _inside((m.start, m.end), names)]
        if mentions:
            lengths.append((max(m.end - m.start for m in mentions), name))
            spans.extend((m.start, m.end) for m in mentions)
    ordered = sorted(lengths, key=lambda item: -item[0])
    return tuple(name for _, name in ordered), spans


def _longest(values: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """The values with the most words: "best customers about to leave" names two, "about to leave" beats "leave"."""
    most = max(length for length, _ in values)
    return tuple(value for length, value in values if length == most)


# ---------------------------------------------------------------------------------------------------- ids and amounts

_LIST = r"(?:\d+|[A-Za-z]-?\d+)(?:(?: ?, ?| and | or |, and | & | ?[和、与及] ?)#?\d+)*"
_NUMBERED = r"(?: ?(?:numbers?|ids?|no\.?|#|编号|号码|号|:|：))* ?#?"
_IDS: Mapping[str, tuple[str, str]] = {
    "customers": (
        "customer|household|shopper|buyer|member|user|client",
        "顾客|客户|家庭|用户|会员|买家|住户|客人|老客|熟客|这户|那户|号户|这[两三几]户",
    ),
    "products": ("product|item|sku|article|upc", "商品|产品|货号|单品|sku"),
    "orders": ("order|basket|transaction|purchase|receipt", "订单|购物篮|单号|小票|交易|(?<!工)单"),
}
_SHORTEST_ORDER = 5  # digits: "order 5 more" names no order, "basket 31198570022" does
_WHY_NOT = re.compile(r"\bwhy not\b", re.ASCII)  # a proposal, not a question for a cause
_LONG_NUMBER = re.compile(r"(?<![\d.,$-])\d{9,}(?![\d.,]*\d)", re.ASCII)  # so long a number is an order's
_BUDGET = re.compile(
    r"(?:\$|usd ?|us\$ ?|¥|rmb ?)(?P<a>\d[\d,]*(?:\.\d+)?) ?(?P<k>k\b|m\b)?"
    r"|(?P<b>\d[\d,]*(?:\.\d+)?) ?(?P<k2>k|m|thousand)? ?(?:dollars|usd|bucks|美元|美金|元|块钱?|刀)"
    r"|budget (?:is |of |: ?|= ?)?(?:about )?(?P<c>\d[\d,]*(?:\.\d+)?) ?(?P<k3>k\b)?"
    r"|\b(?:set aside|spend|afford|invest|put in)(?: about| only| up to)? (?P<e>\d[\d,]*(?:\.\d+)?)(?P<k5>k)?\b(?! ?(?:people|customers|households|names))"
    r"|预算(?:是|为|只有|大约|约|有)?(?P<d>\d[\d,]*(?:\.\d+)?)(?P<k4>万|千|k)?",
    re.ASCII,
)
_SCALE = {"k": 1_000, "thousand": 1_000, "千": 1_000, "m": 1_000_000, "万": 10_000}
_COUNT = re.compile(
    rf"\b(?:top |best |first |only |about |around |some |the )?(?P<n>{EN_NUMBER}) (?:(?!more than|or more)[a-z]+ )?"
    r"(?:customers|households|people|shoppers|buyers|members|users|products?|items|things|orders|payments|refunds|recommendations|suggestions|names|ideas|recipients|contacts|addressees|prospects|homes|families)\b"
    r"|\bthe (?P<t4>\d+) (?:who|that|most|best|riskiest|worst|biggest|largest|top)\b"
    r"|\b(?P<t3>\d+) of them\b|\b(?:list|group|sample|audience|max|maximum|up to) (?:of )?(?P<t2>\d{2,})\b"
    rf"|(?P<z>{ZH_NUMBER})(?:百|千)?(?:个|位|名|户|款|种|样|件|条|单|笔|人)(?!月|季|星期|小时|孩|小孩|子女|活动)"
    rf"|(?:top|前) ?(?P<t>\d+)",
    re.ASCII,
)
_POINTED: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(rf"\b(?:this|that) (?:{en})\b|[这那](?:个|位|笔|单|件|户|张)(?:{zh})(?!们)", re.ASCII)
    for kind, (en, zh) in _IDS.items()
}
_IDLE = re.compile(
    r"(?:\bnot|\bnever|n't) (?:been )?(?:buy|bought|purchased?|ordered)\b[^,.?]{0,20}?\b(?P<n>\d{1,4}) days"
    r"|(?P<z>\d{1,4})天(?:内|里|以来)?(?:都)?(?:没|未)(?:有)?(?:再)?(?:买|购买)",
    re.ASCII,
)
_THEM = re.compile(
    r"\b(?:them|they|those|these|their|theirs|each one|for each|each of (?:them|those|these))\b"
    r"|\bsuch (?:customers|people)\b|\b(?:that|this|the) (?:group|segment|list|lot|crowd)\b|\bthe same (?:customers|people|households|ones)\b"
    r"|他们|她们|它们|这些|那些|这批|这群|那批|这类|这部分|该群|上述|此类|ta们",
    re.ASCII,
)
_QUOTED = re.compile(r"[\"“「『'‘](?P<q>[^\"”」』]{8,})[\"”」』'’]\s*[?？.。!！]?\s*$", re.DOTALL)
_QUOTED_FIRST = re.compile(r"\s*[\"“「『](?P<q>[^\"”」』]{8,})[\"”」』]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Named:
    """Ids and amounts in a clause, with their places."""

    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    budget: Decimal | None = None
    limit: int | None = None
    idle_days: int | None = None
    pointed: str | None = None
    them: bool = False
    spans: tuple[Span, ...] = ()


def named(text: str) -> Named:
    """Read ids, a budget, a count and a pronoun.

    >>> named("what should we offer customers 718 and 22?").ids
    {'customers': ('718', '22')}
    >>> named("预算500元给谁发券").budget, named("with $1.5k").budget
    (Decimal('500'), Decimal('1500.0'))
    """
    spans: list[Span] = []
    ids: dict[str, tuple[str, ...]] = {}
    for kind, (en, zh) in _IDS.items():
        found: list[str] = []
        for match in _id_pattern(en, zh).finditer(text):
            digits = re.findall(r"\d+", match["n"] or match["b"] or "")
            if kind == "orders" and any(len(d) < _SHORTEST_ORDER for d in digits):
                continue
            found.extend(digits)
            spans.append(match.span())
        if found:
            ids[kind] = tuple(dict.fromkeys(found))
    if "orders" not in ids and (bare := _LONG_NUMBER.findall(text)):
        ids["orders"] = tuple(dict.fromkeys(bare))
    budget = _BUDGET.search(text)
    counted = next((m for m in _COUNT.finditer(text) if not _within(m.span(), spans)), None)
    if budget:
        spans.append(budget.span())
    if idle := _IDLE.search(text):
        spans.append(idle.span())
    days = int(idle["n"] or idle["z"]) if idle else None
    money = _amount(budget) if budget else None
    pointed = next((kind for kind, rx in _POINTED.items() if kind not in ids and rx.search(text)), None)
    return Named(ids, money, _counted(counted), days, pointed, bool(_THEM.search(text)), tuple(spans))


def message_of(raw: str) -> str:
    """The customer's message inside an operator's question: what stands in quotes at its end, or behind a colon.

    >>> message_of('draft a reply: "Where is my parcel? I paid last week."')
    'Where is my parcel? I paid last week.'
    >>> message_of("帮我回复客户：我的订单什么时候发货？")
    '我的订单什么时候发货？'
    """
    quoted = _QUOTED.search(raw) or _QUOTED_FIRST.match(raw)
    if quoted:
        return quoted["q"].strip()
    _, colon, behind = re.sub("：", ":", raw).partition(":")
    return behind.strip() if colon and behind.strip() else raw.strip()


def _id_pattern(en: str, zh: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:\b(?:{en})s?|(?:{zh})){_NUMBERED}(?P<n>{_LIST})(?![\d.,]*\d| ?%)|(?<!\d)(?P<b>\d+(?:[和、,]\d+)*)(?:号|这个|这位|这户|那位|那个|这一?笔|这|这[两三几]位|这[两三几]个)?(?:{zh})",
        re.ASCII,
    )


def _amount(match: re.Match[str]) -> Decimal:
    digits = next(match[g] for g in "abcde" if match[g])
    scale = next((match[g] for g in ("k", "k2", "k3", "k4", "k5") if match[g]), "")
    return Decimal(digits.replace(",", "")) * _SCALE.get(scale, 1)


def _counted(match: re.Match[str] | None) -> int | None:
    if match is None:
        return None
    count = parse_number(match["n"] or match["z"] or match["t"] or match["t2"] or match["t3"] or match["t4"] or "")
    if count and match["z"]:
        count *= {"百": 100, "千": 1000}.get(match[0][len(match["z"]) : len(match["z"]) + 1], 1)
    return count if count and 0 < count <= 100_000 else None


def _inside(span: Span, names: Iterable[Span]) -> bool:
    """Whether a span begins inside a name, behind its first letter, or is the beginning of a longer one."""
    return any(start < span[0] < end or (start == span[0] and span[1] < end) for start, end in names)


def _within(span: Span, spans: Iterable[Span]) -> bool:
    return any(start <= span[0] < end for start, end in spans)
