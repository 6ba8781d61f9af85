"""SQL that an operator wrote, or a model that may: guarded, read-only, capped, and shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from db.engine import Store
from db.errors import PermissionRefused
from db.guard import Catalog, Dialect, TableAccess, guard
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt
from tools.evidence import Cell, Column, Evidence, Fact, Value
from tools.registry import Tool, ToolContext, ToolResult
from tools.wording import LONGEST_NAME

NAME = "run_sql"
MAX_SQL_CHARS = 4_000
SHOWN = 8  # rows, and columns, that a sentence states; the table has them all
_NAMES = re.compile(r"(?:^|_)(?:id|year|week|month|day|hour|code|number)$", re.IGNORECASE)  # numbers that count nothing


class SQLArguments(BaseModel):
    """One SELECT statement in the store's dialect."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sql: str = Field(min_length=1, max_length=MAX_SQL_CHARS)


def run(arguments: SQLArguments, context: ToolContext) -> ToolResult:
    """Run one guarded SELECT.

    Raises:
        SQLRefused: it is not on the allow-list, or this principal's row filters cannot be laid over free SQL.
        StoreError: the store cannot be read, or the query ran past its limit.
    """
    if context.row_filters:
        raise PermissionRefused("You see a part of this store only, so SQL is not open to you.", "Ask in words.")
    store = context.store
    dialect: Dialect = "postgres" if store.backend.dialect == "postgresql" else store.backend.dialect
    checked = guard(arguments.sql, _catalog(store, context.may_see_pii), dialect, context.row_cap)
    result = store.sql(checked.sql, context.query_seconds, context.row_cap)
    rows = result.rows
    evidence = Evidence(
        id=context.evidence_id,
        tool=NAME,
        args=arguments.model_dump(),
        title=Text(en="Result of your SQL", zh="SQL查询结果"),
        columns=tuple(_column(store.schema, c.name, [row[i] for row in rows]) for i, c in enumerate(result.columns)),
        rows=rows,
        sql=checked.sql,
        truncated=result.truncated,
    )
    return ToolResult(evidence, _facts(evidence, store.schema.currency))


def _catalog(store: Store, may_see_pii: bool) -> Catalog:
    live = store.backend.columns()
    sources = {name: table.source or name for name, table in store.schema.tables.items() if not table.columns}
    tables = {name: live[source] for name, source in sources.items() if name == source and source in live}
    personal = [
        f"{d.table}.{d.column}"
        for d in store.schema.dimensions.values()
        if d.pii != "none" and d.table in tables and d.column in tables[d.table]
    ]
    plain = Catalog.of(tables, [] if may_see_pii else personal)
    return Catalog({**plain.tables, **_declared(store.schema, live, may_see_pii)})


def _declared(schema: StoreSchema, live: Mapping[str, Sequence[str]], may_see_pii: bool) -> dict[str, TableAccess]:
    """Tables with columns of their own, under the database's names: what is not declared is seen by nobody."""
    hidden = {column for d in schema.dimensions.values() if d.pii != "none" for column in d.columns}
    seen: dict[str, set[str]] = {}
    for name, table in schema.tables.items():
        for own, entry in table.columns.items():
            if entry.via is None and entry.read != "key" and (may_see_pii or f"{name}.{own}" not in hidden):
                named = (entry.of, entry.times, entry.minus, entry.off)
                seen.setdefault(table.source or name, set()).update(real for real in named if real)
    found: dict[str, TableAccess] = {}
    for source, columns in seen.items():
        every = tuple(live.get(source, ()))
        apart = len({column.lower() for column in every}) == len(every)
        if every and apart:  # names that differ in capitals only are for a database that tells them apart
            last = source.rpartition(".")[2]
            last = source if last.lower() in map(str.lower, found) else last
            found[last] = TableAccess(every, frozenset(every) - columns, source if last != source else None)
    return found


def _column(schema: StoreSchema, name: str, values: Sequence[Value]) -> Column:
    """A column as the store knows it by its name; of any other, whether it counts, measures or only names."""
    known = [v for v in values if v is not None]
    if name in schema.metrics and not any(isinstance(v, str | bool) for v in known):
        return Column(name, schema.metrics[name].label, schema.metrics[name].unit)
    nameless = re.fullmatch(r"_col_\d+", name)  # what the guard calls an expression without a name
    label = Text(en="Result", zh="结果") if nameless else Text(en=name, zh=name)
    if not known or any(isinstance(v, str | bool) for v in known) or _NAMES.search(name):
        return Column(name, label, "text")
    return Column(name, label, "count" if all(isinstance(v, int) for v in known) else "number")


def _facts(evidence: Evidence, currency: str) -> tuple[Fact, ...]:
    """The rows of a short result, one after another; of a longer one how many there are."""
    rows, columns = evidence.rows, evidence.columns
    if not rows:
        return (Fact("", 0, "count", Text(en="The query gave no rows.", zh="查询没有返回任何行。"), ()),)
    if len(rows) == 1:
        items = [(c.label, _shown(rows[0][i], c, currency)) for i, c in enumerate(columns[:SHOWN])]
        text = Text(
            en=f"{'; '.join(f'{label.en}: {shown}' for label, shown in items)}.",
            zh=f"{'；'.join(f'{label.zh}：{shown}' for label, shown in items)}。",
        )
        cells = tuple(Cell(evidence.id, 0, c.name) for c in columns[:SHOWN])
        return (Fact("", rows[0][0], columns[0].unit, text, cells),)
    cut = Text(en=", cut at the row limit", zh="（已达行数上限）") if evidence.truncated else Text(en="", zh="")
    head = Text(en=f"The query gave {len(rows):,} rows{cut.en}", zh=f"查询返回{len(rows):,}行{cut.zh}")
    if len(rows) > SHOWN:
        return (Fact("", len(rows), "count", Text(en=f"{head.en}.", zh=f"{head.zh}。"), ()),)
    lines = [", ".join(_shown(v, c, currency) for v, c in zip(row, columns[:SHOWN], strict=False)) for row in rows]
    text = Text(en=f"{head.en}: {'; '.join(lines)}.", zh=f"{head.zh}：{'；'.join(lines)}。")
    cells = tuple(Cell(evidence.id, r, c.name) for r in range(len(rows)) for c in columns[:SHOWN])
    return (Fact("", len(rows), "count", text, cells),)


def _shown(value: Value, column: Column, currency: str) -> str:
    text = " ".join(fmt.number(value, column.unit, currency).split())
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"


TOOL = Tool(name=NAME, when="SQL that an operator wrote", arguments=SQLArguments, run=run)
