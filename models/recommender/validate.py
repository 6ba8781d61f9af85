"""How a store's recommender does on its own last weeks, which it was not shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from db.errors import AnalysisError
from models.recommender.base import ItemRecommender, best
from models.recommender.implicit import ImplicitFactors
from models.recommender.interactions import Floats, Interactions, Ints
from models.recommender.linear import LinearAutoencoder
from models.recommender.metrics import ranking_metrics
from models.recommender.popular import Popular
from models.recommender.reorder import HORIZON, SHORTEST
from models.recommender.shop import ShopRecommender
from models.recommender.walk import RandomWalk

DISCOVERERS: Mapping[str, Callable[[], ItemRecommender]] = {
    "popular": Popular,
    "walk": RandomWalk,
    "implicit": ImplicitFactors,
    "linear": LinearAutoencoder,
}
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Metrics by list, e.g. ``{"reorder": {"ndcg": …}, "frequency": …}``, and the model for discoveries that did best.

    Lists ``reorder``, ``frequency`` and ``popularity`` are measured on everything bought in the held-out days,
    ``new: …`` on what the customer bought for the first time.
    """

    metrics: Mapping[str, Mapping[str, float]]
    discovery: str


def held_out(visits: Interactions, types: Ints, clock: int, progress: Progress, k: int = 10) -> HeldOut:
    """Fit on all but the last ``HORIZON`` days, measure on these.

    Raises:
        AnalysisError: the history is too short to hold anything out.
    """
    if not len(visits) or clock - HORIZON - int(visits.days.min()) < SHORTEST:
        raise AnalysisError(
            f"The recommender needs {SHORTEST + HORIZON} days of purchases before it can be measured.",
            "Questions are answered meanwhile with simpler rules.",
        )
    then = clock - HORIZON
    shop = ShopRecommender(visits.where(visits.days < then), then, types).fit()
    progress("measuring habits", 0.3)
    after = visits.where(visits.days >= then).matrix()
    metrics = dict(habit_metrics(shop, after, k))
    fresh = sparse.csr_matrix(after - after.multiply(shop.bought))
    fresh.eliminate_zeros()
    for done, (name, make) in enumerate(DISCOVERERS.items()):
        progress(f"measuring {name}", 0.4 + 0.1 * done)
        model = make().fit(shop.within_items())
        metrics[f"new: {name}"] = ranking_metrics(new_lists(shop, model, k), fresh, k)
    best_new = max(DISCOVERERS, key=lambda name: metrics[f"new: {name}"]["ndcg"])
    return HeldOut(metrics, best_new)


def habit_metrics(shop: ShopRecommender, after: sparse.csr_matrix, k: int = 10) -> dict[str, dict[str, float]]:
    """The reorder model, personal frequency and popularity on all purchases of the held-out days."""
    everyone = np.arange(shop.visits.shape[0])
    known, chances = shop.chances(everyone)
    popular = np.tile(best(shop.stock.buyers, k), (len(everyone), 1))
    lists = {
        "reorder": habit_lists(shop, chances, k),
        "frequency": habit_lists(shop, known.times.astype(float), k),
        "popularity": popular,
    }
    return {name: ranking_metrics(found, after, k) for name, found in lists.items()}


def calibration_error(shop: ShopRecommender, after: sparse.csr_matrix, bins: int = 10) -> float:
    """Expected calibration error of the chances: mean distance of what was said from what happened, by tenths."""
    known, chances = shop.chances(np.arange(shop.visits.shape[0]))
    happened = np.asarray(after[known.customers, known.products]).ravel()
    place = np.minimum((chances * bins).astype(int), bins - 1)
    said, came = np.bincount(place, chances, bins), np.bincount(place, happened, bins)
    return float(np.abs(said - came).sum() / max(len(chances), 1))


def habit_lists(shop: ShopRecommender, scores: Floats, k: int = 10) -> Ints:
    """Each customer's ``k`` highest-scored products among those they bought; -1 where there are fewer."""
    known = shop.habits
    edges = np.searchsorted(known.customers, np.arange(shop.visits.shape[0] + 1))
    lists = np.full((shop.visits.shape[0], k), -1, np.int64)
    for row in range(len(lists)):
        found = best(scores[edges[row] : edges[row + 1]], k)
        lists[row, : len(found)] = known.products[edges[row] + found]
    return lists


def new_lists(shop: ShopRecommender, model: ItemRecommender, k: int = 10) -> Ints:
    """Each customer's ``k`` best products that they never bought, as the shop would rank them with this model."""
    shop.discover_with(model)
    scores = shop.discovery_scores(np.arange(shop.visits.shape[0]))
    lists = np.full((len(scores), k), -1, np.int64)
    for row, values in enumerate(scores):
        found = best(values, k)
        found = found[values[found] > 0]
        lists[row, : len(found)] = shop.items[found]
    return lists
