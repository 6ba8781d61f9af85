"""The splits of a change, and the members that explain it: which dimensions are read, and what stands out in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

import pandas as pd

from db.errors import QueryError
from db.semantic.schema import Dimension
from models.causes.cells import RATE_COLUMNS, SUM_COLUMNS
from models.causes.localise import HALF, Cause, localise_cells, rank
from tools.explain_data import Move, Reader, Split

PAIRED = 4  # dimensions whose pairs are read: six queries
PAIRED_MEMBERS = 500  # a dimension with more makes pairs of a handful of sales each
QUIET = 0.2  # of the change: below, no member of a dimension stands out
CANCELLED = 2.5  # a member that moved more than this much of the change was mostly undone by others
LEADING = 60  # members of the dimension that the chart shows


@dataclass(frozen=True, slots=True)
class Findings:
    """What the splits show.

    Attributes:
        splits: single dimensions whose parts sum to the change, the one that says most first.
        overlapping: dimensions asked for, or offered, whose members overlap (an order in two departments).
        causes: the smallest set that explains the change; empty where there is none. parts: what each adds to the
            change. confidence: of that set, 0–1.
        quiet: dimensions in which nobody stands out.
    """

    splits: tuple[Split, ...]
    overlapping: tuple[Split, ...]
    causes: tuple[Cause, ...] = ()
    parts: tuple[Fraction, ...] = ()
    confidence: float = 0.0
    quiet: tuple[str, ...] = ()
    strength: Mapping[str, float] = field(default_factory=dict)


def find(reader: Reader, asked: Sequence[str]) -> Findings:
    """Read the splits and localise.

    Args:
        asked: dimensions to keep to; all sensible ones without it.

    Raises:
        UnknownDimension, QueryError: a dimension that does not exist, or that the metric cannot be split by.
    """
    read = [reader.split((name,)) for name in _dimensions(reader, asked)]
    singles = [split for split in read if split is not None]
    exact = [s for s in singles if s.exact and len(s.moves) > 1 and (asked or not _same_thing(reader, s))]
    overlapping = tuple(split for split in singles if not split.exact)
    if not reader.total.part or not exact:
        return Findings(tuple(exact), overlapping)
    strength = {split.dimensions[0]: _strongest(reader, [split]) for split in exact}
    exact.sort(key=lambda split: (-strength[split.dimensions[0]], len(split.moves)))
    pairs = _pairs(reader, exact)
    every = [*_in_order(reader, exact), *pairs]
    found = localise_cells(_cells(reader, every), _total(reader))
    parts = tuple(_part(every, cause) for cause in found.causes)
    still = (name for name, net in strength.items() if net < QUIET and not _names(name, found.causes))
    quiet = tuple(sorted(still, key=lambda name: reader.schema.dimension(name).kind == "time"))
    if not _stands(reader, every, found.causes, parts):
        return Findings(tuple(exact), overlapping, quiet=quiet, strength=strength)
    return Findings(tuple(exact), overlapping, found.causes, parts, found.confidence, quiet, strength)


def leading(findings: Findings, asked: Sequence[str], order: Sequence[str]) -> Split | None:
    """The split that the chart shows: the one asked for, the cause's own, else the one that says most.

    Args:
        order: the store's dimensions; where none says anything, the first of them that has few members is shown.
    """
    if not findings.splits:
        return next(iter(findings.overlapping), None)
    by_name = {split.dimensions[0]: split for split in findings.splits}
    of_cause = [name for cause in findings.causes[:1] for name, _ in cause.members]
    for name in (*asked, *of_cause):
        if name in by_name:
            return by_name[name]
    short = [split for split in findings.splits if len(split.moves) <= LEADING and _known(split)] or findings.splits
    says = [split for split in short if findings.strength.get(split.dimensions[0], 0.0) >= QUIET]
    return says[0] if says else min(short, key=lambda split: order.index(split.dimensions[0]))


def _dimensions(reader: Reader, asked: Sequence[str]) -> list[str]:
    if asked:
        for name in asked:
            _check(reader, reader.schema.dimension(name))
        return list(dict.fromkeys(asked))
    fixed = {f.dimension for f in reader.filters if f.op == "in" and len(f.values) == 1}
    return [d.name for d in reader.schema.dimensions.values() if d.name not in fixed and _sensible(reader, d)]


def _check(reader: Reader, dimension: Dimension) -> None:
    if dimension.pii != "none" or not reader.splits_by(dimension) or dimension.kind == "number":
        raise QueryError(
            f"A change of {reader.metric.label.en.lower()} cannot be explained by {dimension.label.en.lower()}.",
            "Name another split, or none.",
        )


def _sensible(reader: Reader, dimension: Dimension) -> bool:
    """Members that stay the same from period to period; weekdays where both periods have each as often."""
    if not reader.splits_by(dimension):
        return False
    if dimension.kind == "time":
        whole_weeks = reader.periods.time.days == reader.periods.compare.days and reader.periods.time.days % 7 == 0
        return dimension.grain == "hour" or (dimension.grain == "weekday" and whole_weeks)
    return dimension.kind == "member"


def _in_order(reader: Reader, splits: Sequence[Split]) -> list[Split]:
    """As the store declares its dimensions: of equal cells (a department of one category) the first wins."""
    place = {name: i for i, name in enumerate(reader.schema.dimensions)}
    return sorted(splits, key=lambda split: place[split.dimensions[0]])


def _pairs(reader: Reader, ranked: Sequence[Split]) -> list[Split]:
    small = [split for split in ranked if len(split.moves) <= PAIRED_MEMBERS][:PAIRED]
    pairs = (reader.split((a.dimensions[0], b.dimensions[0])) for a, b in combinations(_in_order(reader, small), 2))
    return [pair for pair in pairs if pair is not None and pair.exact]


def _cells(reader: Reader, splits: Sequence[Split]) -> pd.DataFrame:
    """Members as cells; "not recorded" is no cause."""
    rows = []
    for split in splits:
        for move in split.moves:
            if all(value is not None for value in move.key):
                members = tuple(zip(split.dimensions, move.key, strict=True))
                rows.append((members, len(members), *_measures(reader, move)))
    return pd.DataFrame(rows, columns=["members", "order", *_columns(reader)])


def _columns(reader: Reader) -> tuple[str, ...]:
    return RATE_COLUMNS if reader.is_ratio else SUM_COLUMNS


def _total(reader: Reader) -> pd.Series:
    return pd.Series(_measures(reader, reader.total), index=list(_columns(reader)))


def _measures(reader: Reader, move: Move) -> list[float]:
    """A member's figures in the order of the localisation's columns."""
    sums, rates = (move.now, move.before), (move.now, move.under_now, move.before, move.under_before)
    return [float(value) for value in (rates if reader.is_ratio else sums)]


def _strongest(reader: Reader, splits: Sequence[Split]) -> float:
    """The largest share of the change that one member has by itself."""
    cells = _cells(reader, splits)
    if cells.empty:
        return 0.0
    ranked = rank(cells, _total(reader))
    whole = ranked.attrs["excess"]
    return float(ranked["net"].max() / whole) if len(ranked) and whole else 0.0


def _part(splits: Sequence[Split], cause: Cause) -> Fraction:
    names, key = tuple(name for name, _ in cause.members), tuple(value for _, value in cause.members)
    return next(m.part for split in splits if split.dimensions == names for m in split.moves if m.key == key)


def _stands(reader: Reader, splits: Sequence[Split], causes: Sequence[Cause], parts: Sequence[Fraction]) -> bool:
    """Whether the causes are more than the largest of many moves up and down that mostly cancel out."""
    if not causes:
        return False
    whole, named = reader.total.part, sum(parts, Fraction(0))
    names, keys = tuple(n for n, _ in causes[0].members), {tuple(v for _, v in cause.members) for cause in causes}
    others = [m.part for split in splits if split.dimensions == names for m in split.moves if m.key not in keys]
    against = max((-part / whole for part in others), default=Fraction(0))
    return HALF <= named / whole <= CANCELLED and against <= Fraction(1, 2) * named / whole


def _same_thing(reader: Reader, split: Split) -> bool:
    """Whether a dimension only says what a rate counts: every failed payment has a reason, no other one has."""
    rates = {rate for m in split.moves for rate in (m.value_before, m.value_now) if rate is not None}
    return reader.is_ratio and rates <= {Fraction(0), Fraction(1)}


def _known(split: Split) -> bool:
    """Whether most of it has a member: demographics known of a few customers say little."""
    missing = sum((m.before + m.now for m in split.moves if None in m.key), Fraction(0))
    return missing <= sum((m.before + m.now for m in split.moves), Fraction(0)) / 3


def _names(name: str, causes: Sequence[Cause]) -> bool:
    return any(name == dimension for cause in causes for dimension, _ in cause.members)
