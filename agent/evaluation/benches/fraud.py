"""Planted fraud and refund abuse of the demo store: learnt up to a day, measured on all that follow."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from agent.evaluation.benches import BenchRow, BenchSkipped, BenchTable, Setup
from db.engine import Store, open_store
from db.semantic.load import load_store_schema
from db.semantic.query import Interval
from models.risk.events import Event, Payment, seconds
from models.risk.ledger import MATURES
from models.risk.model import load_model
from models.risk.rules import ALERT
from models.risk.scan import Scan, scan
from models.risk.supervised import Floats, area, measured
from models.risk.train import train

STORE = "journey"
SPLIT = date(2017, 10, 1)  # nine months to learn from, three to measure


@dataclass(frozen=True, slots=True)
class Truth:
    """What was planted: orders by the kind of fraud, abusive refunds, and customers who abuse refunds."""

    orders: dict[str, str]
    refunds: frozenset[str]
    abusers: frozenset[str]


def run(setup: Setup) -> BenchTable:
    """Train as of the split, then score every later payment and refund once, as a watch would.

    Raises:
        BenchSkipped: the demo store or the truth beside it is not on this machine.
    """
    from agent.open import store_yaml
    from db.simulate import truth_path

    file = setup.settings.store_file(STORE)
    if not truth_path(file).is_file():
        raise BenchSkipped("The demo store with its planted truth is not loaded.", f"Run: shopops load {STORE}")
    truth = read_truth(json.loads(truth_path(file).read_text("utf-8")))
    store = open_store(file, load_store_schema(store_yaml(STORE)))
    try:
        return _measured(store, truth, setup)
    finally:
        store.close()


def read_truth(planted: dict[str, Any]) -> Truth:
    """The planted cases of a truth file."""
    orders = {str(b): ring["name"].rsplit("-", 1)[0] for ring in planted["fraud"]["rings"] for b in ring["baskets"]}
    orders |= {str(b): "takeover" for b in planted["fraud"]["takeovers"]["baskets"]}
    refunds = frozenset(str(r) for abuse in planted["refund_abuse"] for r in abuse["refunds"])
    abusers = frozenset(str(h) for abuse in planted["refund_abuse"] for h in abuse["households"])
    return Truth(orders, refunds, abusers)


def _measured(store: Store, truth: Truth, setup: Setup) -> BenchTable:
    period = Interval(start=SPLIT, end=store.as_of)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "risk.shopops"
        meta = train(store, SPLIT, path, lambda stage, done: setup.progress(stage, 0.5 * done))
        model = load_model(path)[1]
    rules = scan(store, period, progress=lambda stage, done: setup.progress(stage, 0.5 + 0.2 * done))
    whole = scan(store, period, model=model, progress=lambda stage, done: setup.progress(stage, 0.7 + 0.3 * done))
    rows = [*_orders("rules", rules, truth), *_orders("rules and model", whole, truth)]
    rows += _kinds(whole, truth) + _refunds(whole, truth)
    if model.classifier is not None:
        rows += _chances(whole, model.classifier.predict, store.as_of)
    return BenchTable(
        "fraud",
        f"journey's simulated payments and refunds, {len(whole.scored):,} scored, {len(truth.orders):,} planted orders",
        f"trained on the days before {SPLIT}, measured on those from then on; nothing looks ahead",
        setup.seed,
        tuple(rows),
        (f"Alert: score {ALERT} or more at the time of the payment.", f"Chosen classifier: {meta.settings['kind']}."),
    )


def _orders(name: str, found: Scan, truth: Truth) -> list[BenchRow]:
    """Precision and recall of orders at the alert threshold, and the AUC of their scores."""
    best: dict[str, int] = {}
    for one in found.scored:
        if isinstance(one.event, Payment):
            best[one.event.order] = max(best.get(one.event.order, 0), one.at_time)
    flagged = [order for order, score in best.items() if score >= ALERT]
    scores = np.array(list(best.values()), dtype=float)
    labels = np.array([float(order in truth.orders) for order in best])
    return [*_pair(f"orders, {name}", flagged, [o for o in truth.orders if o in best]),
            _row(f"orders, {name}: AUC", area(scores, labels))]  # fmt: skip


def _kinds(found: Scan, truth: Truth) -> list[BenchRow]:
    """Recall by the kind of fraud."""
    hit: dict[str, dict[str, bool]] = {}
    for one in found.scored:
        if isinstance(one.event, Payment) and (kind := truth.orders.get(one.event.order)):
            orders = hit.setdefault(kind, {})
            orders[one.event.order] = orders.get(one.event.order, False) or one.at_time >= ALERT
    return [
        _row(f"recall of {kind} ({len(o)} orders)", float(np.mean(list(o.values())))) for kind, o in sorted(hit.items())
    ]


def _refunds(found: Scan, truth: Truth) -> list[BenchRow]:
    refunds: dict[str, tuple[Event, int]] = {
        one.event.id: (one.event, one.at_time) for one in found.scored if not isinstance(one.event, Payment)
    }
    flagged = [row for row, (_, score) in refunds.items() if score >= ALERT]
    customers = {refunds[row][0].customer for row in flagged}
    here = {event.customer for row, (event, _) in refunds.items() if row in truth.refunds}
    return [
        *_pair("refunds", flagged, [row for row in truth.refunds if row in refunds]),
        *_pair("refund abusers", customers, truth.abusers & here),
    ]


def _chances(found: Scan, predict: Any, as_of: date) -> list[BenchRow]:
    """The model's own probabilities against the chargebacks that came, of payments old enough to know."""
    until = seconds(as_of - timedelta(days=MATURES))
    old = [
        (one.features, float(one.event.reversed))
        for one in found.scored
        if isinstance(one.event, Payment) and not one.event.failed and one.event.time < until
    ]
    chances: Floats = predict(np.asarray([features for features, _ in old], dtype=float))
    labels = np.array([label for _, label in old])
    got = measured(chances, labels)
    return [
        _row("chargebacks: AUC of the model", got["auc"]),
        _row("chargebacks: average precision", got["average_precision"]),
        BenchRow(
            "chargebacks: Brier score",
            got["brier"],
            f"{got['brier']:.5f} (always the mean: {got['brier_of_mean']:.5f})",
            "below the mean's",
            got["brier"] < got["brier_of_mean"],
        ),
        BenchRow("chargebacks: calibration error", got["calibration_error"], f"{got['calibration_error']:.4f}"),
    ]


def _pair(name: str, flagged: Collection[str], planted: Collection[str]) -> list[BenchRow]:
    hits = len(set(flagged) & set(planted))
    precision, recall = hits / max(len(flagged), 1), hits / max(len(planted), 1)
    return [
        BenchRow(f"{name}: precision at the alert", precision, f"{precision:.3f} ({hits} of {len(flagged)})"),
        BenchRow(f"{name}: recall at the alert", recall, f"{recall:.3f} ({hits} of {len(planted)})"),
    ]


def _row(name: str, value: float) -> BenchRow:
    return BenchRow(name, value, f"{value:.3f}")
