"""What households buy in the demo store's last four weeks, which the models did not see; and how long a list takes."""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse

from agent.evaluation.benches import BenchRow, BenchTable, Setup, bar
from models.recommender.interactions import Ints
from models.recommender.metrics import ranking_metrics
from models.recommender.reorder import HORIZON
from models.recommender.serve import Data, read_data
from models.recommender.shop import ShopRecommender
from models.recommender.validate import DISCOVERERS, calibration_error, habit_metrics, new_lists

MOST_MS = 20.0


def run(setup: Setup) -> BenchTable:
    """Fit on all but the last four weeks; recall@10, nDCG@10 and coverage on everything bought in them."""
    data = _demo(setup)
    then = data.clock - HORIZON
    setup.progress("fitting", 0.2)
    visits, after = data.visits.where(data.visits.days < then), data.visits.where(data.visits.days >= then).matrix()
    types, profiles = data.catalogue.types(visits.products), data.codes(visits.customers)
    shop = ShopRecommender(visits, then, types, data.catalogue.texts, profiles).fit()
    setup.progress("habits", 0.5)
    habits = habit_metrics(shop, after)
    setup.progress("lists and times", 0.7)
    lists, spent = _timed(shop)
    shown = ranking_metrics(lists, after)
    fresh = sparse.csr_matrix(after - after.multiply(shop.bought))
    fresh.eliminate_zeros()
    setup.progress("discoveries", 0.8)
    new = {n: ranking_metrics(new_lists(shop, m().fit(shop.within_items())), fresh) for n, m in DISCOVERERS.items()}
    rows = (*_rows(habits, new), *_others(shown, habits, spent, calibration_error(shop, after)))
    notes = (
        "relevant: every product bought in the held-out days; the candidates of reorder and frequency are the products "
        "that the household bought before",
    )
    return BenchTable("next-basket", "journey", f"last {HORIZON} days held out", setup.seed, rows, notes)


def _demo(setup: Setup) -> Data:
    from agent.open import store_yaml
    from db.engine import open_store
    from db.semantic.load import load_store_schema

    setup.progress("reading", 0.0)
    store = open_store(setup.settings.store_file("journey"), load_store_schema(store_yaml("journey")))
    try:
        return read_data(store, store.as_of)
    finally:
        store.close()


def _rows(habits: dict[str, dict[str, float]], new: dict[str, dict[str, float]]) -> tuple[BenchRow, ...]:
    beaten = {m: max(habits["frequency"][m], habits["popularity"][m]) for m in ("ndcg", "recall")}
    ours = (
        bar("nDCG@10, reorder (bar: the better baseline)", habits["reorder"]["ndcg"], beaten["ndcg"]),
        bar("recall@10, reorder (bar: the better baseline)", habits["reorder"]["recall"], beaten["recall"]),
        BenchRow("products shown, reorder", habits["reorder"]["coverage"], f"{habits['reorder']['coverage']:,.0f}"),
    )
    baselines = tuple(
        BenchRow(f"{label}, {name}", habits[name][metric], f"{habits[name][metric]:.3f}")
        for name in ("frequency", "popularity")
        for metric, label in (("ndcg", "nDCG@10"), ("recall", "recall@10"))
    )
    first_time = (
        bar("nDCG@10 of first-time purchases, linear (bar: popular)", new["linear"]["ndcg"], new["popular"]["ndcg"]),
        *(
            BenchRow(f"nDCG@10 of first-time purchases, {n}", found["ndcg"], f"{found['ndcg']:.3f}")
            for n, found in new.items()
            if n != "linear"
        ),
    )
    return ours + baselines + first_time


def _others(
    shown: dict[str, float], habits: dict[str, dict[str, float]], spent: list[float], calibration: float
) -> tuple[BenchRow, ...]:
    median, slowest = float(np.median(spent)), float(np.percentile(spent, 95))
    beaten = {m: max(habits["frequency"][m], habits["popularity"][m]) for m in ("ndcg", "recall")}
    return (
        bar("nDCG@10, the tool's list as it stands (bar: the better baseline)", shown["ndcg"], beaten["ndcg"]),
        bar("recall@10, the tool's list as it stands", shown["recall"], beaten["recall"]),
        bar("milliseconds for the top 10 of one customer, median", median, MOST_MS, least=False, form="{:.1f}"),
        bar("the same, 95th percentile", slowest, MOST_MS, least=False, form="{:.1f}"),
        BenchRow("error of the chances (expected calibration error)", calibration, f"{calibration:.4f}"),
    )


def _timed(shop: ShopRecommender) -> tuple[Ints, list[float]]:
    """The tool's own lists, of every household: what is bought again first, then what is new, as its tables stand."""
    lists, spent = np.full((shop.visits.shape[0], 10), -1), []
    for customer in range(len(lists)):
        start = time.perf_counter()
        found = shop.recommend(customer, 10)[:10]
        spent.append((time.perf_counter() - start) * 1000)
        lists[customer, : len(found)] = [suggestion.product for suggestion in found]
    return lists, spent
