"""A classifier of rare events, split by time and calibrated: gradient-boosted trees or logistic regression.

Rows are taken in the order of their time: the first part trains the candidates, the next chooses among them, the next
calibrates the chosen one (isotonic regression where it has 50 cases or more, else Platt's sigmoid), and the last, which
nothing was fitted on, measures. A random split would flatter: it lets a model learn a fraudster's other orders.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.errors import AnalysisError

Floats = NDArray[np.float64]
SPLIT = (0.5, 0.65, 0.8)  # ends of training, choosing and calibrating, as shares of the rows in time
LEAST = 20  # cases below which a model would learn the single case
TREES: dict[str, Any] = {
    "learning_rate": 0.03,
    "n_estimators": 250,
    "num_leaves": 15,
    "min_child_samples": 50,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.7,
    "reg_lambda": 5.0,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class Classifier:
    """A fitted, calibrated model.

    Attributes:
        trees: LightGBM's text where trees were chosen, else empty. weights: of the logistic regression: mean, scale,
            coefficient by column, and the intercept. points: raw score → probability, linear between the points.
    """

    names: tuple[str, ...]
    kind: str
    trees: str
    weights: Floats
    points: Floats

    def predict(self, rows: Floats) -> Floats:
        """The calibrated probability of each row of features."""
        if not len(rows):
            return np.zeros(0)
        return np.asarray(np.interp(self.raw(rows), self.points[0], self.points[1]))

    def raw(self, rows: Floats) -> Floats:
        """Log-odds before calibration."""
        if self.trees:
            return np.asarray(_booster(self.trees).predict(rows, raw_score=True, num_threads=1), dtype=float)
        mean, scale, slope = self.weights[:, :-1]
        filled = np.nan_to_num((rows - mean) / scale)
        return np.asarray(np.clip(filled, -8, 8) @ slope + self.weights[2, -1], dtype=float)

    def parts(self) -> dict[str, bytes]:
        """What a model file keeps of it."""
        held = io.BytesIO()
        np.savez_compressed(held, weights=self.weights, points=self.points)
        return {"trees.txt": self.trees.encode(), "numbers.npz": held.getvalue()}

    @classmethod
    def of(cls, parts: Mapping[str, bytes], names: Sequence[str], kind: str) -> Classifier:
        """From :meth:`parts`."""
        with np.load(io.BytesIO(parts["numbers.npz"]), allow_pickle=False) as numbers:
            return cls(tuple(names), kind, parts["trees.txt"].decode(), numbers["weights"], numbers["points"])


@dataclass(frozen=True, slots=True)
class Fitted:
    """A classifier, what it measured on the last rows, and the scores there."""

    classifier: Classifier
    metrics: Mapping[str, float]
    test: tuple[Floats, Floats]  # probabilities and labels of the last part


def fit_by_time(
    rows: Floats,
    labels: Floats,
    names: Sequence[str],
    seed: int = 0,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Fitted:
    """Fit, choose, calibrate and measure; rows in the order of their time.

    Raises:
        AnalysisError: labels of one class only, or too few cases in a part.
    """
    ends = [int(len(rows) * share) for share in SPLIT]
    _require(labels, ends)
    fit, choose, calibrate, test = (slice(a, b) for a, b in zip([0, *ends], [*ends, len(rows)], strict=True))
    candidates = _candidates(names, seed)
    kind, best = next(iter(candidates.items()))
    best_area = 0.0
    for number, (name, make) in enumerate(candidates.items()):
        progress(f"fitting {name}", number / (len(candidates) + 1))
        made = make(rows[fit], labels[fit])
        found = area(made.raw(rows[choose]), labels[choose])
        if found > best_area + 0.002:  # an earlier candidate, the simpler one, wins a tie
            best, best_area, kind = make, found, name
    progress("calibrating", 0.9)
    until = slice(0, ends[1])
    chosen = best(rows[until], labels[until])
    points = _calibration(chosen.raw(rows[calibrate]), labels[calibrate])
    final = Classifier(chosen.names, kind, chosen.trees, chosen.weights, points)
    chances = final.predict(rows[test])
    metrics = {"rows": float(len(rows)), "cases": float(labels.sum()), "choosing_auc": best_area}
    return Fitted(final, metrics | measured(chances, labels[test]), (chances, labels[test]))


def _require(labels: Floats, ends: Sequence[int]) -> None:
    if not 0 < labels.sum() < len(labels):
        raise AnalysisError(
            "The labels are all of one class, so there is nothing to tell apart.", "Label both good and bad rows."
        )
    if min(labels.sum(), len(labels) - labels.sum()) < LEAST:
        raise AnalysisError(
            f"There are fewer than {LEAST} labelled cases of one class.", "Collect more before a model is trained."
        )
    for start, end in zip([0, *ends], [*ends, len(labels)], strict=True):
        if not 0 < labels[start:end].sum() < end - start:
            raise AnalysisError(
                "One part of the period has cases of one class only, so a model cannot be checked on later rows.",
                "Give a longer period.",
            )


def measured(chances: Floats, labels: Floats) -> dict[str, float]:
    """AUC, average precision, Brier score (of the model, and of always saying the mean), and calibration error."""
    from sklearn.metrics import average_precision_score

    mean = float(labels.mean())
    edges = np.quantile(chances, np.linspace(0, 1, 11))
    place = np.clip(np.searchsorted(edges, chances, side="right") - 1, 0, 9)
    error = sum(abs(chances[place == k].mean() - labels[place == k].mean()) * (place == k).mean() for k in set(place))
    return {
        "auc": area(chances, labels),
        "average_precision": float(average_precision_score(labels, chances)),
        "brier": float(np.mean((chances - labels) ** 2)),
        "brier_of_mean": mean * (1 - mean),
        "calibration_error": float(error),
        "base_rate": mean,
    }


def area(scores: Floats, labels: Floats) -> float:
    """The area under the ROC curve."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, scores))


