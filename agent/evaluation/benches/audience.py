"""Whom to mail: lift over the base redemption rate on later campaigns, against rankings that need no model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from agent.evaluation.benches import BenchRow, BenchTable, Setup
from agent.open import store_yaml
from db.engine import open_store
from db.semantic.load import load_store_schema
from models.audience.data import Array, read_ledger
from models.audience.features import names
from models.audience.model import Block, fit
from models.audience.score import Reader, campaign_block, campaign_blocks

FIRST = date(2017, 8, 1)  # campaigns from here on are predicted, each from what had ended before it began
TENTHS = (0.1, 0.2, 0.3)
BASE = 0.12  # redemption rate of all 2017's mailings
BINS = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """One later campaign: its examples and the model's probabilities."""

    block: Block
    probability: Array


def run(setup: Setup) -> BenchTable:
    """Predict every campaign that began after 1 August from those that had ended before its first day."""
    store = open_store(setup.settings.store_file("journey"), load_store_schema(store_yaml("journey")))
    try:
        reader = Reader(store, read_ledger(store, store.as_of))
        later = [c for c in reader.ledger.campaigns if c.start >= FIRST and c.end < store.as_of]
        found = []
        for index, campaign in enumerate(later):
            setup.progress(f"campaign {campaign.id}", index / len(later))
            known = Reader(store, read_ledger(store, campaign.start))  # what was known on its first day, and no more
            model = fit(campaign_blocks(known, campaign.start), setup.seed)
            block = campaign_block(reader, campaign)
            found.append(Judged(block, model.predict(block.features)))
    finally:
        store.close()
    columns = {name: i for i, name in enumerate(names(reader.ledger))}
    ids = ", ".join(c.id for c in later)
    return BenchTable(
        "audience",
        f"journey, {sum(len(j.probability) for j in found):,} mailings of campaigns {ids}",
        "each campaign predicted on its first day by a model of the campaigns that had ended before",
        setup.seed,
        tuple(_rows(found, columns)),
        (f"All mailings of 2017 redeem at {BASE:.1%}; the rate of the predicted campaigns is the base to beat.",),
    )


def _rows(found: list[Judged], columns: dict[str, int]) -> list[BenchRow]:
    from sklearn.metrics import roc_auc_score

    truth = np.concatenate([j.block.responded for j in found])
    made = np.concatenate([j.probability for j in found])
    base = float(truth.mean())
    rankings: dict[str, Callable[[Judged], Array]] = {
        "model": lambda j: j.probability,
        "past redeemers first": lambda j: j.block.features[:, columns["redeemed"]],
        "RFM": lambda j: _rfm(j.block.features, columns),
    }
    rows = [BenchRow("base redemption rate", base, f"{base:.1%}")]
    for name, ranking in rankings.items():
        for share in TENTHS:
            rate = _top(found, ranking, share)
            ok = rate > base if name == "model" else None
            shown = f"{rate:.1%} ({rate / base:.1f}× base)"
            rows.append(
                BenchRow(f"{name}: redeemed in the top {share:.0%}", rate, shown, "above base" if ok else "", ok)
            )
        weights = [len(j.probability) for j in found]
        aucs = [float(roc_auc_score(j.block.responded, ranking(j))) for j in found]
        auc = float(np.average(aucs, weights=weights))
        rows.append(BenchRow(f"{name}: AUC within a campaign", auc, f"{auc:.3f}"))
    brier, naive = float(np.mean((made - truth) ** 2)), base * (1 - base)
    rows.append(BenchRow("Brier score", brier, f"{brier:.4f} (base rate alone {naive:.4f})", "below", brier < naive))
    return rows + _reliability(made, truth)


def _reliability(made: Array, truth: Array) -> list[BenchRow]:
    """Predicted against redeemed, in bins of equal size, and the expected calibration error."""
    rows, error = [], 0.0
    for index, part in enumerate(np.array_split(np.argsort(made, kind="stable"), BINS), 1):
        said, came = float(made[part].mean()), float(truth[part].mean())
        error += abs(said - came) * len(part) / len(made)
        rows.append(BenchRow(f"fifth {index} by probability: predicted", said, f"{said:.1%}, redeemed {came:.1%}"))
    return [BenchRow("expected calibration error", error, f"{error:.3f}"), *rows]


def _top(found: list[Judged], ranking: Callable[[Judged], Array], share: float) -> float:
    """The redemption rate of the first ``share`` of each campaign's mailings."""
    hits = sizes = 0.0
    for judged in found:
        size = max(round(share * len(judged.probability)), 1)
        hits += float(judged.block.responded[np.argsort(-ranking(judged), kind="stable")[:size]].sum())
        sizes += size
    return hits / sizes


def _rfm(features: Array, columns: dict[str, int]) -> Array:
    """Ranks of recency, frequency and spend, summed."""

    def rank(values: Array) -> Array:
        return np.asarray(values.argsort(kind="stable").argsort(kind="stable"), dtype=float)

    recency, frequency, spend = (features[:, columns[n]] for n in ("days_since_order", "orders_90", "spend_90"))
    return rank(-recency) + rank(frequency) + rank(spend)
