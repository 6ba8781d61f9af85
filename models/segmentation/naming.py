"""Names of found groups as words of code: ``rate+`` (orders more often than others), ``department:DELI+``…

A group is named by the two habits in which it lies farthest from the average customer; where two groups would share a
name, the later one takes a third. A tool puts the words into a language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

WORDS = 2  # that a name starts from
MOST = 4
LEAST = 0.25  # standard deviations from the average that are worth a word
_TOGETHER = (("basket", "lines"), ("morning", "evening"))  # two sides of one thing: a name says it once
_UNSAID = ("couponed-", "evening-", "morning-")  # "does not use coupons" is true of most
MIDDLING = ("average",)


def name_groups(
    scaled: pd.DataFrame, labels: np.ndarray[Any, np.dtype[np.int64]], order: Sequence[int]
) -> tuple[tuple[str, ...], ...]:
    """The names of the groups, in the order given.

    Args:
        scaled: standardised habits, one row a customer. labels: each customer's group.
    """
    names: list[tuple[str, ...]] = []
    for group in order:
        inside = labels == group
        words = _words(scaled[inside].mean()) if inside.any() else []
        count = min(WORDS, len(words))
        taken = [set(name) for name in names]
        while set(words[:count]) in taken and count < len(words):
            count += 1
        name = tuple(words[:count]) or MIDDLING
        while set(name) in taken:
            name = (*name, f"others{len(names)}")
        names.append(name)
    return tuple(names)


def _words(profile: pd.Series[float]) -> list[str]:
    """All words worth saying, the farthest habit first."""
    said: list[str] = []
    for habit in profile.abs().sort_values(ascending=False, kind="stable").index:
        value = float(profile[habit])
        word = f"{habit}{'+' if value > 0 else '-'}"
        twin = next((other for pair in _TOGETHER for other in pair if habit in pair and other != habit), None)
        if abs(value) < LEAST or len(said) == MOST:
            break
        departed = str(habit).startswith("department:") and value < 0
        if word not in _UNSAID and not departed and not any(w[:-1] == twin for w in said):
            said.append(word)
    return said
