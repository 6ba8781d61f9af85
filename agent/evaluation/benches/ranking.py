"""Ranking on ml-100k, 75/25 by user as Microsoft Recommenders' benchmark has it: all held-out ratings are relevant."""

from __future__ import annotations

import numpy as np

from agent.evaluation.benches import BenchRow, BenchTable, Setup, bar
from agent.evaluation.benches.ratings import movielens
from models.recommender.choose import choose, rankers
from models.recommender.interactions import Flags, Interactions
from models.recommender.metrics import ranking_metrics, split_by_customer, top_lists

BAR = 0.475  # BiVAE .475, BPR .442, NCF .396, SAR .382
SHARE = 0.75


def run(setup: Setup) -> BenchTable:
    """Choose on a slice of the training part, fit the choice, measure nDCG@10 with what was seen left out.

    Two splits: by user (``python_stratified_split``), where the bar holds, and wholly random, as some of the published
    models' own notebooks have it.
    """
    data = movielens(setup)
    setup.progress("choosing on the training part", 0.1)
    by_user = split_by_customer(data, SHARE, setup.seed)
    choice = choose(data.where(by_user))
    found = {}
    for done, name in enumerate(rankers()):
        setup.progress(f"measuring {name}", 0.4 + 0.1 * done)
        found[name] = _measure(name, data, by_user)
    best = found[choice.name]
    at_random = _measure(choice.name, data, np.random.default_rng(setup.seed).random(len(data)) < SHARE)
    rows = (
        bar(f"nDCG@10 of the chosen model ({choice.name})", best["ndcg"], BAR),
        BenchRow("recall@10", best["recall"], f"{best['recall']:.3f}"),
        BenchRow("precision@10", best["precision"], f"{best['precision']:.3f}"),
        BenchRow("products shown", best["coverage"], f"{best['coverage']:,.0f} of {data.shape[1]:,}"),
        *(BenchRow(f"nDCG@10, {name}", m["ndcg"], f"{m['ndcg']:.3f}") for name, m in found.items()),
        BenchRow("nDCG@10 of the chosen, random split", at_random["ndcg"], f"{at_random['ndcg']:.3f}"),
    )
    notes = (
        "validation nDCG@10: " + ", ".join(f"{name} {value:.3f}" for name, value in choice.measured.items()),
        "chosen on two random quarters of the training part; the test part is looked at once",
    )
    return BenchTable("ranking", "ml-100k", "75/25 stratified by user", setup.seed, rows, notes)


def _measure(name: str, data: Interactions, train: Flags) -> dict[str, float]:
    model = rankers()[name]().fit(data.where(train))
    lists = top_lists(model.score(np.arange(data.shape[0])), model.seen)
    return ranking_metrics(lists, data.where(~train).matrix())
