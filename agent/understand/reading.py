"""One clause in, one Reading out: what its words settle, and what they leave to the planner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from agent.contracts import Reading, ToolAsk
from agent.understand import calendar, roles
from agent.understand.asking import Named, ToolMentions, ToolWords, named
from agent.understand.calendar import Period
from agent.understand.dates import PeriodMention, find_periods
from agent.understand.dates_en import Clock
from agent.understand.leftovers import unread_runs, unread_words
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import CERTAIN, SURE, Chances, Router
from agent.understand.measuring import MetricReader
from agent.understand.metrics import meant_metrics, surely
from agent.understand.modifiers import Modifiers, Threshold, compare_words, stepwise
from agent.understand.names import NameReader, Names, modifiers_of, to_filters
from agent.understand.ordering import OrderReader
from agent.understand.patterns import MEMBER
from agent.understand.periods import AskedPeriods, settle_periods, trend_grain
from agent.understand.strangers import placed
from agent.understand.text import EN_NUMBER, parse_number
from agent.understand.vocabulary import Mention, Term
from db.semantic.query import Filter, Interval, MetricFilter, SemanticQuery
from db.semantic.roles import entity_dimension

MAX_SPLITS = 2
HALF_YEAR = 183  # days
SHORT = 16  # characters
STEP_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92}
_COMPARE_THEM = re.compile(r"\bcompare (?:them|it|that|those|these|the two|both)\b|(?:对比|比较)一下$", re.ASCII)
_DAYS = re.compile(r"\bdays\b|日子|哪些天|[几多]少?天", re.ASCII)
_GOODS = re.compile(rf"\b(?P<n>{EN_NUMBER}) (?:[a-z-]+ )?{MEMBER}", re.ASCII)
_BEATS = re.compile(
    r"\b(?:than|beat|beats|top|exceed|outdo|surpass|overtake)\b|超过|比得上|赶上|高过|多过|胜过", re.ASCII
)
_WHO = re.compile(r"\bwho(?:se)?\b|\b(?:people|persons?|folks) (?:who|that)\b|谁|个人(?!均)|哪[些位几]个?人", re.ASCII)
_WHAT = re.compile(r"^(?:so |and )?what\b|\bwhat (?:do|does|did|sells?|sold|are|is)\b|什么|哪些东西", re.ASCII)


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
    ahead: bool | None = None  # whether months without a year are those to come; None: as the tools' words say


class ClauseReader:
    """Reads one clause. ``inherit`` marks a follow-up clause, which takes what it lacks from ``scope.last``.

    Args:
        limits: for each id without a noun, the condition that it is for a figure; those are then read as members.
    """

    def __init__(self, text: str, scope: Scope, limits: Sequence[Filter | None] = ()) -> None:
        self.text, self.scope, self.lexicon = text, scope, scope.lexicon
        self.taken = bytearray(len(text))
        self.listed: str | None = None  # the split that only stands for "A and B"
        self.asked = scope.tools.read(text, self._name_spans()) if scope.tools else ToolMentions()
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
        marks = [(m.start, m.end) for m in self.periods]
        numbers = [
            Mention(*span, (Term("member", limit.dimension, limit.values[0]),), 1)
            for limit, span in zip(limits, self.things.bare_spans, strict=False)
            if limit
        ]
        self.bare = tuple(b for i, b in enumerate(self.things.bare) if not (i < len(limits) and limits[i]))
        self.names: Names = NameReader(text, self.taken, marks, self.lexicon, numbers, lambda: self.figures).read()
        self.names.masked = _blanked(self.names.masked, compared)  # "the 7 days before" asks for no split by day
        self.words: Modifiers = modifiers_of(self.names, self.taken).read()
        if self.compare:
            self.words = replace(self.words, compare=self.compare)
        self.order = OrderReader(text, self.words, self.names, self.lexicon)

    def _take(self, start: int, end: int) -> None:
        self.taken[start:end] = b"\x01" * (end - start)

    def _name_spans(self) -> list[tuple[int, int]]:
        return [(m.start, m.end) for m in self.lexicon.vocabulary.find(self.text, bytearray(len(self.text)))]

    def _find_periods(self, text: str) -> tuple[list[PeriodMention], Interval | None]:
        """The periods of the past; where a tool that looks ahead may be asked for, the future one apart."""
        clock, tools = self.scope.clock, self.scope.tools
        self.ahead = bool(tools and tools.looks_ahead(self.asked)) if self.scope.ahead is None else self.scope.ahead
        if self.ahead:
            found = find_periods(text, replace(clock, ahead=True))
            ahead = [m for m in found if m.period.end > clock.as_of]
            if ahead:
                for mention in ahead:
                    self._take(mention.start, mention.end)
                held = _BEATS.search(text)  # "will January beat December?" asks for January
                period = (min(ahead, key=lambda m: m.period.start) if held else ahead[-1]).period
                return [], Interval(start=max(period.start, clock.as_of), end=period.end)
        found = find_periods(text, clock)
        future = [m.period for m in found if m.period.start >= clock.as_of]
        return found, Interval(start=future[-1].start, end=future[-1].end) if future else None

    def read(self, inherit: bool) -> Reading:
        """Settle the clause."""
        last = self.scope.last if inherit else None
        asked = self._asked(last)
        measured = MetricReader(
            self.text, self.taken, self.lexicon, self.names, self.words, self.asked, self.periods, self.figures
        )
        metrics, options = measured.read(last)
        splits, loose = self._splits(asked, last, metrics)
        filters, keep, splits = self._filters(splits, metrics, last)
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
            split_options=loose,
            filters=filters,
            keep=keep,
            having=self._having(metrics),
            time=time,
            also=asked.also,
            compare=self._baseline(asked, last),
            share=self._share(last, splits),
            running=self.words.running and bool(splits),
            per=self.words.per or (last.per if last and not self.words.grains else None),
            unread=unread,
            strangers=(*strangers, *(unread_runs(self.text, self.taken, self.names.masked) if metrics else ()))
            if worded
            else (),
            doubts=doubts if worded else (),
            listed=self.listed,
            ambiguities=tuple(self.names.ambiguities),
            unavailable=tuple(self.names.unavailable),
            ask=self._ask(),
            inherited=bool(last) and not self.names_metric,
            order_by=ordering.order_by,
            direction=ordering.direction,
            limit=ordering.limit,
            limit_per=ordering.limit_per,
        )

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
            limit=self.words.limit or things.limit or self._goods_counted(),
            horizon=self.horizon,
            text=self.text,
            them=things.them,
        )

    def _goods_counted(self) -> int | None:
        """ "Six cheap snacks": how many of a member's goods are wanted."""
        match = _GOODS.search(self.names.masked)
        return parse_number(match["n"]) if match else None

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
    def parted(self) -> bool:
        """Whether it names a split that is none of single customers, products or orders ("which age group")."""
        return any(name not in self.lexicon.entities for _, name in self.names.splits)

    @property
    def past(self) -> bool:
        """Whether it speaks of a time, and not of one to come: a month without a year is the nearest one."""
        if not self.periods or self.horizon:
            return False
        clock = replace(self.scope.clock, ahead=True)
        near = clock.as_of + timedelta(days=HALF_YEAR)
        return not any(clock.as_of < m.period.end <= near for m in find_periods(self.text, clock))

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
        if last and last.time:  # 当月: the month that was just spoken of
            self.periods = [m for m in self.periods if not self.text[m.start : m.end].startswith("当")]
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

    def _splits(
        self, asked: AskedPeriods, last: SemanticQuery | None, metrics: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        names, words = self.names, self.words
        splits = [name for _, name in sorted(names.splits)]
        loose = [name for _, name in names.loose if name not in splits]
        filtered = {term.name for _, term, negative in names.members if not negative}
        grains = list(words.grains)
        if asked.split and asked.split not in grains:
            grains.append(asked.split)
        if not grains and (words.trend or words.running):
            grains.append(trend_grain(asked.asked.interval if asked.asked else None, self.scope.data))
        time_splits = [self.lexicon.time_splits[g] for g in grains if g in self.lexicon.time_splits]
        if (
            loose
            and not splits
            and (words.ranked or words.share or words.change or words.thresholds or names.counted)
            and not time_splits
        ):
            splits, loose = [loose[0]], loose[1:]
        if words.count and not metrics and names.counted:
            splits = splits or names.counted
        if names.counted and words.thresholds and names.counted[0] not in splits:
            splits.append(names.counted[0])
        if words.thresholds and not (splits or time_splits) and _DAYS.search(self.names.masked):
            time_splits = [self.lexicon.time_splits["day"]]  # "days with more than 500 orders"
        splits += [t for t in time_splits if t not in splits]
        one = entity_dimension(self.lexicon.schema, "customer")
        if (
            not (splits or loose or last or self.names.members)
            and words.ranked
            and metrics
            and one
            and _WHO.search(self.names.masked)
        ):
            splits = [one] if one not in filtered else []  # "who spent the most?"
        if not splits and not loose and words.ranked and not last and _WHAT.search(self.names.masked):
            splits = [s for s in (self.lexicon.schema.default_split,) if s and s not in filtered]
        ranked = self.order.ranked_split(tuple(splits))
        if len(splits) == 2 and words.ranked and splits[0] == ranked:
            splits.reverse()  # "top 3 categories in each department": rows read by department
        splits = self._compared_members(splits)
        if last and not splits and not (filtered & set(last.group_by)):
            splits = list(last.group_by)
        elif last and not splits:
            splits = [g for g in last.group_by if g not in filtered]
        return tuple(splits[:MAX_SPLITS]), tuple(n for n in loose if n not in splits and n not in filtered)

    def _lists_members(self) -> bool:
        kept = [(term.name, term.value) for _, term, negative in self.names.members if not negative]
        return any(sum(name == other for name, _ in kept) > 1 for other, _ in kept)

    def _compared_members(self, splits: list[str]) -> list[str]:
        """Several members of one dimension are shown side by side, unless they are asked for together."""
        if roles.together(self.names.masked):
            return splits
        positive: dict[str, dict[int, set[object]]] = {}
        for mention, term, negative in self.names.members:
            if not negative:
                numbered = self.lexicon.schema.dimensions[term.name].value == "int"
                key = hash(term.value) if numbered else mention.start  # "stores 367 and 406" is one mention of two
                positive.setdefault(term.name, {}).setdefault(key, set()).add(term.value)
        for dimension, mentioned in positive.items():
            places = {frozenset(values) for values in mentioned.values()}
            if len(places) > 1 and dimension not in splits and len(splits) < MAX_SPLITS:
                splits = [dimension, *splits]
                self.listed = dimension if not self.words.each and not self.words.share else None
        return splits

    def _filters(
        self, splits: tuple[str, ...], metrics: tuple[str, ...], last: SemanticQuery | None
    ) -> tuple[tuple[Filter, ...], Filter | None, tuple[str, ...]]:
        filters = to_filters(self.names)
        if self.words.hours:
            filters.append(Filter(dimension=self.lexicon.time_splits["hour"], op="range", values=self.words.hours))
        if last:
            named = {f.dimension for f in filters}
            filters = [f for f in last.filters if f.dimension not in named] + filters
        top = self.order.top_filter(splits)
        if top:
            filters.append(top)
        filters = [f for f in filters if not self._counted_by(f, metrics)]
        keep: Filter | None = None
        named_here = {t.name for _, t, _ in self.names.members}
        own = [f for f in filters if f.op == "in" and (f.dimension in named_here or not named_here)]
        if self.words.share and own and not (set(splits) - {f.dimension for f in own}):
            subject = self._share_subject(own)
            keep = subject
            filters = [f for f in filters if f != subject]
            splits = (subject.dimension, *(s for s in splits if s != subject.dimension))
        return tuple(filters), keep, splits

    def _counted_by(self, limit: Filter, metrics: tuple[str, ...]) -> bool:
        """ "Own brand as a part of sales": a ratio whose upper part counts nothing else is not limited to it as well."""
        known, dimension = self.lexicon.schema.metrics, self.lexicon.schema.dimensions[limit.dimension]
        column, upper = f"{dimension.table}.{dimension.column}", [known[n].numerator for n in metrics]
        same = [known[n].where == f"{column} = '{value}'" for n in upper if n for value in limit.values[:1]]
        return len(limit.values) == 1 and len(same) == len(metrics) > 0 and all(same)

    def _share_subject(self, own: list[Filter]) -> Filter:
        """Whose share is asked for: Ⓥ占…, "come from Ⓥ", "is Ⓥ"; else the first one named."""
        masked = self.names.masked
        for mention, term, _ in self.names.members:
            before, after = masked[: mention.start], masked[mention.end :]
            asked = re.match(r".{0,6}?占", after) or re.search(r"\b(?:from|is|was|are|were|by) (?:the )?$", before)
            if asked and (found := next((f for f in own if f.dimension == term.name), None)):
                return found
        for mention, term, _ in self.names.members:  # "the share of Ⓥ in Ⓥ"; "what share of Ⓥ was Ⓥ" is told above
            asked = re.search(r"\bshares? (?:of|does|did|do) (?:the )?$", masked[: mention.start])
            if asked and (found := next((f for f in own if f.dimension == term.name), None)):
                return found
        return own[0]

    def _having(self, metrics: tuple[str, ...]) -> tuple[MetricFilter, ...]:
        result = []
        places = [(s, n) for s, n in sorted(self.names.metric_places) if n in metrics]
        for threshold in self.words.thresholds:
            after = [n for s, n in places if 0 <= s - threshold.end <= 2]
            before = [n for s, n in places if s < threshold.start]
            metric = (
                after[0]
                if after
                else before[-1]
                if before
                else (metrics[0] if metrics else next(iter(self.lexicon.schema.metrics)))
            )
            ratio = self.lexicon.schema.metrics[metric].unit == "ratio"
            if self.words.change and threshold.percent and not ratio:
                result.append(_change_limit(metric, threshold, self.words.change == "down"))
                continue
            bounds = [v / 100 if v is not None and ratio and v > 1 else v for v in (threshold.low, threshold.high)]
            result.append(MetricFilter(metric=metric, low=bounds[0], high=bounds[1], strict=threshold.strict))
        return tuple(result)

    def _share(self, last: SemanticQuery | None, splits: tuple[str, ...]) -> bool:
        return self.words.share and bool(splits)


def _blanked(text: str, used: bytes) -> str:
    return "".join(" " if taken else c for c, taken in zip(text, used, strict=True))


def _change_limit(metric: str, threshold: Threshold, down: bool) -> MetricFilter:
    """ "grew more than 20 %", "fell by over 10 %": a limit on the relative change."""
    low, high = (v if v is None else abs(v) for v in (threshold.low, threshold.high))
    if down:
        low, high = (None if high is None else -high), (None if low is None else -low)
    return MetricFilter(metric=f"{metric}__change_pct", low=low, high=high, strict=threshold.strict)
