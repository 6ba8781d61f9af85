"""Splits and metrics of recommenders, as the published benchmarks define them."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from models.recommender.base import best
from models.recommender.interactions import Flags, Floats, Interactions, Ints


def split_by_customer(interactions: Interactions, share: float = 0.75, seed: int = 42) -> Flags:
    """Which interactions train: a random ``share`` of every customer's, at least rounded down, the rest tests.

    As Microsoft Recommenders' ``python_stratified_split(filter_by="user")``: every row gets a random number, each
    customer's rows are ranked by it, and those with rank ÷ count ≤ share train.
    """
    draw = np.random.default_rng(seed).random(len(interactions))
    order = np.lexsort((draw, interactions.rows))
    counts = np.bincount(interactions.rows, minlength=len(interactions.customers))
    rank = np.arange(len(order)) - interactions.starts[interactions.rows] + 1
    train = np.zeros(len(order), bool)
    train[order] = rank / counts[interactions.rows] <= share
    return train


def top_lists(scores: Floats, seen: sparse.csr_matrix | None, k: int = 10) -> Ints:
    """The best ``k`` products of each row, those of ``seen`` left out; -1 where there are fewer."""
    lists = np.full((scores.shape[0], k), -1, np.int64)
    for row, values in enumerate(scores):
        kept = values.astype(float)
        if seen is not None:
            kept[seen[row].indices] = -np.inf
        found = best(kept, k)
        found = found[np.isfinite(kept[found])]
        lists[row, : len(found)] = found
    return lists


def ranking_metrics(lists: Ints, relevant: sparse.csr_matrix, k: int = 10) -> dict[str, float]:
    """nDCG@k, recall@k, precision@k, means over customers with something relevant; and how many products are shown.

    Gains are binary: DCG = Σ hit_r / log(1 + r); the ideal has min(k, number relevant) hits at the top.
    """
    wanted = sparse.csr_matrix(relevant, dtype=bool)
    counts = np.diff(wanted.indptr)
    asked = np.flatnonzero(counts)
    if not len(asked):
        return {"ndcg": 0.0, "recall": 0.0, "precision": 0.0, "coverage": 0.0}
    hits = np.zeros((len(asked), k))
    for place, row in enumerate(asked):
        hits[place] = np.isin(lists[row, :k], wanted.indices[wanted.indptr[row] : wanted.indptr[row + 1]])
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(counts[asked], k) - 1]
    shown = np.unique(lists[asked])
    return {
        "ndcg": float(np.mean(hits @ discount / ideal)),
        "recall": float(np.mean(hits.sum(1) / counts[asked])),
        "precision": float(np.mean(hits.sum(1) / k)),
        "coverage": float(np.count_nonzero(shown >= 0)),
    }


def rmse(truth: Floats, predicted: Floats) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.mean((np.asarray(truth, float) - predicted) ** 2)))
