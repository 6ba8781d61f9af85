"""The parts of the rewriting that make a checked tree safe by its structure.

Every table reference becomes a subquery of the columns that the statement may read, of the rows that the principal may
see. A name that was resolved wrongly, or a way to reach a column that nobody thought of (``rowid``, whole rows, an
alias that hides a column), then finds nothing there.
"""

from __future__ import annotations

from sqlglot import exp

from db.errors import SchemaError
from db.guard.catalog import Catalog, RowFilter

ANSWER = "answer"


def check_filters(filters: tuple[RowFilter, ...], catalog: Catalog) -> None:
    """Raise SchemaError for a filter that would filter nothing: a misspelt name must not open the table."""
    for one in filters:
        name = catalog.spelled(one.table)
        if name is None:
            raise SchemaError(f"A row filter names table '{one.table}', which the store does not have.")
        if catalog.tables[name].spelled(one.column) is None:
            raise SchemaError(f"A row filter names column '{one.table}.{one.column}', which the store does not have.")


def name_outputs(tree: exp.Query, dialect: str) -> None:
    """Give each output column of the outermost query a name of its own: its text, or a number where names repeat."""
    query: exp.Expr = tree
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    seen: set[str] = set()
    for projection in list(query.expressions) if isinstance(query, exp.Select) else []:
        if isinstance(projection, exp.Star) or (isinstance(projection, exp.Column) and projection.is_star):
            continue
        name = projection.alias_or_name or projection.sql(dialect, comments=False).lower()[:60]
        fresh = name
        number = 2
        while fresh in seen:
            fresh, number = f"{name}_{number}", number + 1
        seen.add(fresh)
        if fresh != projection.alias_or_name:
            value = projection.this if isinstance(projection, exp.Alias) else projection
            projection.replace(exp.Alias(this=value.copy(), alias=exp.to_identifier(fresh, quoted=True)))


def narrow(
    tree: exp.Query, reads: dict[int, tuple[str, ...]], catalog: Catalog, filters: tuple[RowFilter, ...]
) -> None:
    """Replace each table reference of ``reads`` (by ``id``) by a subquery of its allowed columns and rows."""
    for table in list(tree.find_all(exp.Table)):
        if id(table) in reads:
            alias = table.alias_or_name
            inner = _allowed(catalog, table.name, reads[id(table)], filters)
            table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(alias))))


def _allowed(catalog: Catalog, table: str, columns: tuple[str, ...], filters: tuple[RowFilter, ...]) -> exp.Select:
    name = catalog.spelled(table) or table
    access = catalog.tables[name]
    parts = (access.source or name).split(".")
    shown: list[exp.Expr] = [
        exp.Column(this=exp.to_identifier(column))
        if column == column.lower()
        else exp.Alias(this=exp.Column(this=exp.to_identifier(column)), alias=exp.to_identifier(column.lower()))
        for column in columns
    ]
    source = exp.Table(**dict(zip(("this", "db", "catalog"), map(exp.to_identifier, reversed(parts)), strict=False)))
    query = exp.Select(expressions=shown or [exp.Literal.number(1)], from_=exp.From(this=source))
    own = [one for one in filters if catalog.spelled(one.table) == name]
    conditions = [_condition(one, access.spelled(one.column) or one.column) for one in own]
    return query.where(*conditions, copy=False) if conditions else query


def _condition(one: RowFilter, column: str) -> exp.Expr:
    if not one.values:
        return exp.false()
    values = [exp.convert(value) for value in one.values]
    return exp.In(this=exp.Column(this=exp.to_identifier(column)), expressions=values)


def cap(tree: exp.Query, rows: int) -> exp.Select:
    """The tree inside ``SELECT * FROM (…) LIMIT rows``.

    An ordered query without a limit gets the same limit inside: SQL does not promise that a subquery's order survives,
    but the rows kept are then the right ones, and the engine can sort for the top rows only.
    """
    limit = exp.Limit(expression=exp.Literal.number(rows))
    if tree.args.get("order") and not tree.args.get("limit"):
        tree.set("limit", limit.copy())
    inner = exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier(ANSWER)))
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=inner), limit=limit)
