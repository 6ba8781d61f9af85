"""Which tools a clause asks for, by the tools' own words, and the ids and amounts that it names for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from agent.contracts import BareId
from agent.understand.amounts import NO_MEMBER, Span, count_in, idle_in, money_in
from agent.understand.ids import KnownIds, bare_ids
from agent.understand.lexicon import Lexicon
from agent.understand.vocabulary import Term, Vocabulary
from db.semantic.schema import Words
from tools.registry import Tool


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
        text = _IDIOMS.sub(lambda match: " " * len(match[0]), text)
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

    def valued(self, tool: str, field_: str, text: str) -> int:
        """How many of the values of a tool's argument have words in a text."""
        own = [words for (name, each, _), words in self._choices.items() if (name, each) == (tool, field_)]
        return sum(bool(words.find(text, bytearray(len(text)))) for words in own)

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

_ITEM = r"(?:[a-z]{1,6}[-_]?)?\d+"
_LIST = rf"{_ITEM}(?:(?: ?, ?| and | or |, and | & | ?[和、与及] ?)#?{_ITEM}(?!\d| ?{NO_MEMBER}))*"
_NUMBERED = r"(?: ?(?:numbers?|ids?|no\.?|#|编号|号码|号|:|：))* ?#?"
_IDS: Mapping[str, tuple[str, str]] = {
    "customers": (
        "customer|household|shopper|buyer|member|user|client",
        "顾客|客户|家庭|用户|会员|买家|住户|客人|老客|熟客|这户|那户|号户|这?[两三几四五]户|家(?=可能|要|会|还|最|下次|该|应|又|需)",
    ),
    "products": ("product|item|sku|article|upc", "商品|产品|货号|单品|sku"),
    "orders": ("order|basket|transaction|purchase|receipt", "订单|购物篮|单号|小票|交易|(?<!工)单"),
}
_SHORTEST_ORDER = 5  # digits: "order 5 more" names no order, "basket 31198570022" does
_IDIOMS = re.compile(
    r"\bwhy not\b|\bnext to\b|\bget(?:ting)? to the bottom of\b|会[议员计]|提醒邮件|[开机社聚协]个?会", re.ASCII
)  # a proposal, no cause; beside, not to come
_LONG_NUMBER = re.compile(r"(?<![\d.,$-])\d{9,}(?![\d.,]*\d)", re.ASCII)  # so long a number is an order's
_POINTED: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(rf"\b(?:this|that) (?:{en})\b|[这那](?:个|位|笔|单|件|户|张)(?:{zh})(?!们)", re.ASCII)
    for kind, (en, zh) in _IDS.items()
}
_WHO_IS = re.compile(  # "what sort of shopper is number 22", 22号是个什么样的顾客
    r"\b(?:customer|household|shopper|buyer|person|client|family|home) (?:is|was) (?:number|no\.?|#) ?(?P<n>\d+)\b"
    r"|(?<!\d)(?P<z>\d+)号(?=是(?:个|一个|位|一位)?(?:什么|啥|怎么?)样的|从?来?没有?(?:买|试)过|还没(?:买|试)过|多半会|可能会?(?:买|喜欢)|会喜欢|爱买|常买)",
    re.ASCII,
)
_DIGITS = re.compile(r"\d{2,}")
_NUMBER_BEFORE = re.compile(r"\d+(?:号?[、和与跟及,]\d+)* ?(?:号|#)?(?:这?[两三四五六几][家个])?$", re.ASCII)
_NUMBER_AFTER = re.compile(
    r" ?(?:numbers? |no\.? ?|ids? |#|号|chief |manager |boss )?\d+(?:(?: ?, ?| and | or |, and | vs\.? | ?[和、与及] ?)#?\d+)*",
    re.ASCII,
)
_VIEW = re.compile(
    r"(?P<a>\b(?:an?|the|this|full|my|our|quick|complete) )?(?:\b(?:customer|client|shopper|household|user)[ -]|客户|顾客|用户|会员)360\b"
    r"(?P<v>[ -]?(?:view|degrees?|profile|°)|[度°]?(?:视图|画像|全景|视角))?",
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
    """Ids and amounts in a clause, with their places.

    Attributes:
        ids: those with a noun, and the bare ones by their likeliest kind: customers, products, orders.
        said: those with a noun alone. bare: the others. bare_spans: where these stand.
        limit: how many are wanted; limit_span: where that stands.
        budget: an amount of money. capped: what one thing may cost at most, by the words around it.
        views: the places of a view's name ("customer 360"), whose number is no id.
    """

    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bare: tuple[BareId, ...] = ()
    budget: Decimal | None = None
    capped: bool = False
    limit: int | None = None
    limit_span: Span | None = None
    idle_days: int | None = None
    pointed: str | None = None
    them: bool = False
    spans: tuple[Span, ...] = ()
    bare_spans: tuple[Span, ...] = ()
    views: tuple[Span, ...] = ()


def named(text: str, lexicon: Lexicon | None = None) -> Named:
    """Read ids, a budget, a count and a pronoun.

    Args:
        lexicon: the store's words; with it, numbers that are ids of the store are read where no noun announces them.

    >>> named("what should we offer customers 718 and 22?").ids
    {'customers': ('718', '22')}
    >>> named("预算500元给谁发券").budget, named("with $1.5k").budget
    (Decimal('500'), Decimal('1500.0'))
    """
    views = _views(text)
    seen = _without(text, views)
    said, spans = _said(seen, lexicon.ids if lexicon else None)
    money, idle = money_in(text), idle_in(text)
    spans += [found for found in (money and money.span, idle and idle[1]) if found]
    bare, bare_spans = _bare(seen, lexicon, spans) if lexicon else ((), ())
    counted = count_in(text, (*spans, *bare_spans))
    ids = {kind: list(values) for kind, values in said.items()}
    for each in bare:
        ids.setdefault(each.kinds[0], []).append(each.id)
    ids.pop("stores", None)
    if "orders" not in ids and (long := _LONG_NUMBER.findall(_without(seen, bare_spans))):
        said["orders"] = tuple(dict.fromkeys(long))
        ids["orders"] = long
    every = {kind: tuple(dict.fromkeys(values)) for kind, values in ids.items()}
    return Named(
        ids=every,
        said=said,
        bare=bare,
        budget=money.amount if money else None,
        capped=bool(money and money.cap),
        limit=counted[0] if counted else None,
        limit_span=counted[1] if counted else None,
        idle_days=idle[0] if idle else None,
        pointed=next((kind for kind, rx in _POINTED.items() if kind not in every and rx.search(text)), None),
        them=bool(_THEM.search(text)),
        spans=(*spans, *bare_spans),
        bare_spans=bare_spans,
        views=views,
    )


def _said(text: str, known: KnownIds | None) -> tuple[dict[str, tuple[str, ...]], list[Span]]:
    """The ids behind or before a noun ("customer 718", 889这个客户)."""
    ids: dict[str, tuple[str, ...]] = {}
    spans: list[Span] = []
    for kind, (en, zh) in _IDS.items():
        found: list[str] = []
        for match in _id_pattern(en, zh).finditer(text):
            words = [_spelt(kind, w, known) for w in re.findall(_ITEM, match["n"] or match["b"] or "")]
            if kind == "orders" and any(len(w) < _SHORTEST_ORDER for w in words):
                continue
            found.extend(words)
            spans.append(match.span())
        for match in _WHO_IS.finditer(text) if kind == "customers" else ():
            found.append(match["n"] or match["z"])
            spans.append(match.span())
        if found:
            ids[kind] = tuple(dict.fromkeys(found))
    return ids, spans


def _spelt(kind: str, words: str, known: KnownIds | None) -> str:
    """An id as the store spells it, letters included where it has such ones."""
    digits = re.sub(r"\D", "", words)
    for each in (words, digits) if known else ():
        if known and (value := known.value(kind, each)) is not None:
            return str(value)
    return digits


def _bare(text: str, lexicon: Lexicon, spans: Sequence[Span]) -> tuple[tuple[BareId, ...], tuple[Span, ...]]:
    """The ids without a noun: no number that belongs to the name of something else ("campaign 13", 25-34)."""
    taken = list(spans)
    if _DIGITS.search(text):
        for mention in lexicon.vocabulary.find(text, bytearray(len(text))):
            around = text[: mention.start], text[mention.end :]
            if mention.of("member"):
                taken.append((mention.start, mention.end))
            elif any(term.name not in lexicon.entities for term in mention.terms):  # a metric's value, a store's number
                before = _NUMBER_BEFORE.search(around[0]) if mention.of("dimension") else None
                after = _NUMBER_AFTER.match(around[1])
                taken += [before.span()] if before else []
                taken += [(mention.end, mention.end + after.end())] if after else []
    found = bare_ids(text, lexicon.ids, taken)
    return tuple(bare for bare, _ in found), tuple(span for _, span in found)


def _views(text: str) -> tuple[Span, ...]:
    """Where a view of a customer is named ("customer 360 on 1641", 客户360视图), and not customer number 360."""
    found = list(_VIEW.finditer(text))
    others = len(re.findall(r"\d{3,}", text)) > len(found)
    return tuple(m.span() for m in found if m["v"] or m["a"] or others)


def _without(text: str, spans: Iterable[Span]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


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
        rf"(?:\b(?:{en})s?|(?:{zh})){_NUMBERED}(?P<n>{_LIST})(?![\d.,]*\d| ?%|年|月)|(?<!\d)(?P<b>\d+号?(?:[和与、,]\d+号?)*)(?:号|这个|这位|这户|那位|那个|这一?笔|这|这[两三几]位|这[两三几]个)?(?:{zh})",
        re.ASCII,
    )


def _inside(span: Span, names: Iterable[Span]) -> bool:
    """Whether a span begins inside a name, behind its first letter, or is the beginning of a longer one."""
    return any(start < span[0] < end or (start == span[0] and span[1] < end) for start, end in names)
