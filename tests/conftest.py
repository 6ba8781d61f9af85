"""What holds for every test: kinds by folder, quick ones first, no network, no settings of the machine's owner."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["tests.fixtures"]

HERE = Path(__file__).parent
# Quick feedback first; what needs the model or a browser comes last.
ORDER = ("unit", "property", "security", "bench", "evals", "llm", "browser")
# Seconds for one test where a real model thinks or a browser starts; elsewhere `timeout` in pyproject.toml holds.
TIMEOUTS = {"llm": 300, "browser": 180}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder and run the quick folders first."""
    for item in items:
        folder = _folder(item)
        if folder in TIMEOUTS:
            item.add_marker(folder)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUTS[folder]))
    items.sort(key=lambda item: ORDER.index(_folder(item)) if _folder(item) in ORDER else -1)


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
