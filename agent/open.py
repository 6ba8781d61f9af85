"""Put an analyst together from settings: store, model, memory, verified questions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

from agent.ask import Analyst, Memory
from agent.settings import Settings
from agent.verified import VerifiedQuestions
from db.engine import Store, open_store
from db.errors import StoreMissing
from db.semantic.load import load_store_schema
from models.llm.base import LanguageModel


def store_yaml(name: str) -> Path:
    """The YAML of a store that ships with the product.

    Raises:
        StoreMissing: there is none of that name.
    """
    with as_file(files("db.stores") / f"{name}.yaml") as path:
        if not path.is_file():
            raise StoreMissing(f"There is no store '{name}'.", "The demo store is 'journey'.")
        return path
