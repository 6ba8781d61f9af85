"""What a share is of: a ratio that the store knows, or a part of what is measured."""

from __future__ import annotations

from dataclasses import dataclass

from agent.understand.lexicon import Lexicon
from agent.understand.modifiers import Modifiers
from agent.understand.names import Names
from agent.understand.vocabulary import Term


@dataclass(frozen=True, slots=True)
class ShareReader:
    """Settles whether the figures of one clause are wanted as shares, once they and the names are read."""

    lexicon: Lexicon
    names: Names
    words: Modifiers

    def read(self, metrics: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
        """The figures, and whether a share of them is wanted: a ratio is a share itself."""
        if whole := self._parts_beside(metrics):
            return (whole,), True
        found = self._counted_within(self._known_share(metrics))
        ratios = any(self.lexicon.schema.metrics[n].unit == "ratio" for n in found)
        if ratios:  # "the share of payments that failed"
            return found, False
        of_all = found != metrics and not (self.names.splits or self.words.grains)
        return found, self.words.share or of_all  # of all that failed, those that failed for this reason

    def _known_share(self, metrics: tuple[str, ...]) -> tuple[str, ...]:
        """ "What slice of each department's sales was our own label": a share that the store knows as a ratio."""
        known, kept = self.lexicon.schema.metrics, self.names.kept
        if not (self.words.share and len(metrics) == 1):
            return metrics
        for term in kept:
            if sum(term.name == other.name for other in kept) > 1:  # "private label versus national": two parts
                continue
            ratios = (n for n, m in known.items() if m.denominator == metrics[0] and m.numerator and not m.hidden)
            if found := next((n for n in ratios if known[known[n].numerator or ""].where == self._only(term)), None):
                return (found,)
        return metrics

    def _parts_beside(self, metrics: tuple[str, ...]) -> str | None:
        """ "Private label versus national brands": a ratio of one part, where several are named, is shared out."""
        known, kept = self.lexicon.schema.metrics, self.names.kept
        upper = known[metrics[0]].numerator if len(metrics) == 1 else None
        own = {term.name for term in kept if upper and known[upper].where == self._only(term)}
        beside = any(sum(term.name == name for term in kept) > 1 for name in own)
        return known[metrics[0]].denominator if beside else None

    def _counted_within(self, metrics: tuple[str, ...]) -> tuple[str, ...]:
        """The failure rate of payments that failed for a reason would be 100 %: those that failed are counted."""
        known, dimensions = self.lexicon.schema.metrics, self.lexicon.schema.dimensions
        told = [*(term.name for _, term, _ in self.names.members), *(name for _, name in self.names.splits)]
        within = {dimensions[name].within for name in told} - {None}
        return tuple(known[n].numerator or n if known[n].numerator in within else n for n in metrics)

    def _only(self, term: Term) -> str:
        """A metric's condition that leaves nothing but this member."""
        dimension = self.lexicon.schema.dimensions[term.name]
        return f"{dimension.table}.{dimension.column} = '{term.value}'"
