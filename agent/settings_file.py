"""Change one setting in a ``shopops.toml`` and nothing else in it: comments, order and the other settings stay."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

from agent.settings import read_file
from db.errors import SettingsError

_TABLE = re.compile(r"^\s*\[", re.MULTILINE)


def write_setting(path: Path, name: str, value: str) -> None:
    """Set ``name`` to a text, in one step: whoever reads meanwhile sees the old file or the new one.

    Raises:
        SettingsError: the file is not TOML, cannot be changed safely, or cannot be written.
    """
    before = read_file(path)
    try:
        old = path.read_text("utf-8") if path.exists() else ""
        new = changed(old, name, value)
        if tomllib.loads(new) != {**before, name: value}:
            raise SettingsError(
                f"'{name}' cannot be changed in {path}.", f"Write there yourself: {name} = {_quoted(value)}"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_text(new, "utf-8")
        if path.exists():  # it may hold a key that only its owner reads
            temporary.chmod(path.stat().st_mode & 0o777)
        os.replace(temporary, path)
    except tomllib.TOMLDecodeError:
        raise SettingsError(
            f"'{name}' cannot be changed in {path}.", f"Write there yourself: {name} = {_quoted(value)}"
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.", "Look at its permissions.") from None


def changed(text: str, name: str, value: str) -> str:
    """The text of a TOML file with one top-level setting replaced, or added before the first table.

    >>> changed('threads = 2\\nmodel = "a"  # why\\n', "model", "b")
    'threads = 2\\nmodel = "b"\\n'
    """
    table = _TABLE.search(text)
    top, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
    line = f"{name} = {_quoted(value)}"
    top, count = re.subn(rf"^[ \t]*{re.escape(name)}[ \t]*=.*$", lambda _: line, top, count=1, flags=re.MULTILINE)
    if not count:
        top = f"{top.rstrip()}\n{line}\n".lstrip("\n") + ("\n" if rest else "")
    return top + rest


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)  # a JSON string is a basic string of TOML
