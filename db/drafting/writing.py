"""The draft as a YAML file that a person reads and goes on with: what is asked and what is not read stands on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from db.drafting.draft import DraftSchema

WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """No anchors: a word list that two entries share is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def written(draft: DraftSchema, notes: Iterable[str] = ()) -> str:
    """The file's text.

    Args:
        notes: what checking it against the live tables showed, a line each.
    """
    lines = ["# Drafted by `shopops connect`; yours to change. `shopops doctor` checks it against the database."]
    lines += _comment("Fill in:", [f"{ask.en} / {ask.zh}" for ask in draft.asks])
    lines += _comment("Checked:", notes)
    lines += _comment("Personal or unclear, read by nothing:", _columns(draft.personal))
    lines += _comment("Not used; declare under tables.<table>.columns what you need:", _columns(draft.unused))
    lines += _comment("Tables not used:", [", ".join(map(one_line, draft.left_out))] if draft.left_out else [])
    return "\n".join(lines) + "\n" + "".join(_section(key, value) for key, value in draft.content.items())


def _columns(found: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{table}: {', '.join(columns)}" for table, columns in found.items()]


def _comment(title: str, lines: Iterable[str]) -> list[str]:
    told = [f"#   - {one_line(line)}" for line in lines]
    return [f"# {title}", *told] if told else []


def one_line(text: str) -> str:
    """A name of the database in a comment: no character that could end the line."""
    return "".join(c if c.isprintable() else " " for c in text)


def _section(key: str, value: Any) -> str:
    if value in ({}, []):
        return ""
    nested = isinstance(value, dict | list)
    head = "\n" if nested else ""
    flow = None if nested else False  # a scalar would be put in braces
    return head + yaml.dump(
        {key: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=flow
    )
