"""One clause in, one Reading out: what its words settle, and what they leave to the planner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from agent.contracts import Reading, ToolAsk
from agent.form import QUERY
from agent.understand import calendar
from agent.understand.asking import Named, ToolMentions, ToolWords, named
from agent.understand.bands import find_bands
from agent.understand.calendar import Period
from agent.understand.dates import PeriodMention, find_periods
from agent.understand.dates_en import Clock
from agent.understand.dimensions import meant_split, split_chances
from agent.understand.idioms import cause_span
from agent.understand.leftovers import unread_bounds, unread_runs, unread_words
from agent.understand.lexicon import Lexicon
from agent.understand.limiting import LimitReader, counts_by_orders
from agent.understand.listing import listed_figures
from agent.understand.meaning import CERTAIN, SURE, Chances, Router
from agent.understand.measuring import MetricReader, counts_times
from agent.understand.metrics import meant_metrics, surely
from agent.understand.modifiers import Modifiers, compare_words, stepwise
from agent.understand.names import NameReader, Names, modifiers_of
from agent.understand.ordering import OrderReader
from agent.understand.ordinary import is_ordinary
from agent.understand.patterns import MEMBER
from agent.understand.periods import AskedPeriods, settle_periods, trend_grain
from agent.understand.sharing import ShareReader
from agent.understand.splitting import SplitReader
from agent.understand.strangers import placed
from agent.understand.text import EN_NUMBER, ZH_NUMBER, parse_number
from agent.understand.vocabulary import Mention, Term
from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.roles import entity_dimension, role_dimension

HALF_YEAR, NEAR = 183, 62  # days
SHORT = 16  # characters
STEP_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92}
WHY = re.compile(
    r"\bwhy\b|\bhow come\b|\bwhat(?:'s| is| was| has)? (?:behind|made|makes|caused|causing|drove|driving|moved|pushed|to blame)\b|\bexplain\b|\b(?:at|to) the bottom of\b|\b(?:what|which) lies behind\b"
    r"|\bculprit\b|\bto thank\b|\bdid the damage\b|\bwhat's the story\b|\bwhere (?:that|it|this|all (?:of )?that) (?:comes?|came|(?:is|was) coming) from\b"
    r"|(?:差别|差距|差这么多|变化)[^。?？]{0,16}[哪打](?:儿|里)?来的|\bwho(?:'s| is| was)? (?:to blame|responsible|at fault)\b|\bwhose fault\b|该?怪谁|[赖找]谁(?:的|头上|算账)|[哪谁什啥][^,，?]{0,8}(?:害的|惹的|闹的|搞的鬼)|什么推|谁推|推上去|拉上去|拖后腿|拖累|谁的锅|(?:毛病|问题)出在哪|(?<!因)为什么|为何|为啥|(?<![在])什么原因|[,，](?:主要)?原因是什么|啥原因|咋回事|怎么回事|怎么会|怎么搞的|导致|造成|解释",
    re.ASCII,
)
_COMPARE_THEM = re.compile(r"\bcompare (?:them|it|that|those|these|the two|both)\b|(?:对比|比较)一下$", re.ASCII)
_FUTURE = re.compile(
    r"\b(?:will|going to|likely to|expect(?:ed)?)\b|'ll\b|预计|预估|估计|大概会|会有|能[来卖有做到收](?!过)", re.ASCII
)
_THEN = re.compile(r"\bback (?:in|then)\b|\bthose days\b|那会儿?|那时|当时|那阵子", re.ASCII)
_TWICE = re.compile(r"(?<![\d.,])[12](?![\d.,])", re.ASCII)
_GOODS = re.compile(rf"\b(?P<n>{EN_NUMBER}) (?:[a-z-]+ )?{MEMBER}", re.ASCII)
_SO_MANY = re.compile(
    rf"\b(?:give|show|list|name|send|get) (?:me |us )?(?:just |only |about )?({EN_NUMBER})(?:[.! ]*$| (?=(?:to|that|who|which|so|for|names?|please)\b))|\bwhich ({EN_NUMBER})(?: [a-z]+)? (?:look|seem|behave|stand|are|were|should)\b"
    rf"|\b({EN_NUMBER}) (?:of (?:our|those|these)|will do|(?:is|are) enough)\b|[给列](?:我|出)?({ZH_NUMBER})[个样款位户名]?[。! ]*$",
    re.ASCII,
)
_TALLY = re.compile(
    r"\b(?:tally|count (?:them|it|up)|topic by topic|one by one)\b|数一数|数数|各有?(?:多少|几)", re.ASCII
)
_BY_BEFORE = re.compile(r"\bby $|[按在](?:什么|哪些|哪个|啥)?$", re.ASCII)
_GOES_ON = re.compile(r" ?(?:and|&|plus|,|和|与|及|、) ?(?:in )?", re.ASCII)
_BEATS = re.compile(
    r"\b(?:than|beat|beats|top|exceed|outdo|surpass|overtake)\b|超过|比得上|赶上|高过|多过|胜过", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a clause is read against: the store's words, the clock, the data's range, and the turn before."""

    lexicon: Lexicon
    clock: Clock
    data: Interval
    everything: Interval | None = None  # the period of a question that names none
    last: SemanticQuery | None = None
    tools: ToolWords | None = None
    last_tool: str | None = None
    router: Router | None = None
    spoken: Interval | None = None  # the period of the turn before, its query or not
    around_message: bool = False  # the text stands around a customer's message, which is cut out of it
    apart: bool = False  # whether "from A to B" is a change from the one to the other
    goes_on: bool = False  # whether it measures what the part before does
    ahead: bool | None = None  # whether months without a year are those to come; None: as the tools' words say


