"""Names in a clause: which metrics, splits and member conditions its words give, before periods and order are weighed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from agent.contracts import Ambiguity, Option
from agent.understand import roles
from agent.understand.idioms import IdiomReader
from agent.understand.lacking import LackingReader
from agent.understand.lexicon import HINT, RAW, Lexicon
from agent.understand.meaning import Chances
from agent.understand.metrics import surely
from agent.understand.modifiers import Reader
from agent.understand.numbering import NumberReader
from agent.understand.patterns import DIMENSION, ENTITY, MEMBER, METRIC, PERIOD
from agent.understand.roles import Place
from agent.understand.text import EN_NUMBER
from agent.understand.vocabulary import Mention, Term
from db.semantic.query import Filter, Scalar
from db.semantic.roles import in_role, role_dimension
from db.semantic.schema import Text

_SUPERLATIVE = re.compile(
    r"\b(?:best|top|worst|bottom|most|least|highest|lowest|busiest|quietest|biggest|largest|smallest|fewest)\b|最|排名|前",
    re.ASCII,
)
_BOUND = re.compile(
    r"(?:more than|over|above|under|below|less than|fewer than|at least|at most|exceed\w*) ?[$]?\d|超过|以上|以下|低于|高于|不到|至少",
    re.ASCII,
)
_AVERAGE_PER = re.compile(
    r"\b(?:average|avg|mean)(?= (?:number of )?\w+ (?:per|a|each|every) (?:day|week|month|quarter)\b)", re.ASCII
)
_SIZED_BEFORE = re.compile(
    r"\b(?:average|avg|mean|typical|(?P<most>fattest|biggest|largest|smallest|fullest|richest)|(?:fat|bigg|larg|small|full)er"
    r"|how (?:big|large|fat) (?:is|was) (?:the|our|an?)) $",
    re.ASCII,
)
_SIZED_AFTER = re.compile(r" ?(?:[$€£]|on average\b|worth\b|values?\b|size\b|spend\b)", re.ASCII)
TOLD_OF = (("tickets", "intent"), ("tickets", "channel"), ("tickets", "language"), ("sessions", "source"))
_CONDITION_BEFORE = re.compile(
    rf"\b(?:by|via|through|from|of|for|per|about|with|in|without|no|not|except|only|just) (?:the |our )?$|\bhow many (?:of )?$|\bnumber of $|多少$|几[张个笔]$|[只仅]看?$|[通经]过$|[用从按除非没][了]?$|{METRIC}·* $"
)
_CONDITION_AFTER = re.compile(
    rf" ?(?:的|类|渠道)?[{METRIC}{DIMENSION}{ENTITY}{MEMBER}]| ?的| (?:only|alone|excluded)\b|单独|以外|之外|除外"
)
_ALONE_BEFORE = re.compile(r"(?:^|[,:;，：；]) ?$")  # ", newsletter, "
_ALONE_AFTER = re.compile(r" ?(?:$|[,:;?!.，：；？])")
_WHICH_OF = re.compile(rf"\b(?:which|what|top)(?: {EN_NUMBER})? $", re.ASCII)
_WITHIN = re.compile(rf" (?:of|in|within) .{{0,12}}?{MEMBER}")  # "among the categories of meat"
_ONE = re.compile(r"\b(?:an?|the average|the typical) $")  # "what was a customer worth"


@dataclass(slots=True)
class Names:
    """What the names of one clause came to; filled in by ``NameReader`` and then only read."""

    masked: str
    metrics: list[str] = field(default_factory=list)
    metric_places: list[tuple[int, str]] = field(default_factory=list)
    metric_options: list[str] = field(default_factory=list)
    splits: list[tuple[int, str]] = field(default_factory=list)
    plural: set[str] = field(default_factory=set)
    loose: list[tuple[int, str]] = field(default_factory=list)
    members: list[tuple[Mention, Term, bool]] = field(default_factory=list)
    ambiguities: list[Ambiguity] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    @property
    def kept(self) -> list[Term]:
        """The members that figures are limited to."""
        return [term for _, term, negative in self.members if not negative]


class NameReader:
    """Finds and settles the names of one clause.

    Args:
        text: the clause in normal form.
        taken: characters already understood (periods, comparisons); extended here.
        period_marks: (start, end) of the periods, for the mask.
        numbers: members that only numbers name ("orders at 406", "under 35s").
        figures: how likely the wording means each metric; asked where a word stands for several dimensions.
    """

    def __init__(
        self,
        text: str,
        taken: bytearray,
        period_marks: Sequence[tuple[int, int]],
        lexicon: Lexicon,
        numbers: Sequence[Mention] = (),
        figures: Callable[[], Chances] = dict,
    ) -> None:
        self.text, self.taken, self.lexicon, self._figures = text, taken, lexicon, figures
        self._periods = period_marks
        self._hinted = bool(lexicon.hints.find(text, bytearray(taken)))
        spans = [m.span() for m in _AVERAGE_PER.finditer(text)]  # "average orders per week" is no average order
        for start, end in spans:
            taken[start:end] = b"\x01" * (end - start)
        idioms = IdiomReader(text, taken, lexicon)
        found = lexicon.vocabulary.find(text, taken)
        self.mentions = [self._ranked_noun(m) or m for m in found if not idioms.is_none(m)]
        for start, end in spans:
            taken[start:end] = bytes(end - start)
        self.mentions = [*(self._there_or_not(mention) for mention in self.mentions), *numbers]

    def _ranked_noun(self, mention: Mention) -> Mention | None:
        """ "Which five products sold most": products that are ranked, and no number of "products sold"."""
        if mention.of("dimension") or not mention.of("metric") or not _WHICH_OF.search(self.text[: mention.start]):
            return None
        first = self.text[mention.start : mention.end].partition(" ")[0]
        inside = self.lexicon.vocabulary.find(first, bytearray(len(first)))
        noun = next((m for m in inside if m.of("dimension") and (m.start, m.end) == (0, len(first))), None)
        if noun is None or noun.end == mention.end - mention.start:
            return None
        self.taken[mention.start + noun.end : mention.end] = bytes(mention.end - mention.start - noun.end)
        return replace(noun, start=mention.start, end=mention.start + noun.end)

    def read(self) -> Names:
        """Settle every mention."""
        self.mentions = NumberReader(self.text, self.taken, self.lexicon).attached(self.mentions)
        names = Names(self._mask())
        members = [m for m in self.mentions if self._is_member(m, names.masked)]
        self._settle_members(names, members)
        rest = [m for m in self.mentions if m not in members]
        lacking = LackingReader(self.text, self.lexicon.schema, self.mentions, self._figures)
        names.unavailable += [m.of("unavailable")[0].name for m in rest if m.of("unavailable") and lacking.is_meant(m)]
        nouns = [m for m in rest if not m.of("unavailable")]
        for mention in sorted(
            nouns, key=lambda m: (bool(m.of("dimension")), m.start)
        ):  # metrics first: nouns lean on them
            self._settle_noun(names, mention)
        named = sorted(names.metric_places)
        names.metrics.sort(key=lambda n: next((s for s, m in named if m == n), 0))
        return names

    def _mask(self) -> str:
        marks = [(s, e, PERIOD) for s, e in self._periods]
        for mention in self.mentions:
            if mention.of("metric") and mention.of("dimension"):
                symbol = ENTITY
            elif mention.of("metric") or mention.of("unavailable"):
                symbol = METRIC
            elif mention.of("dimension"):
                symbol = DIMENSION
            else:
                symbol = MEMBER
            marks.append((mention.start, mention.end, symbol))
        return roles.mask(self.text, marks)

    def _is_member(self, mention: Mention, masked: str) -> bool:
        if not mention.of("member"):
            return False
        if mention.of("metric") and not mention.of("dimension"):
            return False
        if mention.of("dimension") and all(
            t.rank <= RAW and in_role(self.lexicon.schema, t.name, "products") for t in mention.of("member")
        ):
            return False  # the kids at home, and no goods of that type
        return not (mention.of("dimension") and roles.splits(Place(masked, mention)))

    def _settle_members(self, names: Names, members: list[Mention]) -> None:
        previous: tuple[Mention, bool] | None = None
        for mention in members:
            match = roles.negation(Place(names.masked, mention))
            negative = bool(match)
            if match:
                self.taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
            elif previous and (mention.start == previous[0].start or roles.in_list(names.masked, previous[0], mention)):
                negative = previous[1]
            previous = (mention, negative)
            if self._is_told(mention, names.masked):
                continue
            if lacking := self._lacking_inside(mention):  # 配送超时的订单: no ticket, and no order says so
                names.unavailable.append(lacking)
                continue
            for term in self._choose(names, mention):
                names.members.append((mention, term, negative))

    def _is_told(self, mention: Mention, masked: str) -> bool:
        """Whether words for what tickets are about, or what they or visits come by, only tell: "the bank phoned: payments in may?"

        They limit where the figure asked for is recorded by them, or where they stand as a condition does.
        """
        schema = self.lexicon.schema
        told_of = {role_dimension(schema, *role) for role in TOLD_OF}
        if not {term.name for term in mention.terms} <= told_of:
            return False
        known = any(other.of("metric") for other in self.mentions) or bool(surely(self._figures()))
        if not known:
            return False
        if any(map(self._splits_asked, mention.terms)):
            return False
        before, after = masked[: mention.start], masked[mention.end :]
        alone = _ALONE_BEFORE.search(before) and _ALONE_AFTER.match(after)
        return not (alone or _CONDITION_BEFORE.search(before) or _CONDITION_AFTER.match(after))

    def _lacking_inside(self, mention: Mention) -> str | None:
        """What the store lacks that stands inside a ticket's topic, where the figure asked for is not recorded by topics."""
        told_of = {role_dimension(self.lexicon.schema, *role) for role in TOLD_OF}
        asked = any(m.of("metric") for m in self.mentions) or surely(self._figures())
        if not asked or any(t.name not in told_of or self._splits_asked(t) for t in mention.terms):
            return None
        words = self.text[mention.start : mention.end]
        for part in (words[:-1], words[1:]):
            for found in self.lexicon.vocabulary.find(part, bytearray(len(part))):
                if lacking := found.of("unavailable"):
                    return lacking[0].name
        return None

    def _choose(self, names: Names, mention: Mention) -> tuple[Term, ...]:
        """The members that the words mean: in the dimension named beside them, else in the coarsest one."""
        terms = mention.of("member")
        beside = self._dimension_beside(names.masked, mention)
        named = [t for t in terms if t.name == beside]
        pool = named or self._reached(terms)
        coarsest = min(self.lexicon.order[t.name] for t in pool)
        pool = [t for t in pool if self.lexicon.order[t.name] == coarsest]
        best = min(t.rank for t in pool)
        values = {t.value for t in pool if (t.rank < RAW) == (best < RAW)}
        if len(values) > 1 and (exact := self._quoted(mention, values)) is not None:
            values = {exact}
        if len(values) == 1:
            value = values.pop()
            return (next(t for t in pool if t.value == value),)
        if best < RAW:
            return tuple(t for t in pool if t.value in values)  # "wine": every member that the word was given to
        names.ambiguities.append(self._ambiguity(mention, pool[0].name, sorted(values, key=str)))
        return ()

    def _reached(self, terms: tuple[Term, ...]) -> list[Term]:
        """Those whose dimension splits a metric of the clause: "email" is where tickets come from, not where sales do."""
        return [term for term in terms if self._splits_asked(term)] or list(terms)

    def _splits_asked(self, term: Term) -> bool:
        asked = [mention.of("metric")[0].name for mention in self.mentions if mention.of("metric")]
        if meant := surely(self._figures()):
            asked = [meant]
        return any(self.lexicon.schema.can_split(name, term.name) for name in asked)

    def _there_or_not(self, mention: Mention) -> Mention:
        """ "by channel", "by reason": of several dimensions that which splits the metric asked for, or what the store lacks."""
        dimensions = mention.of("dimension")
        if not (mention.of("unavailable") and dimensions) and len(dimensions) < 2:
            return mention
        there = tuple(term for term in dimensions if self._splits_asked(term))
        lacking = mention.of("unavailable") if not there else ()
        others = tuple(t for t in mention.terms if t.kind not in ("dimension", "unavailable"))
        return replace(mention, terms=(*others, *(there or lacking or dimensions)))

    def _quoted(self, mention: Mention, values: set[Scalar | None]) -> Scalar | None:
        around = self.text[mention.start - 1 : mention.start] + self.text[mention.end : mention.end + 1]
        words = self.text[mention.start : mention.end]
        return next((v for v in values if around == '""' and str(v).casefold() == words), None)

    def _dimension_beside(self, masked: str, mention: Mention) -> str | None:
        for other in self.mentions:
            if other is mention or not other.of("dimension"):
                continue
            left, right = (other, mention) if other.start < mention.start else (mention, other)
            if roles.beside(masked, left, right):
                return other.of("dimension")[0].name
        return None

    def _ambiguity(self, mention: Mention, dimension: str, values: list[Scalar | None]) -> Ambiguity:
        declared = self.lexicon.schema.dimensions[dimension]
        options = []
        for value in values:
            plain = f'{self.text[: mention.start]}"{value}"{self.text[mention.end :]}'
            known = declared.members.get(str(value))
            label = known.label if known and known.label else Text(en=str(value), zh=str(value))
            shown = Text(en=f"{label.en} ({value})", zh=f"{label.zh}（{value}）")
            options.append(Option(shown, plain))
        return Ambiguity(self.text[mention.start : mention.end], tuple(options))

    def _settle_noun(self, names: Names, mention: Mention) -> None:
        metric, dimension = mention.of("metric"), mention.of("dimension")
        place = Place(names.masked, mention)
        if metric and (size := self._size(mention, place, metric[0].name)):
            metric = (Term("metric", size),)
        if metric and not dimension:
            if not self._per_entity(names, place, metric[0].name):
                self._add_metric(names, mention, metric)
            return
        name = dimension[0].name
        counter = self.lexicon.counters.get(name)
        if not metric and counter and _ONE.search(place.before) and self._per_entity(names, place, counter):
            return
        if not metric and counter and (roles.counts(place) or roles.most_of(place)):
            metric = (Term("metric", counter),)
        words = self.text[mention.start : mention.end]
        if words.endswith("s") and not words.endswith(("ss", "us")):
            names.plural.add(name)
        if roles.counts(place):
            names.counted.append(name)
            if metric:
                self._add_metric(names, mention, metric)
                return
        if not (roles.own(place) or roles.all_as_one(place) or self._is_context(names, mention, name)):
            self._settle_dimension(names, mention, place, name, metric)

    def _size(self, mention: Mention, place: Place, counted: str) -> str | None:
        """ "the fattest basket on average", "avg basket $": what one is worth, and not how many there are."""
        known = self.lexicon.schema.metrics
        words = self.text[mention.start : mention.end].rsplit(" ", 1)[-1]
        one = known[counted].is_ratio or words.endswith("s") or not words.isascii()
        sized = _SIZED_BEFORE.search(place.before)
        if one or not (sized or _SIZED_AFTER.match(place.after)):
            return None
        if sized and sized["most"] and not (roles.averaged(place) or DIMENSION in place.masked):
            return None  # "the biggest order in may" is a single one
        worth = (n for n, m in known.items() if m.denominator == counted and m.unit == "currency" and not m.hidden)
        return next(worth, None)

    def _settle_dimension(
        self, names: Names, mention: Mention, place: Place, name: str, metric: tuple[Term, ...]
    ) -> None:
        """A dimension's noun: a split, the count of its members, or an offer to the planner."""
        if metric and self._per_entity(names, place, metric[0].name):
            return
        if metric and not names.metrics and roles.ranked_by(place):
            self._add_metric(names, mention, metric)  # "top 5 stores by customers"
            return
        split = roles.entity_splits(place, self._ranks()) if metric else roles.splits(place)
        whom = roles.among(place) and not _WITHIN.match(place.after) and self._describes_members(place)
        split = split and not whom
        if split or (names.splits and roles.continues_list(place) and not self._describes_members(place)):
            names.splits.append((mention.start, name))
        elif metric and not self._describes_members(place) and not roles.acts(place):
            self._add_metric(names, mention, metric)
        elif (
            not metric
            and self.lexicon.may_be_meant(name)
            and not (self.text.isascii() and self._describes_members(place))
        ):
            names.loose.append((mention.start, name))

    def _ranks(self) -> bool:
        return bool(_SUPERLATIVE.search(self.text) or _BOUND.search(self.text))

    def _per_entity(self, names: Names, place: Place, counted: str) -> bool:
        """ "how many orders does a customer place", 平均每个客户…: two counts that the store knows as one ratio."""
        if not roles.per_each(place):
            return False
        for over in list(names.metrics):
            for name, metric in self.lexicon.schema.metrics.items():
                if metric.numerator == over and metric.denominator == counted:
                    names.metrics[names.metrics.index(over)] = name
                    return True
        known = self.lexicon.schema.metrics
        for hint in self.lexicon.hints.find(self.text, bytearray(len(self.text))) if not names.metrics else ():
            for name, metric in known.items():
                if metric.denominator == counted and metric.numerator in {t.name for t in hint.terms}:
                    self._add_metric(names, hint, (Term("metric", name),))
                    return True
        return any(known[n].denominator == counted for n in names.metrics) and roles.averaged(place)

    def _is_context(self, names: Names, mention: Mention, dimension: str) -> bool:
        """ "the produce department": the noun only says what kind of member stands beside it."""
        for other, term, _ in names.members:
            left, right = (other, mention) if other.start < mention.start else (mention, other)
            if term.name == dimension and roles.beside(names.masked, left, right):
                return True
        return False

    def _describes_members(self, place: Place) -> bool:
        """ "revenue from customers aged 45-54": the noun is context where a metric and a member stand around it."""
        around = re.search(r"\b(?:from|of|for|among|by|to|in|with) (?:our |the |all )?$", place.before, re.ASCII)
        member_after = re.match(rf".{{0,20}}{MEMBER}", place.after)
        member_before = re.search(rf"{MEMBER}\S* ?的?$", place.before)
        ranking = DIMENSION in place.before and self._ranks()  # "top categories for households with 5 people"
        other_metric = METRIC in place.before or METRIC in place.after or self._hinted or ranking
        return other_metric and bool(around or member_before or member_after) and not roles.joined_to_metric(place)

    def _add_metric(self, names: Names, mention: Mention, terms: tuple[Term, ...]) -> None:
        best = min(t.rank for t in terms)
        pool = [t.name for t in terms if t.rank == best or best == HINT]
        if len(pool) > 1 and (meant := surely(self._figures())) in pool:
            pool = [meant]
        names.metric_places.append((mention.start, pool[0]))
        if len(pool) > 1:
            names.metric_options.extend(n for n in pool if n not in names.metric_options)
        elif pool[0] not in names.metrics:
            names.metrics.append(pool[0])


def to_filters(names: Names) -> list[Filter]:
    """Members grouped into one condition a dimension and polarity."""
    grouped: dict[tuple[str, bool], list[Scalar | None]] = {}
    for _, term, negative in names.members:
        values = grouped.setdefault((term.name, negative), [])
        if term.value not in values:
            values.append(term.value)
    return [Filter(dimension=d, op="not_in" if neg else "in", values=tuple(v)) for (d, neg), v in grouped.items()]


def modifiers_of(names: Names, taken: bytearray) -> Reader:
    """A reader of the modifiers around the names."""
    return Reader(names.masked, taken)
