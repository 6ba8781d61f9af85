"""What a text is about, in the words of shops: the same concept for "shipping cost" and 运费 (concepts.yaml)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("concepts.yaml")


def concepts(text: str) -> list[str]:
    """The concepts that a text names, each as a word no text can hold by itself.

    >>> "§delivery_fee" in concepts("What are the shipping costs?"), concepts("运费是多少")
    (True, ['§delivery_fee'])
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [f"§{name}" for name, pattern in _patterns() if pattern.search(folded)]


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    known = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple((name, pattern_of(words["en"], words["zh"])) for name, words in known.items())


def pattern_of(en: list[str], zh: list[str]) -> re.Pattern[str]:
    """A pattern for whole English words (``...`` stands for up to three more), and Chinese ones anywhere."""
    latin = "|".join(map(_spelt, sorted(en, key=len, reverse=True)))
    han = "|".join(re.escape(word) for word in sorted(zh, key=len, reverse=True))
    return re.compile(rf"\b(?:{latin})\b|{han}")


def _spelt(words: str) -> str:
    return r"(?: [\w']+){0,3} ".join(map(re.escape, words.split(" ... ")))