class ClauseReader:
    """Reads one clause. ``inherit`` marks a follow-up clause, which takes what it lacks from ``scope.last``.

    Args:
        limits: for each id without a noun, the condition that it is for a figure; those are then read as members.
    """

    def __init__(self, text: str, scope: Scope, limits: Sequence[Filter | None] = ()) -> None:
        self.text, self.scope, self.lexicon = text, scope, scope.lexicon
        self.taken = bytearray(len(text))
        spoken = [(m.start, m.end) for m in find_periods(text, scope.clock)] if scope.tools else []
        self.asked = scope.tools.read(text, [*self._name_spans(), *spoken]) if scope.tools else ToolMentions()
        self.things = named(text, self.lexicon) if scope.tools else Named()
        self.compare = compare_words(text, self.taken)
        compared = bytes(self.taken)
        for start, end in (*self.things.views, *self.things.bare_spans):
            self._take(start, end)
        hidden = _blanked(text, bytes(self.taken))
        self.periods, self.horizon = self._find_periods(hidden)
        for mention in self.periods:
            self._take(mention.start, mention.end)
        for start, end in (*self.asked.spans, *(scope.tools.covered(self.asked, text) if scope.tools else ())):
            self._take(start, end)
        marks = [(m.start, m.end) for m in self.periods or self.to_come]
        numbers = [
            Mention(*span, (Term("member", limit.dimension, limit.values[0]),), 1)
            for limit, span in zip(limits, self.things.bare_spans, strict=False)
            if limit
        ]
        self.bare = tuple(b for i, b in enumerate(self.things.bare) if not (i < len(limits) and limits[i]))
        known = [*numbers, *find_bands(text, self.lexicon, self.taken)]
        self.names: Names = NameReader(text, self.taken, marks, self.lexicon, known, self._figures_asked).read()
        self.names.masked = _blanked(self.names.masked, compared)  # "the 7 days before" asks for no split by day
        self.words: Modifiers = modifiers_of(self.names, self.taken).read()
        if self.compare:
            self.words = replace(self.words, compare=self.compare)
        if self.words.running and self.words.per:  # "per month, as a running total": month by month
            self.words = replace(self.words, per=None, grains=(self.words.per, *self.words.grains))
        customer = entity_dimension(self.lexicon.schema, "customer")
        if customer and not (self.names.counted or self.names.splits) and counts_times(text, self.words):
            self.names.counted.append(customer)  # 来了5次以上的: it is customers who come
        self.order = OrderReader(text, self.words, self.names, self.lexicon)

    def _take(self, start: int, end: int) -> None:
        self.taken[start:end] = b"\x01" * (end - start)

    def _name_spans(self) -> list[tuple[int, int]]:
        """Where the store's names stand, each with a "by" before it: "by what went wrong" asks for no cause."""
        every = self.lexicon.vocabulary.find(self.text, bytearray(len(self.text)))
        found = [cause_span(self.text, m.start, m.end) if m.of("dimension") else (m.start, m.end) for m in every]
        by = ((_BY_BEFORE.search(self.text[:start]), start, end) for start, end in found)
        return [(match.start() if match else start, end) for match, start, end in by]

    def _find_periods(self, text: str) -> tuple[list[PeriodMention], Interval | None]:
        """The periods of the past; where a tool that looks ahead may be asked for, the future one apart."""
        clock, tools = self.scope.clock, self.scope.tools
        self.to_come: list[PeriodMention] = []
        self.ahead = bool(tools and tools.looks_ahead(self.asked)) if self.scope.ahead is None else self.scope.ahead
        self.ahead = self.ahead and not _THEN.search(text)
        if self.ahead:
            found = find_periods(text, replace(clock, ahead=True))
            ahead = [m for m in found if m.period.end > clock.as_of]
            if ahead:
                self.to_come = ahead
                for mention in ahead:
                    self._take(mention.start, mention.end)
                held = _BEATS.search(text)  # "will January beat December?" asks for January
                period = min(ahead, key=lambda m: m.period.start).period if held else _last_run(ahead, text)
                return [], Interval(start=max(period.start, clock.as_of), end=period.end)
        found = find_periods(text, clock, self.scope.apart)
        if self.scope.last and self.scope.last.time:  # 当月: the month that was just spoken of
            found = [m for m in found if not text[m.start : m.end].startswith("当")]
        future = [m.period for m in found if m.period.start >= clock.as_of]
        return found, Interval(start=future[-1].start, end=future[-1].end) if future else None

    def read(self, inherit: bool) -> Reading:
        """Settle the clause."""
        last = self.scope.last if inherit else None
        asked = self._asked(last)
        measured = MetricReader(
            self.text,
            self.taken,
            self.lexicon,
            self.names,
            self.words,
            self.asked,
            self.periods,
            self.figures,
            self.listed,
        )
        metrics, options = (last.metrics, ()) if last and self.scope.goes_on else measured.read(last)
        if self.words.per and metrics and not self.lexicon.schema.metrics[metrics[0]].sums_over_time:
            self.words = replace(self.words, per=None, grains=(*self.words.grains, self.words.per))  # no sum to divide
        metrics, share = ShareReader(self.lexicon, self.names, self.words).read(metrics)
        self.words = replace(self.words, share=share)
        parted = SplitReader(self.lexicon, self.names, self.words, self.order, self.scope.data, self._split_meant)
        split = parted.read(asked, last, metrics)
        limits = LimitReader(self.lexicon, self.names, self.words, self.order)
        filters, keep, splits = limits.filters(split.named, metrics, last)
        ordering = self.order.read(splits, metrics, last)
        time = asked.asked.interval if asked.asked else (last.time if last else self.scope.everything)
        if time is None and any(self._dated(s) for s in splits):
            time = self.scope.data  # the hours after the last full day are no month of their own
        if time and ordering.limit and "week" in (self.lexicon.schema.dimensions[s].grain for s in splits):
            time = calendar.whole_weeks(time)
        hints = self.lexicon.hints.find(self.text, bytearray(len(self.text)))
        for mention in hints:
            self._take(mention.start, mention.end)
        things = self.things.spans if self.asked.sure or self.asked.maybe else ()
        for start, end in (*self.asked.hinted, *things):
            self._take(start, end)
        unread = unread_words(self.text, self.taken)
        said = {*self.names.metrics, *(term.name for hint in hints for term in hint.terms)}
        worded = (
            metrics[:1] != (surely(self.figures),) or metrics[0] in said
        )  # else other words are how the figure is put
        strangers, doubts = placed(self.names.masked, [w for w in unread if w.isascii()], [h.start for h in hints])
        return Reading(
            text=self.text,
            metrics=metrics,
            metric_options=options,
            group_by=splits,
            split_options=split.loose,
            filters=filters,
            keep=keep,
            having=limits.having(metrics),
            time=time,
            also=asked.also,
            compare=self._baseline(asked, last),
            share=self.words.share and bool(splits),
            running=self.words.running and bool(splits),
            per=self.words.per or (last.per if last and not self.words.grains else None),
            unread=unread,
            strangers=(*self._strangers(strangers, metrics, worded), *self._bounds(metrics)),
            doubts=doubts if worded else (),
            listed=split.listed,
            ambiguities=tuple(self.names.ambiguities),
            unavailable=tuple(self.names.unavailable),
            ask=self._ask(),
            inherited=bool(last) and not self.names_metric,
            order_by=ordering.order_by,
            direction=ordering.direction,
            limit=ordering.limit,
            limit_per=ordering.limit_per,
        )

    def _bounds(self, metrics: tuple[str, ...]) -> tuple[str, ...]:
        """Bounds that nothing took, without "twice or more" of the customers that a metric counts by their orders."""
        counted = any(counts_by_orders(name, self.lexicon.schema) for name in metrics)
        found = unread_bounds(self.text, self.taken)
        return tuple(bound for bound in found if not (counted and _TWICE.search(bound)))

    def _strangers(self, found: Sequence[str], metrics: tuple[str, ...], worded: bool) -> tuple[str, ...]:
        if not worded:
            return ()
        hints = [hint.start for hint in self.lexicon.hints.find(self.text, bytearray(len(self.text)))]
        runs = unread_runs(self.text, self.taken, self.names.masked, hints) if metrics else ()
        return tuple(word for word in (*found, *runs) if not is_ordinary(word.removesuffix("'s")))

    def _ask(self) -> ToolAsk:
        """What the clause asks of the tools, and gives them."""
        asked, things, ids = self.asked, self.things, self.things.said
        return ToolAsk(
            words=asked.sure,
            hints=asked.maybe,
            choices=asked.choices,
            customers=ids.get("customers", ()),
            products=ids.get("products", ()),
            orders=ids.get("orders", ()),
            bare=self.bare,
            budget=things.budget,
            idle_days=things.idle_days,
            pointed=things.pointed,
            limit=self.words.limit or self._counted_whom() or self._goods_counted() or self._so_many(),
            horizon=self.horizon,
            text=self.text,
            them=things.them,
        )

    def _counted_whom(self) -> int | None:
        """How many are wanted; "five heads and up" says whose, and not how many."""
        span = self.things.limit_span
        within = span and any(m.start < span[1] and span[0] < m.end for m, _, _ in self.names.members)
        return None if within else self.things.limit

    def _goods_counted(self) -> int | None:
        """ "Six cheap snacks": how many of a member's goods are wanted."""
        match = _GOODS.search(self.names.masked)
        return parse_number(match["n"]) if match else None

    def _so_many(self) -> int | None:
        """ "Give me 5", "which five behave most oddly": how many are wanted, of nothing that stands beside the number."""
        match = _SO_MANY.search(self.text)
        return parse_number(next(n for n in match.groups() if n)) if match else None

    @cached_property
    def tool(self) -> str | None:
        """The tool that the clause surely asks for by itself, and certainly where its words are all read without it."""
        router, said = self.scope.router, self.asked.sure[:1]
        if router is None:
            return None
        found = router.tool(self.text, CERTAIN if self.clear else SURE)
        short = len(self.text) <= SHORT and said  # "and why so many": too little to tell a meaning by
        return said[0] if short and found is None else found

    @cached_property
    def figures(self) -> Chances:
        """How likely the clause means each metric by its wording; nothing where it asks for no figure."""
        router = self.scope.router
        return meant_metrics(router, self.text, self.scope.clock) if router else {}

    def _figures_asked(self) -> Chances:
        """Those, or the figure of the part before where its wording means none ("how does that split by reason")."""
        last = self.scope.last
        return {last.metrics[0]: 1.0} if last and not surely(self.figures) else self.figures

    def _split_meant(self) -> str | None:
        """The dimension that the wording of a question for a figure surely splits by."""
        router = self.scope.router
        if router is None or self.meant[0] != QUERY:
            return None
        return meant_split(split_chances(router, self.text, [(m.start, m.end) for m in self.periods]), self.text)

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """The figures that it asks for in turn, each with a question word of its own."""
        return listed_figures(self.text, self.scope.router, self.scope.clock)

    @property
    def meant(self) -> tuple[str, float]:
        """What the clause most likely asks for by its meaning, and how likely; nothing where nobody can tell."""
        router = self.scope.router
        return next(iter(router.chances(self.text).items())) if router else ("", 0.0)

    @cached_property
    def clear(self) -> bool:
        """Whether every word of it was read, and none points beyond a figure."""
        taken = bytearray(self.taken)
        for mention in self.lexicon.hints.find(self.text, bytearray(len(self.text))):
            taken[mention.start : mention.end] = b"\x01" * (mention.end - mention.start)
        at_store = self.names_metric and all("stores" in bare.kinds for bare in self.bare)
        ids = self.things.said or (self.bare and not at_store)
        asked = self.asked.sure or self.asked.maybe or ids or self.horizon
        return not asked and not unread_words(self.text, taken)

    @property
    def metric_spans(self) -> list[tuple[int, int]]:
        """Where words stand that name a metric."""
        found = self.lexicon.vocabulary.find(self.text, bytearray(len(self.text)))
        return [(mention.start, mention.end) for mention in found if mention.of("metric")]

    @property
    def figure_spans(self) -> list[tuple[int, int]]:
        """Where words stand that name a metric and nobody whom it may be of ("customers")."""
        found = self.lexicon.vocabulary.find(self.text, bytearray(len(self.text)))
        return [(m.start, m.end) for m in found if m.of("metric") and not m.of("dimension")]

    @property
    def parted(self) -> bool:
        """Whether it names a split that is none of single customers, products or orders ("which age group")."""
        return any(name not in self.lexicon.entities for _, name in self.names.splits)

    @property
    def counted(self) -> bool:
        """Whether it is split by weekdays, hours, named causes ("by reason") or as a tally, and asks for no cause."""
        schema = self.lexicon.schema
        reasons = {role_dimension(schema, role, "reason") for role in ("payments", "refunds")}
        causes = any(name in reasons for _, name in self.names.splits)
        cyclic = bool({"weekday", "hour"} & set(self.words.grains)) and not self.horizon
        tallied = bool(self.names.splits) and bool(_TALLY.search(self.text))
        shown = self.words.trend and bool(self.words.grains)  # 一个月一个月怎么走的
        told = self.text
        for start, end in self._name_spans():  # 都是什么原因，各多少笔 asks for no cause
            told = told[:start] + " " * (end - start) + told[end:]
        return (causes or cyclic or tallied or shown) and not WHY.search(told)

    @property
    def past(self) -> bool:
        """Whether it speaks of a time, and not of one to come: a month without a year is the nearest one."""
        if not self.periods or self.horizon:
            return False
        clock = replace(self.scope.clock, ahead=True)
        near = clock.as_of + timedelta(days=HALF_YEAR)
        return not any(clock.as_of < m.period.end <= near for m in find_periods(self.text, clock))

    @property
    def near(self) -> bool:
        """Whether a period that it names may be one that begins within some weeks from now, or is said to come."""
        clock = replace(self.scope.clock, ahead=True)
        last = clock.as_of + timedelta(days=NEAR)
        if _THEN.search(self.text):
            return False
        if _FUTURE.search(self.text) and not self.past:
            return True
        return not self.past and any(clock.as_of <= m.period.start <= last for m in find_periods(self.text, clock))

    @property
    def soon(self) -> bool:
        """Whether it names a period that begins within half a year from now."""
        soon = self.scope.clock.as_of + timedelta(days=HALF_YEAR)
        return self.horizon is not None and self.horizon.start < soon

    def _dated(self, split: str) -> bool:
        return self.lexicon.schema.dimensions[split].grain in {"day", "week", "month", "quarter", "year"}

    @property
    def names_something(self) -> bool:
        """Whether the clause holds any name, period or modifier of its own."""
        names, words = self.names, self.words
        named = (
            names.metrics or names.metric_options or names.splits or names.members or names.loose or names.unavailable
        )
        said = (
            self.periods or self.compare or words.grains or words.limit or words.ranked or words.share or words.running
        )
        return bool(named or said or words.hours or words.thresholds or names.ambiguities)

    @property
    def names_metric(self) -> bool:
        """Whether the clause says what to measure."""
        return bool(self.names.metrics or self.names.metric_options)

    @property
    def hints_metric(self) -> bool:
        """Whether only a weak word says what to measure ("sold", "busy")."""
        return bool(self.lexicon.hints.find(self.text, bytearray(len(self.text))))

    def _asked(self, last: SemanticQuery | None) -> AskedPeriods:
        asked = self._settled(last)
        step = stepwise(self.text)
        if step and asked.asked and asked.asked.interval.days > STEP_DAYS[step]:
            return AskedPeriods(asked.asked, None, step)
        named = bool(self.words.compare) or len(self.periods) > 1
        if asked.asked and asked.baseline and not named and asked.baseline.end <= self.scope.data.start:
            return AskedPeriods(asked.asked, None, trend_grain(asked.asked.interval, self.scope.data))
        return asked  # a change over all the data has no period before it: it is shown along the way

    def _settled(self, last: SemanticQuery | None) -> AskedPeriods:
        if len(self.periods) > 1 or (last and last.time):  # "this month" on its first day: another one is meant
            self.periods = [m for m in self.periods if m.period.start < m.period.end]
        split_in_time = bool(self.words.grains) and not self.periods and not self.words.ranked
        changes = bool(self.words.change) and not self.words.trend and not self.names.unavailable and not split_in_time
        changes = changes and not self._lists_members()  # 周末和工作日差多少 compares the two, not two periods
        before = last.time if last else self.scope.spoken
        context = Period(before) if before else None
        if context and not self.periods and not self.words.compare and _COMPARE_THEM.search(self.text):
            changes = True
        return settle_periods(self.text, self.periods, self.words.compare, changes, self.scope.clock, context)

    def _baseline(self, asked: AskedPeriods, last: SemanticQuery | None) -> Interval | None:
        if self.words.trend or (
            self.words.grains and not self.words.compare and self.words.change and len(self.periods) < 2
        ):
            return None if not self.words.ranked else asked.baseline
        if asked.baseline is None and last and not self.periods:
            return last.compare  # "same but for drug gm" compares as before
        return asked.baseline

    def _lists_members(self) -> bool:
        kept = self.names.kept
        return any(sum(term.name == other.name for term in kept) > 1 for other in kept)


def _last_run(mentions: Sequence[PeriodMention], text: str) -> Period:
    """The last period; with those before it that it only goes on from ("in february and march")."""
    first = last = mentions[-1]
    for mention in reversed(mentions[:-1]):
        if mention.period.end != first.period.start or not _GOES_ON.fullmatch(text, mention.end, first.start):
            break
        first = mention
    return calendar.span(first.period.start, last.period.end) if first is not last else last.period


def _blanked(text: str, used: bytes) -> str:
    return "".join(" " if taken else c for c, taken in zip(text, used, strict=True))
