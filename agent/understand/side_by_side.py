"""Which of the figures that a clause names are listed side by side: "revenue and orders", 销售额、订单数."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.understand.meaning import CERTAIN, Chances
from agent.understand.metrics import surely
from agent.understand.names import Names
from agent.understand.patterns import DIMENSION, ENTITY, METRIC, PERIOD
from db.semantic.schema import StoreSchema

_BESIDE = re.compile(  # what stands between two figures that are listed
    rf"[·\s]*(?:(?:\b(?:in|for|during|over|on) )?{PERIOD}·*[·\s]*)?(?:\b(?:by|per) [{DIMENSION}{ENTITY}]·*[·\s]*)?(?:,|，|、|/|\+|&|:|\b(?:and|or|plus|vs\.?|versus|next to|beside|alongside|as well as|along with|together with)\b|[和与及跟]|以及|还有)?"
    r"[·\s]*(?:\b(?:and|or|plus|(?:for )?the|for|our|my|total|overall|also|then|number of|count of|with (?:the|their|its))\b|[和与]|以及|还有|总)?[·\s]*(?:\b(?:the|our|my|total|overall|avg|average|(?:the )?number of)\b[·\s]*)*",
    re.ASCII,
)
_APPOSED = re.compile(rf"[·\s]*(?:(?:\b(?:in|for|during|over|on) )?{PERIOD}·*[·\s]*)?[,，?]\s*", re.ASCII)
_LISTED = re.compile(
    rf"[{METRIC}{ENTITY}]+[^{METRIC}{ENTITY}]{{0,60}}?(?:\bor\b|\band\b|\bas well as\b|\b(?:along|together) with\b|&|\+|,|\bvs\b|\bversus\b|\bplus\b|\bwith (?:the|their|its)\b|[和与跟及、，/]|还[有是])"
    rf"[^{METRIC}{ENTITY}]{{0,12}}?[{METRIC}{ENTITY}]"
)
_TOGETHER = re.compile(
    rf"\bwith (?:the|their|its) (?:\w+ )?[{METRIC}{ENTITY}]|[{METRIC}{ENTITY}]·* (?:for|of|in|at) (?:each|both|either)\b|[{METRIC}{ENTITY}]·*[^,，]{{0,2}}也?(?:带上|要|算上|附上)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Settles a list of named figures of one clause.

    Attributes:
        meant: how likely its wording means each metric.
        whom: the metrics whose nouns may as well say of whom something is asked ("customers").
    """

    text: str
    schema: StoreSchema
    names: Names
    meant: Chances
    whom: frozenset[str] = frozenset()

    def read(self) -> tuple[str, ...]:
        """The metrics that are listed; none where fewer than two are, or the wording surely means one of those named apart."""
        if len(self.names.metrics) < 2:
            return ()
        longest = self._longest()
        if len(longest) > 1 and self._runs_together(longest):
            return ()
        if len(longest) > 1:
            return () if self._is_apposed(longest) else tuple(longest)
        masked = self.names.masked
        sure = max(self.meant.values(), default=0.0) >= CERTAIN and not _TOGETHER.search(masked)
        return () if sure or not _LISTED.search(masked) else tuple(self.names.metrics)

    def _runs_together(self, run: Sequence[str]) -> bool:
        """平均每一单优惠掉多少: names without a mark between them, where the wording surely means one that is none of them."""
        likeliest, chance = next(iter(self.meant.items()), ("", 0.0))
        if likeliest in run or chance < CERTAIN or self.text.isascii():
            return False
        if any(name in self.whom for name in run):  # 65岁以上的顾客，优惠券抵掉了多少钱
            return True
        return not any(self._between(one, two).strip("· ") for one, two in pairwise(run))

    def _longest(self) -> list[str]:
        """The longest run of metrics between any two of which nothing stands but what lists them."""
        runs: list[list[str]] = [[]]
        before: int | None = None
        for start, name in sorted(self.names.metric_places):
            if before is None or not self._are_joined(self.names.masked[before + 1 : start]):
                runs.append([])
            runs[-1] += [name] if name not in runs[-1] else []
            before = start
        longest = max(runs, key=len)
        return longest[1:] if len(longest) > 2 and self._is_topic(longest) else longest

    def _are_joined(self, between: str) -> bool:
        """Whether what stands between two figures lists them; a mere space does so in Chinese alone."""
        return bool(_BESIDE.fullmatch(between)) and (bool(between.strip("· ")) or not self.text.isascii())

    def _is_topic(self, run: Sequence[str]) -> bool:
        """从简报来的流量，转化率和跳出率: what the ratios are of, set before them by a comma, where lists have another mark."""
        whole = all(run[0] in self._parts(name) for name in run[1:])
        return whole and not self.text.isascii() and bool(_APPOSED.fullmatch(self._between(run[0], run[1])))

    def _is_apposed(self, run: Sequence[str]) -> bool:
        """ "How full are the baskets, items per order": a ratio behind a comma that says again what a count is about."""
        told = len(run) == 2 and surely(self.meant) == run[1] and run[0] in self._parts(run[1])
        return told and bool(_APPOSED.fullmatch(self._between(run[0], run[1])))

    def _parts(self, ratio: str) -> tuple[str | None, str | None]:
        return self.schema.metrics[ratio].numerator, self.schema.metrics[ratio].denominator

    def _between(self, one: str, two: str) -> str:
        starts = {name: start for start, name in sorted(self.names.metric_places, reverse=True)}
        return self.names.masked[starts[one] + 1 : starts[two]]
