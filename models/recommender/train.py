"""Train the recommender of a store, measured on its last weeks: ``shopops train recommender``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.artifacts import Meta, now_text, save
from models.recommender.reorder import HORIZON
from models.recommender.serve import KIND, VERSION, Progress, build, parts_of, read_data
from models.recommender.validate import DISCOVERERS, HeldOut, held_out

if TYPE_CHECKING:
    from db.engine import Store

ROUNDS, SAMPLE = 160, 4000  # twice the quick model's trees and customers; nDCG@10 +0.002 on the demo store


def train(store: Store, as_of: date, path: Path, progress: Progress) -> Meta:
    """Measure, choose, fit on everything before ``as_of``, and save in one step.

    Returns:
        What the file says of itself; ``metrics`` are of the last four weeks, which the measured models did not see.

    Raises:
        AnalysisError: the history is too short. RoleMissing, StoreError: the store cannot give it.
    """
    progress("reading purchases", 0.0)
    data = read_data(store, as_of)
    progress("fitting on all but the last four weeks", 0.1)
    measured = held_out(data.visits, data.catalogue.types(data.visits.products), data.clock, progress)
    progress("fitting on everything", 0.8)
    shop = build(data)
    shop.reorder.rounds, shop.reorder.sample = ROUNDS, SAMPLE
    shop.fit(DISCOVERERS[measured.discovery]())
    progress("saving", 0.95)
    settings = {"discovery": measured.discovery, "horizon_days": HORIZON, "rounds": ROUNDS}
    meta = Meta(
        kind=KIND,
        version=VERSION,
        store=store.schema.name,
        fingerprint=store.fingerprint,
        as_of=as_of,
        trained_at=now_text(datetime.now(UTC)),
        metrics=_flat(measured),
        settings=settings,
    )
    save(path, meta, parts_of(shop))
    progress("done", 1.0)
    return meta


def _flat(measured: HeldOut) -> dict[str, float]:
    wanted = ("ndcg", "recall", "coverage")
    return {
        f"{name} {metric}@10": round(found[metric], 4) for name, found in measured.metrics.items() for metric in wanted
    }
