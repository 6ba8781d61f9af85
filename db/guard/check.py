"""Whether a statement holds only what is allowed: before parsing (size, nesting), in the tree, in the finished text."""

from __future__ import annotations

import re
from enum import Enum
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from db.errors import SQLMistake, SQLRefused
from db.guard import allowed

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_RAW = re.compile(r"[A-Za-z_ ]{0,40}")  # keywords that sqlglot keeps as plain text ("PRECEDING")
_QUOTED = (exp.Identifier, exp.Literal, exp.Anonymous)  # their text is quoted when written, or is on a list
_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_STARTS = {TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN}
_ONLY_QUERIES = "Only a query that reads may be run: SELECT, or WITH … SELECT."

# What a clause that is not allowed does, for the sentence that refuses it; by the argument's name in sqlglot.
_CLAUSE_NAMES = {
    "into": "SELECT INTO",
    "locks": "Locking rows (FOR UPDATE, FOR SHARE)",
    "recursive": "WITH RECURSIVE",
    "materialized": "MATERIALIZED",
    "sample": "TABLESAMPLE",
    "pivots": "PIVOT",
    "hint": "A hint",
    "laterals": "LATERAL",
    "method": "A NATURAL, ASOF or POSITIONAL join",
    "catalog": "A table name with a database in front",
    "db": "A column name with a schema in front",
    "cube": "GROUP BY CUBE",
    "on": "UNION with ON",
    "columns": "Renaming a table's columns in FROM",
    "field": "IN with a bare name",
    "replace": "SELECT * REPLACE",
    "rename": "SELECT * RENAME",
}
_NODE_NAMES = {
    "Placeholder": "A parameter",
    "Parameter": "A parameter",
    "Lateral": "LATERAL",
    "Values": "VALUES",
    "TableSample": "TABLESAMPLE",
    "Lock": "Locking rows (FOR UPDATE, FOR SHARE)",
    "Into": "SELECT INTO",
    "Bracket": "Square brackets",
    "Columns": "COLUMNS(…)",
    "Dot": "A name with more than one dot, or a field of a value,",
    "TableColumn": "A whole table as a value",
}


def check_text(sql: str) -> None:
    """Refuse a text that is empty, too long or holds control characters."""
    if not sql.strip():
        raise SQLMistake("The SQL is empty.", "Write one SELECT.")
    if len(sql) > allowed.MAX_SQL_CHARS:
        raise SQLRefused(f"The SQL is longer than {allowed.MAX_SQL_CHARS:,} characters.", "Ask for less at once.")
    if _CONTROL.search(sql):
        raise SQLRefused("The SQL holds a control character.", "Write it in plain text.")


def check_tokens(tokens: list[Token]) -> list[Token]:
    """The statement's tokens without final semicolons; refuses several statements, other verbs and deep nesting."""
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens = tokens[:-1]
    if not tokens:
        raise SQLMistake("The SQL holds no statement.", "Write one SELECT.")
    if len(tokens) > allowed.MAX_TOKENS:
        raise SQLRefused(f"The SQL has more than {allowed.MAX_TOKENS:,} words.", "Ask for less at once.")
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise SQLRefused("Only one statement may be run at a time.", _ONLY_QUERIES)
    if tokens[0].token_type not in _STARTS:
        raise SQLRefused(f"{tokens[0].text.upper()[:40]} is not allowed.", _ONLY_QUERIES)
    depth = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth > allowed.MAX_NESTING:
            raise too_deep()
    return tokens


def too_deep() -> SQLRefused:
    """The refusal of a statement that is nested too deeply."""
    return SQLRefused(
        f"The SQL is nested more deeply than {allowed.MAX_NESTING} levels allow.", "Use WITH to name the inner queries."
    )


def check_tree(tree: exp.Expr, dialect: str) -> None:
    """Refuse a tree with any node, clause, function, type or literal that is not on the lists of ``allowed``."""
    if not isinstance(tree, exp.Query):
        raise SQLRefused(f"{_words(tree)} is not allowed.", _ONLY_QUERIES)
    if sum(1 for star in tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count)) > allowed.MAX_STARS:
        raise SQLRefused(f"More than {allowed.MAX_STARS} SELECT * are not allowed.", "Name the columns you need.")
    stack: list[tuple[exp.Expr, int]] = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > allowed.MAX_TREE_DEPTH:
            raise too_deep()
        _check_node(node, dialect)
        stack.extend((child, depth + 1) for child in node.iter_expressions())


