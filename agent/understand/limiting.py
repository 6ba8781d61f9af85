"""What a clause limits its figures to: the members it names, whose share it asks for, and bounds of the figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.understand.lexicon import Lexicon
from agent.understand.modifiers import Modifiers, Threshold
from agent.understand.names import Names, to_filters
from agent.understand.ordering import OrderReader
from db.semantic.query import Filter, MetricFilter, SemanticQuery
from db.semantic.schema import StoreSchema


@dataclass(frozen=True, slots=True)
class LimitReader:
    """Settles the conditions of one clause, once its names, modifiers and order are read."""

    lexicon: Lexicon
    names: Names
    words: Modifiers
    order: OrderReader

    def filters(
        self, splits: tuple[str, ...], metrics: tuple[str, ...], last: SemanticQuery | None
    ) -> tuple[tuple[Filter, ...], Filter | None, tuple[str, ...]]:
        """The conditions, the one that a share is of, and the splits, that one's among them."""
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
            subject = self._share_subject(own, splits)
            keep = subject
            filters = [f for f in filters if f != subject]
            splits = (subject.dimension, *(s for s in splits if s != subject.dimension))
        return tuple(filters), keep, splits

    def _counted_by(self, limit: Filter, metrics: tuple[str, ...]) -> bool:
        """ "Own brand as a part of sales": a ratio whose upper part is that alone is not limited to it too."""
        known, dimension = self.lexicon.schema.metrics, self.lexicon.schema.dimensions[limit.dimension]
        column, upper = f"{dimension.table}.{dimension.column}", [known[n].numerator for n in metrics]
        same = [known[n].where == f"{column} = '{value}'" for n in upper if n for value in limit.values[:1]]
        return len(limit.values) == 1 and len(same) == len(metrics) > 0 and all(same)

    def _share_subject(self, own: Sequence[Filter], splits: tuple[str, ...]) -> Filter:
        """Whose share is asked for: Ⓥ占…, "come from Ⓥ", "is Ⓥ"; those set beside one another; else the first named."""
        masked = self.names.masked
        for mention, term, _ in self.names.members:
            before, after = masked[: mention.start], masked[mention.end :]
            asked = re.match(r".{0,6}?(?:占|贡献)", after) or re.search(
                r"\b(?:from|is|was|are|were|by) (?:the )?$", before
            )
            if asked and (found := next((f for f in own if f.dimension == term.name), None)):
                return found
        for mention, term, _ in self.names.members:  # "the share of Ⓥ in Ⓥ"; "what share of Ⓥ was Ⓥ" is told above
            asked = re.search(r"\bshares? (?:of|does|did|do) (?:the )?$", masked[: mention.start])
            if asked and (found := next((f for f in own if f.dimension == term.name), None)):
                return found
        beside = (limit for limit in own if limit.dimension in splits and len(limit.values) > 1)
        return next(beside, own[0])

    def having(self, metrics: tuple[str, ...]) -> tuple[MetricFilter, ...]:
        """The bounds of figures ("more than 20 orders")."""
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
            if threshold.low in (1, 2) and counts_by_orders(metric, self.lexicon.schema):
                continue  # "bought twice or more": what the figure means
            ratio = self.lexicon.schema.metrics[metric].unit == "ratio"
            if self.words.change and threshold.percent and not ratio:
                result.append(_change_limit(metric, threshold, self.words.change == "down"))
                continue
            bounds = [v / 100 if v is not None and ratio and v > 1 else v for v in (threshold.low, threshold.high)]
            result.append(MetricFilter(metric=metric, low=bounds[0], high=bounds[1], strict=threshold.strict))
        return tuple(result)


def counts_by_orders(metric: str, schema: StoreSchema) -> bool:
    """Whether a metric counts customers by how often they bought, or is their part of all."""
    counted = schema.metrics[metric].numerator or metric
    return bool(schema.metrics[counted].entity_having)


def _change_limit(metric: str, threshold: Threshold, down: bool) -> MetricFilter:
    """ "grew more than 20 %", "fell by over 10 %": a limit on the relative change."""
    low, high = (v if v is None else abs(v) for v in (threshold.low, threshold.high))
    if down:
        low, high = (None if high is None else -high), (None if low is None else -low)
    return MetricFilter(metric=f"{metric}__change_pct", low=low, high=high, strict=threshold.strict)
