"""In which order, how many, and within what: superlatives, rankings, growth, follow-ups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from agent.understand.amounts import count_at_end
from agent.understand.lexicon import Lexicon
from agent.understand.modifiers import Modifiers
from agent.understand.names import Names
from agent.understand.patterns import DEFAULT_TOP
from db.semantic.query import Filter, SemanticQuery

_COMPARATIVE = re.compile(r"\b(?:more|higher|bigger|better|larger|less|fewer|lower|worse|smaller)\b|更", re.ASCII)
_SUPERLATIVE = re.compile(
    r"\b(?:most|highest|biggest|best|largest|least|fewest|lowest|worst|smallest|top|bottom)\b|最|前", re.ASCII
)
MOST_ROWS = 1000
OrderBy = Literal["metric", "change", "change_pct"]


@dataclass(frozen=True, slots=True)
class Ordering:
    """What to sort by, which way, how many rows, and within which split the limit holds."""

    order_by: OrderBy | None = None
    direction: Literal["asc", "desc"] | None = None
    limit: int | None = None
    limit_per: str | None = None


@dataclass(frozen=True, slots=True)
class OrderReader:
    """Reads the order of one clause."""

    text: str
    words: Modifiers
    names: Names
    lexicon: Lexicon

    def read(self, splits: tuple[str, ...], metrics: tuple[str, ...], last: SemanticQuery | None) -> Ordering:
        """The order that the words ask for; a follow-up keeps the one before where the split is the same."""
        words = self.words
        by_change = bool(splits) and bool(words.change) and not words.trend and not (words.grains and not words.ranked)
        direction: Literal["asc", "desc"] | None = words.direction
        if by_change and (words.ranked or words.relative or not words.grains):
            direction = "asc" if words.change == "down" else ("asc" if words.direction == "asc" else "desc")
            kind: OrderBy = "change_pct" if words.relative else "change"
            limit = self._limit(splits) if words.ranked or words.relative else None
            return Ordering(kind, direction, limit)
        if not words.ranked or not splits:
            kept = last if last and last.order and set(last.group_by) == set(splits) else None
            if kept is None or kept.order is None:
                return Ordering()
            by_metric = kept.order.by in kept.metrics
            return Ordering("metric" if by_metric else None, kept.order.direction, kept.limit, kept.limit_per)
        if words.judged and metrics and self.lexicon.schema.metrics[metrics[0]].good == "down":
            direction = "asc" if direction == "desc" else "desc"
        limit = None if self.top_filter(splits) else self._limit(splits)
        ranked = self.ranked_split(splits)
        per = next((s for s in splits if s != ranked), None) if len(splits) > 1 and ranked and limit else None
        return Ordering("metric", direction, limit, per)

    def _limit(self, splits: tuple[str, ...]) -> int | None:
        if limit := self.words.limit or count_at_end(self.text):
            return min(limit, MOST_ROWS)
        if not _SUPERLATIVE.search(self.text) and _COMPARATIVE.search(self.text):
            return None  # "which brand sells more": all of them are shown
        if re.search(
            r"\b(?:rank(?:ed|ing)?|sort(?:ed)?|order(?:ed)? by)\b|排个?名|排行|排个?序|从高到低|从低到高", self.text
        ) and not re.search(r"第一|最", self.text):
            return None
        if re.search(r"(?:est|most|worst)(?: \w+){0,2} first\b", self.text):  # "biggest amount first" only orders
            return None
        plural = bool(self.names.plural & set(splits)) or bool(re.search(r"哪些|哪几|有哪", self.text))
        plural = plural or bool(
            re.search(r"\b(?:days|weeks|months|quarters|hours)\b", self.text)
            and not re.search(
                r"\b(?:which|what|one) (?:day|week|month|quarter|hour)\b|\bof the (?:days|months)\b|\bone of\b",
                self.text,
            )
        )
        return DEFAULT_TOP if plural else 1

    def top_filter(self, splits: tuple[str, ...]) -> Filter | None:
        """ "by month for the top 3 departments": members are chosen first, then split by something else."""
        limit = self.words.limit
        if not limit or len(splits) < 2:
            return None
        match = re.search(
            r"(?:\bfor|\bof|\bin|\bamong|\bacross|\bwithin) (?:the |our )?(?:\w+ )?(?:top|best|bottom|worst|largest|biggest|smallest|leading|highest|lowest)\b",
            self.names.masked,
        )
        ranked = self.ranked_split(splits)
        if not match or not ranked or self.lexicon.schema.dimensions[ranked].kind == "time":
            return None
        metric = self.names.metrics[0] if self.names.metrics else next(iter(self.lexicon.schema.metrics))
        return Filter(
            dimension=ranked, op="bottom" if self.words.direction == "asc" else "top", values=(limit,), by=metric
        )

    def ranked_split(self, splits: tuple[str, ...]) -> str | None:
        """The split that stands behind the superlative."""
        match = re.search(
            r"\b(?:top|best|worst|bottom|highest|lowest|most|least|fewest|biggest|largest|smallest|leading)\b|前|最|后|倒数",
            self.names.masked,
            re.ASCII,
        )
        places = sorted(self.names.splits)
        if not match or not places:
            return None
        after = [name for start, name in places if start >= match.start()]
        return after[0] if after else None