def _candidates(names: Sequence[str], seed: int) -> dict[str, Callable[[Floats, Floats], Classifier]]:
    """Simple ones first. The recent one weighs a row half as much for every fifth of the rows that came after it."""

    def trees(weigh: bool) -> Callable[[Floats, Floats], Classifier]:
        return lambda rows, labels: _trees(rows, labels, names, seed, weigh)

    return {
        "logistic regression": lambda rows, labels: _logistic(rows, labels, names),
        "trees": trees(False),
        "trees, recent rows first": trees(True),
    }


def _trees(rows: Floats, labels: Floats, names: Sequence[str], seed: int, weigh: bool) -> Classifier:
    from lightgbm import LGBMClassifier

    age = np.linspace(5, 0, len(rows))
    model = LGBMClassifier(**TREES, random_state=seed, n_jobs=1, deterministic=True)
    model.fit(rows, labels, sample_weight=0.5**age if weigh else None)
    return Classifier(tuple(names), "trees", model.booster_.model_to_string(), np.zeros((3, 1)), _identity())


def _logistic(rows: Floats, labels: Floats, names: Sequence[str]) -> Classifier:
    from sklearn.linear_model import LogisticRegression

    mean, scale = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    filled = np.clip(np.nan_to_num((rows - mean) / scale), -8, 8)
    model = LogisticRegression(C=0.1, max_iter=2000).fit(filled, labels)
    weights = np.vstack([mean, scale, model.coef_[0]])
    return Classifier(
        tuple(names),
        "logistic regression",
        "",
        np.hstack([weights, [[0.0], [1.0], [model.intercept_[0]]]]),
        _identity(),
    )


def _identity() -> Floats:
    raw = np.linspace(-12, 12, 201)
    return np.vstack([raw, 1 / (1 + np.exp(-raw))])


def _calibration(raw: Floats, labels: Floats) -> Floats:
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    if labels.sum() >= 50:
        fitted = IsotonicRegression(out_of_bounds="clip", y_min=1e-4, y_max=0.99).fit(raw, labels)
        return np.vstack([fitted.X_thresholds_, fitted.y_thresholds_])
    grid = np.linspace(raw.min() - 1, raw.max() + 1, 201)
    sigmoid = LogisticRegression(C=1e6).fit(raw[:, None], labels)
    return np.vstack([grid, sigmoid.predict_proba(grid[:, None])[:, 1]])


_BOOSTERS: dict[int, Any] = {}


def _booster(text: str) -> Any:
    """LightGBM's model of a text, read once: a watch asks it for every row."""
    from lightgbm import Booster

    key = hash(text)
    if key not in _BOOSTERS:
        _BOOSTERS.clear()
        _BOOSTERS[key] = Booster(model_str=text)
    return _BOOSTERS[key]
