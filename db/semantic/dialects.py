"""What differs between databases: time buckets, shifting, series of days.

Buckets are dates (the first day of the bucket); weekday is 1 = Monday … 7, hour is 0 … 23. Time columns are naive and
stay in the store's own clock.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Dialect as SADialect

from db.errors import InternalError

DialectName = Literal["duckdb", "postgresql", "sqlite"]
Expr = sa.ColumnElement[Any]


def day_type(weekday: Expr) -> Expr:
    """1 for Monday to Friday, 2 for the weekend."""
    return sa.case((weekday >= sa.literal_column("6"), sa.literal_column("2")), else_=sa.literal_column("1"))


def _word(text: str) -> Expr:
    """A constant of ours written into the SQL: as a parameter, SELECT and GROUP BY would differ for PostgreSQL."""
    return sa.literal_column(f"'{text}'")


class SQLDialect:
    """DuckDB; the others say where they differ."""

    name: DialectName = "duckdb"

    @cached_property
    def _sqlalchemy(self) -> SADialect:
        from sqlalchemy.dialects import postgresql

        return postgresql.dialect(paramstyle="qmark")  # type: ignore[no-untyped-call]

    def sqlalchemy(self) -> SADialect:
        """The SQLAlchemy dialect to compile with; DuckDB reads PostgreSQL's SQL for everything we emit."""
        return self._sqlalchemy

    def day(self, value: date) -> Expr:
        """A day as a literal of the database's date type."""
        return sa.cast(sa.literal(value.isoformat(), sa.String), sa.Date)

    def moment(self, value: date) -> Expr:
        """Midnight at the start of a day, to compare a time column with."""
        return sa.cast(sa.literal(value.isoformat(), sa.String), sa.DateTime)

    def bucket(self, time: Expr, grain: str) -> Expr:
        """The bucket that a time falls in."""
        if grain == "day":
            return sa.cast(time, sa.Date)
        if grain == "day_type":
            return day_type(self.bucket(time, "weekday"))
        if grain in ("weekday", "hour"):
            return sa.cast(sa.extract("isodow" if grain == "weekday" else "hour", time), sa.Integer)
        return sa.cast(sa.func.date_trunc(_word(grain), time), sa.Date)

    def shift(self, day: Expr, grain: str, steps: int) -> Expr:
        """The bucket ``steps`` buckets later."""
        count, unit = (steps * 3, "month") if grain == "quarter" else (steps, grain)
        return sa.cast(day + sa.text(f"INTERVAL '{count} {unit}'"), sa.Date)

    def days(self, start: date, end: date) -> sa.Select[Any]:
        """Every day of ``start <= day < end`` as column ``day``."""
        last = date.fromordinal(end.toordinal() - 1)
        series = sa.func.generate_series(self.moment(start), self.moment(last), sa.text("INTERVAL '1 day'"))
        table = series.table_valued(sa.column("day", sa.DateTime)).render_derived(name="d")
        return sa.select(sa.cast(table.c.day, sa.Date).label("day"))

    def null(self, unit: str) -> Expr:
        """A missing number, for one side of a union."""
        return sa.null()

    def read(self, value: Expr, how: str, zone: str = "UTC", salt: str = "") -> Expr:
        """A column of the database as :class:`db.semantic.schema.Column` wants it read; what cannot be is NULL."""
        if how == "moment":
            return self._try(value, "TIMESTAMP")
        if how in ("seconds", "milliseconds"):
            return self._since_1970(value if how == "seconds" else value / sa.literal_column("1000.0"))
        if how == "zoned":
            return sa.func.timezone(_word(zone), value)
        if how == "number":
            return self._number(sa.func.replace(sa.cast(value, sa.String), _word(","), _word("")))
        if how == "key":
            plain = sa.func.lower(sa.func.trim(sa.cast(value, sa.String)))
            return sa.func.md5(plain.op("||")(_word(salt)))
        return sa.cast(value, sa.String) if how == "text" else value

    def _try(self, value: Expr, kind: str) -> Expr:
        return sa.func.try_cast(value.op("AS")(sa.literal_column(kind)))

    def _since_1970(self, value: Expr) -> Expr:
        return sa.func.make_timestamp(sa.cast(value * sa.literal_column("1000000"), sa.BigInteger))

    def _number(self, text: Expr) -> Expr:
        return self._try(sa.func.regexp_replace(text, _word(r"[^0-9.\-]"), _word(""), _word("g")), "DECIMAL(18, 4)")


