"""Which table and column each name in a statement means.

SQL's scoping is lexical, so both questions are answered by walking outwards from the name. The answers need not be
right for the statement to be safe (see ``rewrite``): they choose the sentence that refuses it and the columns it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from db.errors import SQLMistake, SQLRefused
from db.guard.catalog import Catalog
from db.semantic.nearest import suggestion

# Where a name given by AS may be used; among the expressions themselves only behind its own, and only in DuckDB.
_ALIAS_CLAUSES = frozenset(["expressions", "where", "group", "having", "qualify", "order"])
_SYSTEM = ("pg_", "sqlite_", "duckdb_", "information_schema", "pragma_")


def lower_names(tree: exp.Expr) -> None:
    """Write every name in lower case: names are matched without regard to case in every dialect."""
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", identifier.name.lower())


def bind_tables(tree: exp.Expr, catalog: Catalog) -> None:
    """Check that every table is in the catalog or a WITH name in reach, and write it without its schema.

    Raises:
        SQLMistake: there is no such table.
        SQLRefused: a system table, a foreign schema, or a WITH name that hides a table.
    """
    _check_with_names(tree, catalog)
    sources = {(table.source or name).lower(): name for name, table in catalog.tables.items()}
    for table in tree.find_all(exp.Table):
        if not table.db and in_with(table):
            continue
        written = f"{table.db}.{table.name}" if table.db else table.name
        name = sources.get(written) if table.db else catalog.spelled(written) or sources.get(written)
        if name is None:
            raise _no_table(written, catalog)
        if not table.alias:  # columns go on calling the table by its last name
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        elif table.args["alias"].args.get("columns"):
            raise SQLRefused("Renaming a table's columns in FROM is not allowed.", "Use AS behind each column.")
        table.set("this", exp.to_identifier(name.lower()))
        table.set("db", None)


def _check_with_names(tree: exp.Expr, catalog: Catalog) -> None:
    # Engines differ in how far a WITH name reaches (SQLite lets it refer to itself). Where no name is given twice and
    # none is a table's, they can't differ in what it means.
    seen: set[str] = set()
    for cte in tree.find_all(exp.CTE):
        name = cte.alias
        if name in seen or catalog.spelled(name):
            raise SQLRefused(f"The WITH name '{name[:60]}' is taken.", "Give it a name of its own.")
        seen.add(name)


def _no_table(written: str, catalog: Catalog) -> SQLRefused:
    short = written[:60]
    if written.startswith(_SYSTEM) or "." in written:
        return SQLRefused(f"{short} is not a table of this store.", f"Allowed are {_some(catalog.tables)}.")
    meant = suggestion(short, catalog.tables) or "."
    return SQLMistake(f"There is no table '{short}'{meant}", f"There are {_some(catalog.tables)}.")


def in_with(table: exp.Table) -> bool:
    """Whether a table's name means a WITH name that is in reach where it stands."""
    node: exp.Expr = table
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.With):
            if any(cte.alias == table.name for cte in _before(parent, node)):
                return True
            node = parent.parent or parent  # the query that the WITH belongs to: its names are not all in reach
            continue
        clause = parent.args.get("with_")
        if clause is not None and any(cte.alias == table.name for cte in clause.expressions):
            return True
        node = parent
    return False


def _before(clause: exp.With, one: exp.Expr) -> Iterator[exp.Expr]:
    for cte in clause.expressions:
        if cte is one:
            return
        yield cte


def touched(tree: exp.Expr, catalog: Catalog, dialect: str) -> dict[int, tuple[str, ...]]:
    """The columns that a qualified tree reads of each table reference (``id`` of its node), as the catalog spells them.

    Raises:
        SQLMistake: there is no such column. SQLRefused: a column that this principal may not see.
    """
    found: dict[int, dict[str, None]] = {id(table): {} for table in tree.find_all(exp.Table) if not in_with(table)}
    withs = {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}
    for column in tree.find_all(exp.Column):
        sources = [_source(column)] if column.table else _holding(column, found, withs, catalog)
        for source in sources:
            if id(source) in found:
                found[id(source)][_visible(catalog, source.name, column.name)] = None
        if not sources and column.name not in _aliases_in_reach(column, dialect):
            raise unknown_column(column.name, catalog)
        if len(sources) > 1:
            short, first = column.name[:60], sources[0].alias_or_name
            raise SQLMistake(f"The column '{short}' is in several tables.", f"Write {first}.{short}.")
    return {node: tuple(columns) for node, columns in found.items()}


def _source(column: exp.Column) -> exp.Expr:
    select = column.find_ancestor(exp.Select)
    while select is not None:
        for source in _sources(select):
            if source.alias_or_name == column.table:
                return source
        select = select.find_ancestor(exp.Select)
    short = f"{column.table}.{column.name}"[:120]
    raise SQLMistake(f"The table '{column.table[:60]}' of {short} is not in FROM.", "Add it with JOIN … ON.")


def _sources(select: exp.Select) -> list[exp.Expr]:
    clauses = [select.args.get("from_"), *(select.args.get("joins") or ())]
    return [clause.this for clause in clauses if clause is not None]


def _holding(
    column: exp.Column, found: dict[int, dict[str, None]], withs: dict[str, exp.Expr], catalog: Catalog
) -> list[exp.Expr]:
    # A column without a table, after qualifying, stands in HAVING or QUALIFY, or is a name given by AS, or means
    # nothing. Which of the first two is left to the engine; it may read the column, so that counts as reading it.
    select = column.find_ancestor(exp.Query)
    holding = []
    for source in _sources(select) if isinstance(select, exp.Select) else []:
        if id(source) in found:
            held = catalog.tables[catalog.spelled(source.name) or source.name].spelled(column.name) is not None
        else:
            query = withs.get(source.name) if isinstance(source, exp.Table) else source.this
            held = isinstance(query, exp.Query) and column.name in query.named_selects
        if held:
            holding.append(source)
    return holding


def _visible(catalog: Catalog, table: str, column: str) -> str:
    name = catalog.spelled(table) or table
    access = catalog.tables[name]
    spelled = access.spelled(column)
    if spelled is None:
        raise unknown_column(column, catalog, name)
    if spelled in access.personal:
        raise SQLRefused(
            f"{name}.{spelled} is personal data that you may not see.",
            f"Name the columns you need; allowed are {_some(access.visible)}.",
        )
    return spelled


def _aliases_in_reach(column: exp.Column, dialect: str) -> list[str]:
    # SQLite takes a quoted name that means nothing for a string, so that it is refused here and not left to the engine.
    node: exp.Expr = column
    while node.parent is not None and not isinstance(node.parent, exp.Query):
        node = node.parent
    query = node.parent
    if not isinstance(query, exp.Query) or node.arg_key not in _ALIAS_CLAUSES:
        return []
    if node.arg_key != "expressions":
        return list(query.named_selects)
    return list(query.named_selects)[: node.index] if dialect == "duckdb" else []


def unknown_column(column: str, catalog: Catalog, table: str | None = None) -> SQLMistake:
    """The refusal of a column that does not exist, naming the nearest one."""
    tables = [catalog.tables[table]] if table else list(catalog.tables.values())
    known = [name for access in tables for name in access.visible]
    short = column[:60]
    where = f" in {table}" if table else ""
    meant = suggestion(short, known) or "."
    return SQLMistake(f"There is no column '{short}'{where}{meant}", f"There are {_some(known)}.")


def _some(names: Iterable[str], most: int = 12) -> str:
    words = list(dict.fromkeys(names))
    return ", ".join(words[:most]) + ("…" if len(words) > most else "")