def _check_node(node: exp.Expr, dialect: str) -> None:
    if type(node) not in allowed.NODES[dialect]:
        raise _refused_node(node)
    if isinstance(node, exp.Anonymous):
        _check_anonymous(node, dialect)
    clauses = _clauses(node)
    for name, value in node.args.items():
        if clauses is not None and value and name not in clauses:
            raise SQLRefused(f"{_CLAUSE_NAMES.get(name, name.strip('_').upper())} is not allowed.", _ONLY_QUERIES)
        raw = isinstance(value, str) and not isinstance(value, Enum)
        if raw and not isinstance(node, _QUOTED) and not _RAW.fullmatch(value):
            raise SQLRefused(f"{value[:40]!r} is not allowed in a {_words(node)}.", "Write it in standard SQL.")
    _check_value(node)


def _clauses(node: exp.Expr) -> frozenset[str] | None:
    kind: type[exp.Expr] = exp.SetOperation if isinstance(node, exp.SetOperation) else type(node)
    return allowed.CLAUSES.get(kind)


def _check_anonymous(node: exp.Anonymous, dialect: str) -> None:
    name = node.this
    if not isinstance(name, str) or name.lower() not in allowed.ANONYMOUS[dialect]:
        raise _refused_function(str(node.name))


def _check_value(node: exp.Expr) -> None:
    if isinstance(node, exp.Literal):
        limit = allowed.MAX_STRING_CHARS if node.is_string else allowed.MAX_NUMBER_CHARS
        if len(node.name) > limit:
            raise SQLRefused(f"A value of {len(node.name):,} characters is not allowed.", f"At most {limit:,} are.")
    elif isinstance(node, exp.Var):
        order_by_all = isinstance(node.parent, exp.Ordered) and node.name.upper() == "ALL"
        if not order_by_all and node.name.upper().removesuffix("S") not in allowed.UNITS:
            raise SQLRefused(f"{node.name[:40]} is not an allowed unit of time.", "Use day, week, month or year.")
    elif isinstance(node, exp.DataType):
        _check_type(node)
    elif isinstance(node, exp.Join) and (node.kind not in allowed.JOIN_KINDS or node.side not in allowed.JOIN_SIDES):
        raise SQLRefused(f"A {node.kind or node.side} join is not allowed.", "Use JOIN or LEFT JOIN … ON.")
    elif isinstance(node, exp.Select) and not node.expressions:
        raise SQLMistake("The SELECT names no column.", "Write SELECT column FROM table.")
    elif isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        raise SQLRefused("A function in FROM is not allowed.", "Read from the store's tables.")
    elif isinstance(node, exp.Limit | exp.Offset | exp.Fetch):
        count = node.args.get("count") if isinstance(node, exp.Fetch) else node.args.get("expression")
        if not (isinstance(count, exp.Literal) and not count.is_string and count.name.isdigit()):
            raise SQLRefused("LIMIT and OFFSET take a plain whole number only.", "Write, for example, LIMIT 10.")


def _check_type(node: exp.DataType) -> None:
    name = node.this.value if isinstance(node.this, exp.DType) else str(node.this)
    if name not in allowed.TYPES:
        raise SQLRefused(f"The type {name.lower()[:40]} is not allowed in a cast.", "Cast to a number, text or a date.")
    for parameter in node.expressions:
        value = parameter.name
        if not value.isdigit() or int(value[:9]) > allowed.MAX_TYPE_PARAMETER or len(value) > 9:
            raise SQLRefused(f"The type {name.lower()}({value[:20]}) is too large.", "Cast to a shorter type.")


def check_output(tokens: list[Token]) -> None:
    """Refuse a finished text in which a bracket follows a name that is not on the list, or a statement ends early."""
    for token, following in pairwise(tokens):
        if token.token_type is TokenType.SEMICOLON:
            raise SQLRefused("Only one statement may be run at a time.", _ONLY_QUERIES)
        if following.token_type is not TokenType.L_PAREN or not (token.text[:1].isalpha() or token.text[:1] == "_"):
            continue
        if token.token_type in (TokenType.STRING, TokenType.NUMBER):
            continue
        if token.token_type is TokenType.IDENTIFIER or token.text.split()[-1].lower() not in allowed.BEFORE_BRACKET:
            raise _refused_function(token.text)


def _refused_node(node: exp.Expr) -> SQLRefused:
    if isinstance(node, exp.Func) and not isinstance(node, exp.Query):
        return _refused_function(node.sql_name() if not isinstance(node, exp.Anonymous) else node.name)
    return SQLRefused(f"{_words(node)} is not allowed.", _ONLY_QUERIES)


def _refused_function(name: str) -> SQLRefused:
    return SQLRefused(
        f"{name.lower()[:60]} is not an allowed function.", "Allowed are those for counts, sums, dates and text."
    )


def _words(node: exp.Expr) -> str:
    name = type(node).__name__
    return _NODE_NAMES.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).upper())
