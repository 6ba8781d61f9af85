"""The store YAML as types: what a store measures and by what it can be split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from db.errors import QueryError, UnknownDimension, UnknownMetric
from db.semantic.nearest import suggestion

Origin = Literal["recorded", "simulated"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Strict):
    """The same words in both languages."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """The words in ``language`` ("en" or "zh")."""
        return self.zh if language == "zh" else self.en


class Words(_Strict):
    """Synonyms by language; matched without regard to case, plural or full/half width."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()


class Metric(_Strict):
    """One number that the store can compute, at any grain.

    A *base* metric is an aggregate over one fact table: ``expr`` is SQL in which every column is written
    ``table.column`` (columns of joined tables too), ``where`` limits the rows it sees. With ``entity`` it is two-level:
    rows are grouped by the entity, entities failing ``entity_having`` are dropped, and the rest are counted. A *ratio*
    names two metrics and is computed from their values at the asked grain; a zero denominator gives NULL.

    ``additive``: the values of any split sum to the total. ``additive_time``: at least those of a split by time do.
    ``time``: the ``table.column`` that dates a row, where it is not the table's own. ``hidden``: a part of another
    metric, not offered to operators.
    """

    name: str = ""
    label: Text
    synonyms: Words = Words()
    hints: Words = Words()  # weak words ("sold", "busy"): they name the metric only where nothing else does
    description: Text
    unit: Literal["currency", "count", "ratio", "number"]
    good: Literal["up", "down", "neutral"] = "up"
    table: str | None = None  # fact table of a base metric
    expr: str | None = None  # see compiler: aggregate over the fact table's columns
    where: str | None = None
    numerator: str | None = None  # a ratio names two metrics
    denominator: str | None = None
    additive: bool = False
    additive_time: bool = False
    time: str | None = None
    entity: str | None = None
    entity_having: str | None = None
    hidden: bool = False
    origin: Origin = "recorded"

    @property
    def is_ratio(self) -> bool:
        """Whether the metric is computed from two others."""
        return self.numerator is not None

    @property
    def sums_over_time(self) -> bool:
        """Whether the values of consecutive periods sum to the value of the whole."""
        return self.additive or self.additive_time

    @property
    def empty_is_zero(self) -> bool:
        """Whether no rows mean zero (sums and counts) and not "unknown" (averages, ratios)."""
        if self.is_ratio:
            return False
        return self.entity is not None or (self.expr or "").lower().lstrip().startswith(("sum", "count"))


class Member(_Strict):
    """One value of a dimension with the words people use for it."""

    label: Text | None = None
    synonyms: Words = Words()


class Group(_Strict):
    """Words that mean several members of a dimension at once ("with kids")."""

    members: tuple[str, ...]
    synonyms: Words


