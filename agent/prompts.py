"""Prompts from files: Markdown with id, version and declared variables in front, then one section a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import cast

import yaml

from db.errors import InternalError
from models.llm.base import Message, Role

_SECTION = re.compile(r"^## (system|user|assistant)\n", re.MULTILINE)
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A prompt as it stands in its file."""

    id: str
    version: int
    variables: tuple[str, ...]
    body: str

    def render(self, **values: str) -> tuple[Message, ...]:
        """The messages with every declared variable filled in, byte-stable for equal values.

        Raises:
            InternalError: a variable is missing or was not declared.
        """
        if set(values) != set(self.variables) or set(_VARIABLE.findall(self.body)) != set(self.variables):
            raise InternalError(f"Prompt {self.id} declares other variables than it was given.")
        text = _VARIABLE.sub(lambda m: values[m[1]], self.body)
        parts = _SECTION.split(text)[1:]
        return tuple(
            Message(cast(Role, role), content.strip()) for role, content in zip(parts[::2], parts[1::2], strict=True)
        )


@lru_cache
def load_prompt(name: str) -> PromptFile:
    """The prompt ``prompts/<name>.md``."""
    text = (files("prompts") / f"{name}.md").read_text(encoding="utf-8")
    _, head, body = text.split("---\n", 2)
    meta = yaml.safe_load(head)
    return PromptFile(str(meta["id"]), int(meta["version"]), tuple(meta["variables"]), body)
