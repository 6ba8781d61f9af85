"""What a run comes to: shares, parity, tokens, times. Pure; :mod:`agent.evaluation.report` shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from agent.evaluation.run import STAGES, Outcome
from models.llm.base import Usage


@dataclass(frozen=True, slots=True)
class Score:
    """Right answers of so many asked."""

    right: int
    asked: int

    @property
    def share(self) -> float:
        """The right part, 0–1; 0 where nothing was asked."""
        return self.right / self.asked if self.asked else 0.0

    def __str__(self) -> str:
        return f"{self.right}/{self.asked}" if self.asked else "–"


@dataclass(frozen=True, slots=True)
class Parity:
    """Pairs that mean the same in both languages, by how many of the two are right."""

    both: int
    one: int
    none: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile in ms, over ``count`` questions."""

    median: float
    p95: float
    count: int


def score(outcomes: Iterable[Outcome]) -> Score:
    """How many are right."""
    verdicts = [outcome.right for outcome in outcomes]
    return Score(sum(verdicts), len(verdicts))


def table(outcomes: Sequence[Outcome], row: Callable[[Outcome], str]) -> dict[str, dict[tuple[str, str], Score]]:
    """Scores by row (a kind, a reason…) and then by (split, language), rows in the order in which they come."""
    names = dict.fromkeys(row(outcome) for outcome in outcomes)
    return {name: by_column([o for o in outcomes if row(o) == name]) for name in names}


def by_column(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], Score]:
    """Scores by (split, language), sorted."""
    columns = sorted({(o.split, o.language) for o in outcomes})
    return {column: score(o for o in outcomes if (o.split, o.language) == column) for column in columns}


def parity(outcomes: Iterable[Outcome]) -> Parity:
    """Over the pairs of which both languages were asked."""
    pairs: dict[str, dict[str, bool]] = {}
    for outcome in outcomes:
        if outcome.pair:
            pairs.setdefault(outcome.pair, {})[outcome.language] = outcome.right
    counts = Counter(sum(rights.values()) for rights in pairs.values() if len(rights) == 2)
    return Parity(counts[2], counts[1], counts[0])


def reasons(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Why the wrong ones are wrong, most frequent first."""
    return Counter(outcome.reason for outcome in outcomes if not outcome.right)


def tokens(outcomes: Iterable[Outcome]) -> Usage:
    """All tokens together."""
    return sum((outcome.tokens for outcome in outcomes), Usage())


def stages(outcomes: Sequence[Outcome]) -> dict[str, Spread]:
    """The spread of each stage over the questions that came to it: of planning and composing only the model's own.

    ``one tool`` is the total of the answers that the model planned with one call.
    """
    answered = [o for o in outcomes if o.status == "answered"]
    planned = [o for o in outcomes if o.planner == "model" and o.tokens.completion]
    found = {}
    for stage in STAGES:
        over = {"understand": outcomes, "total": outcomes, "plan": planned}.get(stage, answered)
        found[stage] = spread([o.timings[stage] for o in over])
    one = [o.timings["total"] for o in planned if o.calls == 1 and o.status == "answered"]
    return {**found, "one tool": spread(one)}


def spread(values: Sequence[float]) -> Spread:
    """Median and 95th percentile (nearest rank).

    >>> spread([1.0, 2.0, 3.0, 4.0, 100.0])
    Spread(median=3.0, p95=100.0, count=5)
    """
    if not values:
        return Spread(0.0, 0.0, 0)
    ranked = sorted(values)
    return Spread(median(ranked), ranked[ceil(0.95 * len(ranked)) - 1], len(ranked))


def lowest(outcomes: Sequence[Outcome]) -> float:
    """The lowest share of right answers among the languages of each split."""
    return min((found.share for found in by_column(outcomes).values()), default=0.0)


def turned(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...]]:
    """The questions of both runs that turned right, and those that turned wrong, as they are in ``after``."""
    was = {outcome.id: outcome.right for outcome in before}
    both = [outcome for outcome in after if outcome.id in was]
    better = tuple(o for o in both if o.right and not was[o.id])
    return better, tuple(o for o in both if not o.right and was[o.id])
