"""An autoencoder of behaviour: a small network that must rebuild a customer's habits from four numbers.

Input, hidden, code, hidden, output, with tanh between: scikit-learn's ``MLPRegressor`` trained to give back its input.
The code layer is the embedding, standardised over the training customers.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, np.dtype[np.float64]]
HIDDEN, CODE = 12, 4
EPOCHS = 60
SAMPLE = 10_000


@dataclass(frozen=True, slots=True)
class Encoder:
    """The network's first half. ``rebuilt``: share of the habits' variance that the code carries, 0–1."""

    weights: tuple[Matrix, ...]
    biases: tuple[Matrix, ...]
    mean: Matrix
    deviation: Matrix
    rebuilt: float

    def encode(self, points: Matrix) -> Matrix:
        """Standardised habits → the embedding, one row a customer."""
        return np.asarray((_code(points, self.weights, self.biases) - self.mean) / self.deviation)


def fit_encoder(points: Matrix, seed: int = 0) -> Encoder:
    """Train on standardised habits, one row a customer."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    random = np.random.default_rng(seed)
    drawn = random.choice(len(points), min(SAMPLE, len(points)), replace=False)
    network = MLPRegressor(
        hidden_layer_sizes=(HIDDEN, CODE, HIDDEN),
        activation="tanh",
        learning_rate_init=5e-3,
        batch_size=min(64, len(drawn)),
        max_iter=EPOCHS,
        alpha=1e-4,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant
        network.fit(points[drawn], points[drawn])
    left = ((network.predict(points) - points) ** 2).sum()
    total = ((points - points.mean(axis=0)) ** 2).sum()
    weights, biases = tuple(network.coefs_[:2]), tuple(network.intercepts_[:2])
    codes = _code(points, weights, biases)
    deviation = np.maximum(codes.std(axis=0), 1e-6)
    return Encoder(weights, biases, codes.mean(axis=0), deviation, float(max(0.0, 1 - left / total)) if total else 0.0)


def _code(points: Matrix, weights: tuple[Matrix, ...], biases: tuple[Matrix, ...]) -> Matrix:
    for weight, bias in zip(weights, biases, strict=True):
        points = np.tanh(points @ weight + bias)
    return points
