"""Train the risk model of a store: on its chargebacks, or on orders that the operator labelled."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from db.engine import Store
from db.errors import AnalysisError
from db.frames import role_of
from db.semantic.query import Interval
from models.artifacts import Meta, now_text
from models.risk.events import Payment, read_events
from models.risk.features import Features
from models.risk.ledger import MATURES, Ledger
from models.risk.model import KIND, VERSION, RiskModel, save_model
from models.risk.supervised import Classifier, Floats, fit_by_time
from models.risk.unusual import Unusual, thinned

if TYPE_CHECKING:
    import pandas as pd

SEED = 0
TRUE_WORDS = {"1", "true", "yes", "fraud", "bad", "y", "t", "是", "欺诈"}
FALSE_WORDS = {"0", "false", "no", "ok", "good", "legit", "n", "f", "否", "正常"}


def _silent(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def train(
    store: Store,
    as_of: date,
    path: Path,
    progress: Callable[[str, float], None] = _silent,
    labels: Path | None = None,
) -> Meta:
    """Train on all payments before ``as_of`` and write the model's file.

    Without ``labels`` chargebacks are the cases; payments of the last ``MATURES`` days are left out, for theirs are not
    known yet. A store without chargebacks gets the unsupervised part alone, and its meta says so.

    Args:
        labels: a CSV file of the operator's own: a column with order ids, named ``order`` or as the store's column, and
            a column ``label`` with 1 or 0 (yes or no, fraud or ok). Orders that it leaves out are not used.

    Raises:
        RoleMissing: the store has no payments. AnalysisError: labels of one class only, too few, or unreadable.
    """
    name = role_of(store, "payments").columns["order"]
    known = read_labels(labels, name) if labels else None
    every, chosen, cases = _rows(store, as_of, known, progress)
    if len(every) < 100:
        raise AnalysisError("There are fewer than 100 payments, too few to learn what is usual.")
    unusual = Unusual(thinned(every, seed=SEED), SEED)
    metrics: dict[str, float] = {"payments": float(len(every)), "cases": float(sum(cases))}
    classifier: Classifier | None = None
    if labels or any(cases):
        rows = np.asarray(chosen, dtype=float)
        fitted = fit_by_time(rows, np.asarray(cases), Features._fields, SEED, lambda s, d: progress(s, 0.6 + 0.35 * d))
        classifier, metrics = fitted.classifier, {**metrics, **fitted.metrics}
    settings = {
        "seed": SEED,
        "kind": classifier.kind if classifier else "",
        "labels": "own" if labels else "chargeback",
    }
    meta = Meta(
        KIND,
        VERSION,
        store.schema.name,
        store.fingerprint,
        as_of,
        now_text(datetime.now(UTC)),
        {name: round(value, 6) for name, value in metrics.items()},
        settings,
    )
    save_model(path, meta, RiskModel(unusual, classifier))
    progress("saved", 1.0)
    return meta


def _rows(
    store: Store, as_of: date, known: Mapping[str, float] | None, progress: Callable[[str, float], None]
) -> tuple[list[Features], list[Features], list[float]]:
    """Features of all payments; of those with a label; and these labels, in the order of time."""
    ledger, period = Ledger(), Interval(start=store.data_start, end=as_of)
    end = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC).timestamp()
    mature = end - timedelta(days=MATURES).total_seconds()
    start = datetime(period.start.year, period.start.month, period.start.day, tzinfo=UTC).timestamp()
    every: list[Features] = []
    chosen: list[Features] = []
    cases: list[float] = []
    for count, event in enumerate(read_events(store, period)):
        found = ledger.observe(event)
        if not isinstance(event, Payment):
            continue
        every.append(found)
        bad = event.reversed and (event.known is None or event.known < end)
        label = known.get(event.order) if known is not None else float(bad)
        if label is not None and not event.failed and (known is not None or event.time < mature):
            chosen.append(found)
            cases.append(label)
        if count % 2_000 == 0:
            progress("reading payments", 0.6 * (event.time - start) / max(1.0, period.days * 86_400.0))
    return every, chosen, cases


def read_labels(path: Path, order_column: str) -> dict[str, float]:
    """Labels by order of a CSV file.

    Raises:
        AnalysisError: not UTF-8, no such columns, or a label that is neither yes nor no.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AnalysisError(f"The labels in {path.name} cannot be read.", "Give a CSV file in UTF-8.") from error
    names = {name for row in rows[:1] for name in row}
    order = next((name for name in ("order", order_column) if name in names), None)
    if order is None or "label" not in names:
        raise AnalysisError(
            f"The labels in {path.name} need the columns 'order' (or '{order_column}') and 'label'.",
            "Write them in its first line.",
        )
    return {str(row[order]).strip(): float(_yes(str(row["label"]))) for row in rows if row[order]}


def _yes(text: str) -> bool:
    word = text.strip().casefold().removesuffix(".0")
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise AnalysisError(f"The label '{text.strip()[:40]}' is neither yes nor no.", "Write 1 or 0.")
    return word in TRUE_WORDS


class TableModel:
    """A model of an operator's own table, whatever its columns; see :func:`train_on_table`."""

    def __init__(self, classifier: Classifier, metrics: Mapping[str, float], test: tuple[Floats, Floats]) -> None:
        """Use :func:`train_on_table`. ``test``: probabilities and labels of the last rows, which it was measured on."""
        self.classifier, self.metrics, self.test = classifier, metrics, test

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return self.classifier.names


def train_on_table(
    frame: pd.DataFrame, label: str, time: str, seed: int = SEED, progress: Callable[[str, float], None] = _silent
) -> TableModel:
    """Train on a labelled table of the operator's own: one row an order, any columns.

    Args:
        label: the column of labels: 1 and 0, or words such as yes and no. time: the column that dates a row.

    Raises:
        AnalysisError: a column is absent, times or labels cannot be read, one class only, or too few cases.
    """
    from models.risk import columns

    kinds = columns.kinds_of(frame, label, time)
    moments = columns.seconds_of(frame[time])
    kept = np.flatnonzero(~np.isnan(moments) & frame[label].notna().to_numpy())
    order = kept[np.argsort(moments[kept], kind="stable")]
    ordered = frame.iloc[order].reset_index(drop=True)
    labels = np.asarray([float(_yes(str(value))) for value in ordered[label]])
    progress("features", 0.1)
    rows, names = columns.features(ordered, kinds, moments[order], labels)
    fitted = fit_by_time(rows, labels, names, seed, lambda stage, done: progress(stage, 0.2 + 0.8 * done))
    return TableModel(fitted.classifier, fitted.metrics, fitted.test)
