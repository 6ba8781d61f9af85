"""Choose a model by what it reaches on a slice of the training data that it did not see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from models.recommender.base import Recommender
from models.recommender.blend import Blend
from models.recommender.implicit import ImplicitFactors
from models.recommender.interactions import Interactions
from models.recommender.linear import LinearAutoencoder
from models.recommender.metrics import ranking_metrics, split_by_customer, top_lists
from models.recommender.neural import NeuralFactors
from models.recommender.popular import Popular
from models.recommender.walk import RandomWalk

Make = Callable[[], Recommender]

RANKERS: Mapping[str, Make] = {
    "popular": Popular,
    "walk": RandomWalk,
    "linear": LinearAutoencoder,
    "implicit": ImplicitFactors,
    "linear+implicit": lambda: Blend((LinearAutoencoder(), ImplicitFactors(factors=20, confidence=2.0))),
}


def rankers() -> Mapping[str, Make]:
    """All candidates of this installation: the neural one where PyTorch is there."""
    return {**RANKERS, "neural": NeuralFactors} if find_spec("torch") else RANKERS


@dataclass(frozen=True, slots=True)
class Choice:
    """The best model's name, and nDCG@10 of all on the validation slice."""

    name: str
    measured: Mapping[str, float]


def choose(
    train: Interactions,
    candidates: Mapping[str, Make] | None = None,
    share: float = 0.75,
    seeds: tuple[int, ...] = (7, 8),
    k: int = 10,
) -> Choice:
    """Fit every candidate on ``share`` of each customer's interactions, measure on the rest; mean of ``seeds``."""
    everyone = np.arange(train.shape[0])
    makes = rankers() if candidates is None else candidates
    measured = dict.fromkeys(makes, 0.0)
    for seed in seeds:
        inner = split_by_customer(train, share, seed)
        fitted, held = train.where(inner), train.where(~inner).matrix()
        for name, make in makes.items():
            model = make().fit(fitted)
            found = ranking_metrics(top_lists(model.score(everyone), model.seen, k), held, k)
            measured[name] += found["ndcg"] / len(seeds)
    return Choice(max(measured, key=lambda name: measured[name]), measured)
