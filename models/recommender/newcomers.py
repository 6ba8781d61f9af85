"""Products too new for others' purchases to tell: judged by the products whose text they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommender.base import best
from models.recommender.content import Content
from models.recommender.interactions import Flags, Floats, Ints

Texts = Callable[[NDArray[Any]], list[str]]

_ALIKE = 0.5  # cosine of two products' texts
_TRIED = 3  # newcomers that are looked at, for one that the customer did not buy yet


@dataclass(frozen=True, eq=False)
class Newcomers:
    """New products by place, and how much each resembles each item (cosines of their texts, the small ones dropped)."""

    places: Ints
    resemblance: sparse.csr_matrix

    @classmethod
    def among(cls, young: Flags, items: Ints, ids: NDArray[Any], texts: Texts | None) -> Newcomers:
        """Compare the young products with the items by their texts; none without texts."""
        places = np.flatnonzero(young)
        if texts is None or not len(places) or not len(items):
            return cls(np.empty(0, np.int64), sparse.csr_matrix((0, len(items))))
        vectors = Content(texts(ids[np.concatenate([items, places])])).vectors
        cosine = sparse.csr_matrix(vectors[len(items) :] @ vectors[: len(items)].T)
        cosine.data[cosine.data < _ALIKE] = 0.0
        cosine.eliminate_zeros()
        return cls(places, cosine)

    def suit(self, scores: Floats, history: Ints, open_: Flags, had: frozenset[int]) -> tuple[int, int] | None:
        """The newcomer for a customer, and the item that it is most like; None where nothing fits.

        Args:
            scores: of the items for this customer. history: the items that they bought, which count as the best.
        """
        if not len(self.places):
            return None
        suited = np.maximum(scores, 0)
        suited[history] = suited.max(initial=0.0)
        weight = np.maximum(np.asarray(self.resemblance.sum(1)).ravel(), 1.0)
        found = np.asarray(self.resemblance @ suited).ravel() / weight
        found[~open_[self.places]] = 0.0
        for at in best(found, _TRIED):
            product = int(self.places[at])
            if found[at] > 0 and product not in had:
                row = self.resemblance[int(at)]
                return product, int(row.indices[np.argmax(row.data * suited[row.indices])])
        return None