class Dimension(_Strict):
    """Something a metric can be split or filtered by.

    A time dimension has a ``grain`` and takes its column from each metric's own time. A member dimension has a
    ``table`` and ``column``; ``also`` names the same thing in other fact tables, as ``table.column``. ``fill``: whether
    empty periods are shown for each member (off where there are too many members). ``within``: the metric that
    counts the only rows with a member (failed payments alone have a reason of failure).
    """

    name: str = ""
    label: Text
    synonyms: Words = Words()
    kind: Literal["member", "time", "number"] = "member"
    table: str | None = None
    column: str | None = None
    grain: Literal["hour", "day", "weekday", "day_type", "week", "month", "quarter", "year"] | None = None
    ordered: tuple[str, ...] = ()  # natural order of members ("Under 15K" before "15-24K")
    pii: Literal["none", "pseudonym", "personal"] = "none"
    members: dict[str, Member] = Field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    also: tuple[str, ...] = ()
    value: Literal["text", "int"] = "text"
    fill: bool = True
    within: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every ``table.column`` that holds the dimension, the main one first."""
        return ((f"{self.table}.{self.column}",) if self.table else ()) + self.also


class Unavailable(_Strict):
    """Something operators ask for that this store's data cannot answer, and why.

    ``unless``: metrics beside which its words mean no such thing ("online" of visits to the site).
    """

    label: Text
    synonyms: Words
    why: Text
    unless: tuple[str, ...] = ()


class Column(_Strict):
    """A column of the database under the store's own name for it; ``db.semantic.columns`` writes it as SQL.

    ``of`` is its name in the database, whatever it is; with ``via``, a column of another declared table, to which this
    one has a join. ``times``, ``minus`` and ``off`` (a fraction) are further columns of the same table:
    ``(of * times - minus) * (1 - off)``. ``read``:
    a text as a ``moment`` or a ``number``, seconds or milliseconds since 1970, a moment with a zone in the store's
    ``time_zone``, anything as ``text``, or a person's address as a ``key`` that tells people apart and no more.
    ``pick``: the first or the last value, where the table has one row for each of ``per``.
    """

    of: str
    via: str | None = None
    read: Literal["plain", "moment", "seconds", "milliseconds", "zoned", "number", "text", "key"] = "plain"
    times: str | None = None
    minus: str | None = None
    off: str | None = None
    pick: Literal["min", "max"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"of": value} if isinstance(value, str) else value


class Table(_Strict):
    """One table of the store.

    ``time`` is the column that dates its rows, of its own or of a joined table (``table.column``); ``clock`` says
    whether it carries the time of day. ``source`` is the name in the database where it differs (``schema.table``).
    ``columns``: where they are given, the table has these and no others, under these names, for SQL too.
    ``per``: it has one row for each value of these database columns.
    """

    key: tuple[str, ...] = ()
    time: str | None = None
    clock: bool = False
    source: str | None = None
    columns: dict[str, Column] = Field(default_factory=dict)
    per: tuple[str, ...] = ()


class Join(_Strict):
    """A many-to-one path: each row of ``left`` (``table.column``) has at most one partner in ``right``."""

    left: str
    right: str


class Role(_Strict):
    """Where a store keeps the rows of one role (:mod:`db.semantic.roles`): its table, and field → column."""

    table: str
    columns: dict[str, str]


_QUOTED = re.compile(r"'(?:[^']|'')*'")
_REFERENCE = re.compile(r"\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)\b")


def references(*expressions: str | None) -> tuple[tuple[str, str], ...]:
    """The ``(table, column)`` pairs that SQL expressions mention, in order, once each.

    >>> references("sum(t.a + t.b)", "p.c not in ('x.y')")
    (('t', 'a'), ('t', 'b'), ('p', 'c'))
    """
    found = (match.groups() for text in expressions if text for match in _REFERENCE.finditer(_QUOTED.sub("''", text)))
    return tuple(dict.fromkeys((pair[0], pair[1]) for pair in found))


class StoreSchema(_Strict):
    """Everything the YAML says about one store; see :func:`db.semantic.load.load_store_schema`."""

    name: str
    label: Text
    description: Text = Text(en="", zh="")
    currency: str = "USD"
    time_zone: str = Field("UTC", pattern=r"^[A-Za-z0-9_+/-]{1,64}$")  # of moments that carry a zone
    salt: str = Field("", pattern=r"^[0-9a-f]*$")  # of columns read as a key
    default_time: str
    default_split: str | None = None  # what "what sells best" is answered by
    tables: dict[str, Table]
    joins: tuple[Join, ...] = ()
    metrics: dict[str, Metric]
    dimensions: dict[str, Dimension]
    unavailable: dict[str, Unavailable] = Field(default_factory=dict)
    roles: dict[str, Role] = Field(default_factory=dict)
    ambiguous: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # word -> what it may mean: metrics, dimensions
    shared: tuple[str, ...] = ()  # words that truly mean several members of one dimension

    def metric(self, name: str) -> Metric:
        """The metric of that name. Raises UnknownMetric, naming the nearest."""
        if name not in self.metrics:
            raise UnknownMetric(f"There is no metric '{name}'{suggestion(name, self.metrics)}.")
        return self.metrics[name]

    def dimension(self, name: str) -> Dimension:
        """The dimension of that name. Raises UnknownDimension, naming the nearest."""
        if name not in self.dimensions:
            raise UnknownDimension(f"There is no dimension '{name}'{suggestion(name, self.dimensions)}.")
        return self.dimensions[name]

    def offered(self) -> Iterator[Metric]:
        """The metrics an operator may ask for, in the YAML's order."""
        return (metric for metric in self.metrics.values() if not metric.hidden)

    def parts(self, name: str) -> tuple[Metric, ...]:
        """The base metrics that a metric is computed from; a base metric is its own part."""
        metric = self.metric(name)
        if not metric.is_ratio:
            return (metric,)
        return tuple(dict.fromkeys((*self.parts(metric.numerator or ""), *self.parts(metric.denominator or ""))))

    def time_of(self, metric: Metric) -> str | None:
        """The ``table.column`` that dates a base metric's rows."""
        time = metric.time or self.tables[metric.table or ""].time
        return time if time is None or "." in time else f"{metric.table}.{time}"

    def can_split(self, metric: str, dimension: str) -> bool:
        """Whether every part of the metric can be split and filtered by the dimension."""
        return all(self.column_of(part, self.dimension(dimension)) is not None for part in self.parts(metric))

    def column_of(self, metric: Metric, dimension: Dimension) -> str | None:
        """The ``table.column`` that holds a dimension for a base metric, None where there is no path to it."""
        return self.column_in(metric.table or "", self.time_of(metric), dimension)

    def column_in(self, table: str, time: str | None, dimension: Dimension) -> str | None:
        """The ``table.column`` that holds a dimension for a table's rows, None where there is no path to it.

        Args:
            time: the ``table.column`` that dates those rows; parts of time are read from it.
        """
        if dimension.kind == "time":
            return None if dimension.grain == "hour" and not (time and self._clock(time)) else time
        reach = self.paths(table)
        own = [column for column in dimension.columns if column.split(".")[0] == table]
        return next((c for c in (*own, *dimension.columns) if c.split(".")[0] in reach), None)

    def _clock(self, time: str) -> bool:
        table, column = time.split(".")
        return self.tables[table].clock and (self.tables[table].time or "").split(".")[-1] == column

    def paths(self, fact: str) -> dict[str, tuple[Join, ...]]:
        """Each table that can be reached from a fact table without fan-out, with the shortest way to it."""
        return self._paths[fact]

    @cached_property
    def _paths(self) -> dict[str, dict[str, tuple[Join, ...]]]:
        return {name: self._search(name) for name in self.tables}

    def _search(self, fact: str) -> dict[str, tuple[Join, ...]]:
        found: dict[str, tuple[Join, ...]] = {fact: ()}
        queue = [fact]
        for table in queue:
            for join in self.joins:
                target = join.right.split(".")[0]
                if join.left.split(".")[0] == table and target not in found:
                    found[target] = (*found[table], join)
                    queue.append(target)
        return found

    def joins_for(self, fact: str, tables: Iterable[str]) -> tuple[Join, ...]:
        """The joins, in order, that bring the tables to the fact table. Raises QueryError where there is no path."""
        reach = self.paths(fact)
        missing = [table for table in tables if table not in reach]
        if missing:
            raise QueryError(f"There is no join from table {fact} to table {missing[0]}.")
        return tuple(dict.fromkeys(join for table in tables for join in reach[table]))
