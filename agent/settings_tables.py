"""Settings that are tables, and how the environment sets one key of them, so that secrets stay out of files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

PREFIX = "SHOPOPS_"
TABLES = ("channels", "slack", "feishu", "dingtalk", "stores")
STORE_URL = "SHOPOPS_STORE_URL_"


def inside(environ: Mapping[str, str]) -> Iterator[tuple[str, str, list[str], str]]:
    """Variables that set one key of a table: the setting, the variable, the keys, the value.

    >>> list(inside({"SHOPOPS_SLACK__BOT_TOKEN": "xoxb-1", "SHOPOPS_STORE": "journey"}))
    [('slack', 'SHOPOPS_SLACK__BOT_TOKEN', ['bot_token'], 'xoxb-1')]
    """
    for variable in sorted(environ):
        if variable.startswith(STORE_URL) and variable != STORE_URL and environ[variable].strip():
            yield "stores", variable, [variable.removeprefix(STORE_URL).lower()], environ[variable].strip()
            continue
        name, *path = variable.removeprefix(PREFIX).lower().split("__")
        if variable.startswith(PREFIX) and path and name in TABLES and environ[variable].strip():
            yield name, variable, path, environ[variable].strip()


def with_key(table: Any, path: list[str], text: str) -> Any:
    """A table with one key set; keys that are there already are found whatever their case.

    >>> with_key({"Mail": {"host": "h"}}, ["mail", "password"], "p")
    {'Mail': {'host': 'h', 'password': 'p'}}
    """
    if isinstance(table, str):  # JSON of the environment; what is none is told later
        try:
            table = json.loads(table)
        except json.JSONDecodeError:
            return table
    if table is not None and not isinstance(table, dict):
        return table
    known = {key.lower(): key for key in table or {}}
    key = known.get(path[0], path[0])
    inner = with_key((table or {}).get(key), path[1:], text) if path[1:] else text
    return {**(table or {}), key: inner}
