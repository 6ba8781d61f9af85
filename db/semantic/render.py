"""A compiled SELECT as text: with placeholders to run it, and with its values inlined to show it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from db.errors import InternalError
from db.semantic.dialects import SQLDialect

_PLACEHOLDER = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\?")


@dataclass(frozen=True, slots=True)
class Rendered:
    """``text`` has a ``?`` for each of ``params``; ``inlined`` runs as it stands."""

    text: str
    params: tuple[Any, ...]
    inlined: str


def render(select: sa.Select[Any], dialect: SQLDialect) -> Rendered:
    """Render for one database, with placeholders and with the values inlined."""
    target = dialect.sqlalchemy()
    compiled: Any = select.compile(dialect=target, compile_kwargs={"render_postcompile": True})
    values = compiled.construct_params()
    params = tuple(values[name] for name in compiled.positiontup or ())
    return Rendered(compiled.string, params, inline(compiled.string, params))


def inline(text: str, params: tuple[Any, ...]) -> str:
    """Put the values in the place of their ``?``.

    >>> inline("SELECT '?' WHERE a = ? AND b = ?", ("it's", 2))
    "SELECT '?' WHERE a = 'it''s' AND b = 2"
    """
    left = iter(params)
    return _PLACEHOLDER.sub(lambda match: literal(next(left)) if match[0] == "?" else match[0], text)


def literal(value: Any) -> str:
    """A value as standard SQL writes it. Raises InternalError for a type that no filter can hold."""
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise InternalError(f"A value of type {type(value).__name__} cannot be written into SQL.")
