"""SQL that an operator wrote, or a model that may: guarded, read-only, capped, and shown."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from db.engine import Store
from db.errors import PermissionRefused
from db.guard import Catalog, Dialect, guard
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Cell, Column, Evidence, Fact, Unit, Value
from tools.registry import Tool, ToolContext, ToolResult

NAME = "run_sql"
MAX_SQL_CHARS = 4_000


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
        columns=tuple(Column(c.name, c.label, _unit(rows, i)) for i, c in enumerate(result.columns)),
        rows=rows,
        sql=checked.sql,
        truncated=result.truncated,
    )
    return ToolResult(evidence, _facts(evidence))


def _catalog(store: Store, may_see_pii: bool) -> Catalog:
    live = store.backend.columns()
    sources = {name: table.source or name for name, table in store.schema.tables.items()}
    tables = {name: live[source] for name, source in sources.items() if name == source and source in live}
    personal = [
        f"{d.table}.{d.column}"
        for d in store.schema.dimensions.values()
        if d.pii != "none" and d.table in tables and d.column in tables[d.table]
    ]
    return Catalog.of(tables, [] if may_see_pii else personal)


def _unit(rows: tuple[tuple[Value, ...], ...], index: int) -> Unit:
    values = [row[index] for row in rows if row[index] is not None]
    numeric = bool(values) and all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in values)
    return "number" if numeric else "text"


def _facts(evidence: Evidence) -> tuple[Fact, ...]:
    count = len(evidence.rows)
    if count == 1 and len(evidence.columns) == 1:
        value, column = evidence.rows[0][0], evidence.columns[0]
        shown = fmt.number(value, column.unit)
        text = Text(en=f"{column.name}: {shown}.", zh=f"{column.name}：{shown}。")
        return (Fact("", value, column.unit, text, (Cell(evidence.id, 0, column.name),)),)
    more = Text(en=" (cut at the row limit)", zh="（已达行数上限）") if evidence.truncated else Text(en="", zh="")
    text = Text(en=f"The query gave {count} rows{more.en}.", zh=f"查询返回{count}行{more.zh}。")
    return (Fact("", count, "count", text, ()),)


TOOL = Tool(name=NAME, when="SQL that an operator wrote", arguments=SQLArguments, run=run)
