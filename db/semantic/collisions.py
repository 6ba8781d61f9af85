"""Words that mean two metrics, or two dimensions."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from db.semantic.schema import Dimension, Metric, StoreSchema


def folded(word: str) -> str:
    """A word as it is compared: full width as half width, lower case, single spaces.

    >>> folded("ＧＭＶ ")
    'gmv'
    """
    return " ".join(unicodedata.normalize("NFKC", word).lower().split())


def collisions(schema: StoreSchema) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each word that stands for more than one metric, or more than one dimension, and is not declared ambiguous."""
    declared = {folded(word): set(names) for word, names in schema.ambiguous.items()}
    metrics = [metric for metric in schema.metrics.values() if not metric.hidden]
    for entries in (metrics, list(schema.dimensions.values())):
        for word, names in _meanings(entries).items():
            if len(names) > 1 and not set(names) <= declared.get(word, set()):
                yield word, tuple(names)


def _meanings(entries: list[Metric] | list[Dimension]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in entries:
        words = (entry.label.en, entry.label.zh, *entry.synonyms.en, *entry.synonyms.zh)
        for word in dict.fromkeys(folded(word) for word in words):
            found.setdefault(word, []).append(entry.name)
    return found
