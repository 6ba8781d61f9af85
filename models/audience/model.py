"""Propensity: logistic regression and boosted trees averaged, calibrated on a later slice of time.

p = σ(a + b·logit((p_lr + p_gb) / 2)). Platt's a and b are fitted on the last quarter of the examples by time, scored by
models that saw only what came before; then both models are fitted on everything. J. Platt, "Probabilistic outputs for
support vector machines", 1999.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from db.errors import AnalysisError

Array = npt.NDArray[np.float64]
LEAST_RESPONSES = 30  # fewer teach nothing about twenty features
SLICE = 0.25  # of the examples, the latest, calibrate and judge
PENALTY = 0.05  # C of the logistic regression: strong, for features that tell much the same
TREES = 120


@dataclass(frozen=True, slots=True)
class Block:
    """Examples of one moment: features and who responded. Blocks come in the order of time."""

    features: Array
    responded: Array


@dataclass(frozen=True, slots=True)
class Quality:
    """How models that saw only earlier examples did on the later slice.

    Attributes:
        examples: of the slice; base: its response rate. top: the rate among the likeliest tenth.
        brier: mean squared error of the calibrated probability; auc: area under the ROC curve.
    """

    examples: int
    base: float
    top: float
    auc: float
    brier: float


@dataclass(frozen=True, slots=True)
class Propensity:
    """A fitted, calibrated model. ``quality`` is None where the past was too short to hold a slice back."""

    linear: Any
    trees: Any
    centre: Array
    scale: Array
    platt: tuple[float, float]
    quality: Quality | None

    def predict(self, features: Array) -> Array:
        """Probability of a response, one a row."""
        return _sigmoid(self.platt[0] + self.platt[1] * _logit(self._raw(features)))

    def contributions(self, features: Array) -> Array:
        """How much each feature raises (or lowers) the log-odds of each row over the average customer's."""
        return np.asarray((features - self.centre) / self.scale * self.linear.coef_[0])

    def _raw(self, features: Array) -> Array:
        linear = self.linear.predict_proba((features - self.centre) / self.scale)[:, 1]
        return np.asarray((linear + self.trees.predict(features)) / 2)


def fit(blocks: Sequence[Block], seed: int = 0) -> Propensity:
    """Fit on blocks in the order of time.

    Raises:
        AnalysisError: fewer than :data:`LEAST_RESPONSES` responses, or nobody who did not respond.
    """
    answers = np.concatenate([b.responded for b in blocks]) if blocks else np.zeros(0)
    came = int(answers.sum())
    if came < LEAST_RESPONSES or came == len(answers):
        raise AnalysisError(
            f"There are too few past responses to learn from: {came}, and at least {LEAST_RESPONSES} are needed.",
        )
    cut = _cut(blocks)
    if cut is None:
        return _fitted(blocks, (0.0, 1.0), None, seed)
    earlier, later = _fitted(blocks[:cut], (0.0, 1.0), None, seed), blocks[cut:]
    raw = np.concatenate([earlier._raw(b.features) for b in later])
    truth = np.concatenate([b.responded for b in later])
    platt = _platt(raw, truth)
    return _fitted(blocks, platt, _quality(_sigmoid(platt[0] + platt[1] * _logit(raw)), truth), seed)


def _cut(blocks: Sequence[Block]) -> int | None:
    """Where the later slice begins: a quarter of the examples, with responses enough on both sides."""
    total = sum(len(b.responded) for b in blocks)
    for cut in range(len(blocks) - 1, 0, -1):
        late, early = blocks[cut:], blocks[:cut]
        enough = all(sum(b.responded.sum() for b in part) >= LEAST_RESPONSES for part in (late, early))
        if enough and sum(len(b.responded) for b in late) >= SLICE * total:
            return cut
    return None


def _fitted(blocks: Sequence[Block], platt: tuple[float, float], quality: Quality | None, seed: int) -> Propensity:
    import lightgbm
    from sklearn.linear_model import LogisticRegression

    features = np.vstack([b.features for b in blocks])
    answers = np.concatenate([b.responded for b in blocks])
    centre, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    linear = LogisticRegression(C=PENALTY, max_iter=500).fit((features - centre) / scale, answers)
    settings = {
        "objective": "binary",
        "learning_rate": 0.03,
        "num_leaves": 8,
        "min_data_in_leaf": 40,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.6,
        "lambda_l2": 5.0,
        "verbose": -1,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
    }
    trees = lightgbm.train(settings, lightgbm.Dataset(features, answers), TREES)
    return Propensity(linear, trees, centre, scale, platt, quality)


def _platt(raw: Array, truth: Array) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(_logit(raw).reshape(-1, 1), truth)
    return float(fitted.intercept_[0]), float(fitted.coef_[0, 0])


def _quality(probability: Array, truth: Array) -> Quality:
    from sklearn.metrics import roc_auc_score

    top = np.argsort(-probability, kind="stable")[: max(round(len(truth) / 10), 1)]
    auc = float(roc_auc_score(truth, probability)) if 0 < truth.sum() < len(truth) else float("nan")
    brier = float(np.mean((probability - truth) ** 2))
    return Quality(len(truth), float(truth.mean()), float(truth[top].mean()), auc, brier)


def _logit(probability: Array) -> Array:
    safe = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)))


def _sigmoid(value: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-value)))
