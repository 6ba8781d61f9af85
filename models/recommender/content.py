"""Products by their text: type, category, department, brand and size as words, compared by TF-IDF cosine.

For products that nobody bought yet: they are judged by their nearest neighbours that somebody did.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.recommender.base import best
from models.recommender.interactions import Ints

_WORDS = r"(?u)[^\W_]+"  # "FLUID MILK", "48-54 CT"; a Chinese name is one word and its pairs of characters


class Content:
    """TF-IDF over words and, for text without spaces, pairs of characters.

    >>> found = Content(["WHITE BREAD 20 OZ", "WHEAT BREAD 20 OZ", "CAT LITTER"])
    >>> found.nearest(0, np.array([1, 2]), 1)[0]  # doctest: +ELLIPSIS
    (1, 0.634...)
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectors = TfidfVectorizer(token_pattern=None, tokenizer=_tokens, lowercase=True, sublinear_tf=True)
        self.vectors = vectors.fit_transform([text or "?" for text in texts])

    def nearest(self, product: int, among: Ints, k: int = 5) -> list[tuple[int, float]]:
        """The ``k`` products of ``among`` with the most similar text, with the cosine, most similar first."""
        cosine = np.asarray((self.vectors[among] @ self.vectors[product].T).todense()).ravel()
        return [(int(among[place]), float(cosine[place])) for place in best(cosine, k) if cosine[place] > 0]


def _tokens(text: str) -> list[str]:
    import re

    words = re.findall(_WORDS, text)
    chinese = [word for word in words if any("\u4e00" <= letter <= "\u9fff" for letter in word)]
    return words + [word[at : at + 2] for word in chinese for at in range(len(word) - 1)]