class PostgreSQL(SQLDialect):
    """PostgreSQL: an untyped NULL in a union would become text."""

    name: DialectName = "postgresql"

    def _try(self, value: Expr, kind: str) -> Expr:
        text = sa.cast(value, sa.String)
        good = r"^\s*\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?"
        found = sa.func.substring(text, _word(good.replace("(", "(?:")))
        return sa.cast(found, sa.DateTime)

    def _since_1970(self, value: Expr) -> Expr:
        return sa.func.timezone(_word("UTC"), sa.func.to_timestamp(value))

    def _number(self, text: Expr) -> Expr:
        bare = sa.func.regexp_replace(text, _word(r"[^0-9.\-]"), _word(""), _word("g"))
        return sa.cast(sa.func.substring(bare, _word(r"^-?\d+(?:\.\d+)?$")), sa.Numeric)

    def null(self, unit: str) -> Expr:
        """A missing number, typed."""
        return sa.cast(sa.null(), sa.Numeric)


class SQLite(SQLDialect):
    """SQLite: times are text in ISO 8601."""

    name: DialectName = "sqlite"

    @cached_property
    def _sqlalchemy(self) -> SADialect:
        from sqlalchemy.dialects import sqlite

        return sqlite.dialect()

    def day(self, value: date) -> Expr:
        """A day as text."""
        return sa.literal(value.isoformat(), sa.String)

    def moment(self, value: date) -> Expr:
        """A day as text: it sorts before every time of that day."""
        return self.day(value)

    def bucket(self, time: Expr, grain: str) -> Expr:
        """The bucket that a time falls in."""
        if grain == "day_type":
            return day_type(self.bucket(time, "weekday"))
        if grain == "hour":
            return sa.cast(sa.func.strftime(_word("%H"), time), sa.Integer)
        if grain == "weekday":
            return (sa.cast(sa.func.strftime(_word("%w"), time), sa.Integer) + 6) % 7 + 1
        if grain == "week":
            return sa.func.date(time, _word("-6 days"), _word("weekday 1"))
        if grain == "quarter":
            past = (sa.cast(sa.func.strftime(_word("%m"), time), sa.Integer) - 1) % 3
            return sa.func.date(time, _word("start of month"), sa.func.printf(_word("-%d months"), past))
        return sa.func.date(time) if grain == "day" else sa.func.date(time, _word(f"start of {grain}"))

    def shift(self, day: Expr, grain: str, steps: int) -> Expr:
        """The bucket ``steps`` buckets later."""
        factor, unit = {"week": (7, "days"), "quarter": (3, "months")}.get(grain, (1, f"{grain}s"))
        return sa.func.date(day, _word(f"{steps * factor:+d} {unit}"))

    def days(self, start: date, end: date) -> sa.Select[Any]:
        """Every day of ``start <= day < end`` as column ``day``."""
        return _sqlite_days(self, start, end)

    def read(self, value: Expr, how: str, zone: str = "UTC", salt: str = "") -> Expr:
        """A column as it is to be read; moments become text of at most 19 characters, by the clock they carry."""
        if how in ("moment", "zoned"):
            return sa.func.substr(
                sa.func.replace(value, _word("T"), _word(" ")), sa.literal_column("1"), sa.literal_column("19")
            )
        return super().read(value, how, zone, salt)

    def _since_1970(self, value: Expr) -> Expr:
        return sa.func.datetime(value, _word("unixepoch"))

    def _number(self, text: Expr) -> Expr:
        for mark in "$€£¥￥元 ":
            text = sa.func.replace(text, _word(mark), _word(""))
        return sa.cast(text, sa.Float)


@lru_cache(maxsize=64)
def _sqlite_days(dialect: SQLite, start: date, end: date) -> sa.Select[Any]:
    """One and the same object for the same days: SQLAlchemy wants that of a CTE that a statement reads twice."""
    first = sa.select(dialect.day(start).label("day")).cte(f"days_{start:%Y%m%d}_{end:%Y%m%d}", recursive=True)
    following = sa.func.date(first.c.day, _word("+1 day"))
    table = first.union_all(sa.select(following).where(following < dialect.day(end)))
    return sa.select(table.c.day)


_DIALECTS: dict[str, SQLDialect] = {d.name: d for d in (SQLDialect(), PostgreSQL(), SQLite())}


def dialect_of(name: str) -> SQLDialect:
    """The dialect of that name. Raises InternalError for one we have none for."""
    if name not in _DIALECTS:
        raise InternalError(f"There is no semantic dialect '{name}'.", f"Known: {', '.join(_DIALECTS)}.")
    return _DIALECTS[name]
