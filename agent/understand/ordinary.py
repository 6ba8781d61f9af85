"""Words that people use around figures: no unknown name is one, though nothing reads it ("the month-end file", 异动).

``prompts/ordinary.txt`` holds them: each English word, and each pair of Chinese characters side by side, that stands in
four or more of the example questions about figures once the store's own names and the periods are taken out of them.
``python -m agent.evaluation.ordinary`` writes it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

WORDS = "ordinary.txt"


def is_ordinary(word: str) -> bool:
    """Whether a word, or every pair of characters of a Chinese run, is one that people use around figures.

    >>> is_ordinary("month"), is_ordinary("walmart"), is_ordinary("异动"), is_ordinary("华东")
    (True, False, True, False)
    """
    known = _known()
    if word.isascii():
        return word in known or all(part in known for part in word.casefold().split("-"))
    return len(word) > 1 and all(word[i : i + 2] in known for i in range(len(word) - 1))


@cache
def _known() -> frozenset[str]:
    _source, *words = (files("prompts") / WORDS).read_text(encoding="utf-8").split()
    return frozenset(words)
