"""The guard, step by step: size, parse, allow-list, names, allow-list again, rewrite, and the finished text again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar, get_args

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import ErrorLevel, OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from db.errors import SQLMistake, SQLRefused
from db.guard import check, names, rewrite
from db.guard.catalog import Catalog, Dialect, GuardedSQL, RowFilter

T = TypeVar("T")
_QUOTED_NAME = re.compile(r"'([^']+)'|column: ([\w.\"]+)")


def guarded(sql: str, catalog: Catalog, dialect: Dialect, row_cap: int, filters: tuple[RowFilter, ...]) -> GuardedSQL:
    """See :func:`db.guard.guard`."""
    if row_cap < 1:
        raise ValueError("row_cap must be at least 1")
    if dialect not in get_args(Dialect):
        raise ValueError(f"the guard does not know the dialect {dialect!r}")
    rewrite.check_filters(filters, catalog)
    check.check_text(sql)
    tree = _parsed(sql, dialect)
    check.check_tree(tree, dialect)
    names.lower_names(tree)
    names.bind_tables(tree, catalog)
    rewrite.name_outputs(tree, dialect)
    tree = _qualified(tree, catalog, dialect)
    check.check_tree(tree, dialect)
    reads = names.touched(tree, catalog, dialect)
    tables = {node.name: node for node in tree.find_all(exp.Table) if id(node) in reads}
    columns = {
        f"{catalog.spelled(node.name)}.{column}"
        for node in tree.find_all(exp.Table)
        for column in reads.get(id(node), ())
    }
    rewrite.narrow(tree, reads, catalog, filters)
    read = sorted(catalog.spelled(name) or name for name in tables)
    narrowed = {catalog.spelled(one.table) for one in filters}
    return GuardedSQL(
        sql=_text(rewrite.cap(tree, row_cap + 1), dialect),
        tables=tuple(read),
        columns=tuple(sorted(columns)),
        limit=row_cap,
        filtered=tuple(name for name in read if name in narrowed),
    )


def _parsed(sql: str, dialect: Dialect) -> exp.Query:
    language = SqlglotDialect.get_or_raise(dialect)
    tokens = check.check_tokens(_safely(lambda: language.tokenize(sql)))
    statements = _safely(lambda: language.parser(error_level=ErrorLevel.IMMEDIATE).parse(tokens, sql))
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise SQLRefused("Only one query may be run.", "Write one SELECT.")
    return statements[0]


def _qualified(tree: exp.Query, catalog: Catalog, dialect: Dialect) -> exp.Query:
    # Personal columns are in the schema, so that a name means here what it means to the database; refused after.
    # Aliases stay as they are: putting their expressions in place doubles the text with each step of a chain.
    schema = MappingSchema(
        {name.lower(): {column.lower(): "text" for column in table.columns} for name, table in catalog.tables.items()},
        dialect=dialect,
    )
    try:
        return _safely(
            lambda: qualify(
                tree,
                dialect=dialect,
                schema=schema,
                expand_alias_refs=False,
                quote_identifiers=False,
                validate_qualify_columns=False,
            )
        )
    except OptimizeError as error:
        found = _QUOTED_NAME.search(str(error))
        raise names.unknown_column((found[1] or found[2]) if found else "", catalog) from None


def _text(tree: exp.Select, dialect: Dialect) -> str:
    # Writing can turn an allowed node into something that is not on the lists (a second argument of DuckDB date() into
    # AT TIME ZONE), so that the finished text is read and checked like any other.
    text = _safely(lambda: tree.sql(dialect, comments=False, identify=True, unsupported_level=ErrorLevel.RAISE))
    language = SqlglotDialect.get_or_raise(dialect)
    tokens = _safely(lambda: language.tokenize(text))
    check.check_output(tokens)
    for statement in _safely(lambda: language.parser(error_level=ErrorLevel.IMMEDIATE).parse(tokens, text)):
        check.check_tree(statement or exp.Null(), dialect)
    return text


def _safely(step: Callable[[], T]) -> T:
    """What a step of sqlglot returns. Whatever goes wrong in it, the statement is refused and not run."""
    try:
        return step()
    except (SQLRefused, OptimizeError):
        raise
    except RecursionError:
        raise check.too_deep() from None
    except Exception as error:  # sqlglot meets odd text with errors of many kinds
        raise SQLMistake("The SQL cannot be read.", f"{_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    return plain.split("\n")[0][:200] or "Check its brackets and commas."
