"""Word scores of passages: Okapi BM25, and how much of a question's weight a passage covers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

K1, B = 1.2, 0.75  # the usual constants of Robertson & Zaragoza, "The Probabilistic Relevance Framework", 2009
HEADING_WEIGHT = 2  # a heading's word counts twice: it says what the paragraph is about


class WordIndex:
    """An index of texts, each given as its words.

    ``score(d, q) = Σ idf(w)·tf·(k1+1) / (tf + k1·(1 − b + b·|d|/mean|d|))`` with ``idf = ln(1 + (N−n+½)/(n+½))``.
    """

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._counts = [Counter(words) for words in texts]
        self._lengths = [sum(c.values()) for c in self._counts]
        self._mean = sum(self._lengths) / max(len(self._lengths), 1) or 1.0
        self._holding = Counter(word for counts in self._counts for word in counts)

    def idf(self, word: str) -> float:
        """The weight of a word; one that no text holds weighs most."""
        held = self._holding[word]
        return math.log(1 + (len(self._counts) - held + 0.5) / (held + 0.5))

    def scores(self, question: Sequence[str]) -> list[tuple[float, float]]:
        """For every text its BM25 score, and the share (0–1) of the question's weight that it holds."""
        asked = {word: self.idf(word) for word in dict.fromkeys(question)}
        total = sum(asked.values())
        return [self._score(i, asked, total) for i in range(len(self._counts))]

    def _score(self, index: int, asked: dict[str, float], total: float) -> tuple[float, float]:
        counts, length = self._counts[index], self._lengths[index]
        norm = K1 * (1 - B + B * length / self._mean)
        held = [(idf, counts[word]) for word, idf in asked.items() if counts[word]]
        score = sum(idf * count * (K1 + 1) / (count + norm) for idf, count in held)
        return score, sum(idf for idf, _ in held) / total if total else 0.0
