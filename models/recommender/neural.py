"""Neural collaborative filtering: embeddings of customers and products, multiplied and through layers.

    score = hᵀ [ p_u ⊙ q_i ; MLP(p'_u, q'_i) ],   trained as a yes-or-no question against products drawn at random

He, Liao, Zhang, Nie, Hu, Chua, "Neural collaborative filtering" (WWW 2017), NeuMF. PyTorch is an optional extra and is
imported only here; on the processor an epoch over 75,000 ratings takes about a second. Regularisation: weight decay.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse

from db.errors import UsageError
from models.recommender.base import Recommender, Why
from models.recommender.interactions import Floats, Interactions, Ints


class NeuralFactors(Recommender):
    """Scores are the network's logits.

    Args:
        size: length of the embeddings. epochs: passes. negatives: products not bought, for each that was.
    """

    name = "neural"

    def __init__(
        self,
        size: int = 32,
        epochs: int = 15,
        negatives: int = 4,
        batch: int = 2048,
        decay: float = 1e-6,
        seed: int = 0,
    ) -> None:
        self.size, self.epochs, self.negatives, self.batch = size, epochs, negatives, batch
        self.decay, self.seed = decay, seed

    def fit(self, interactions: Interactions) -> Self:
        """Train on the purchases.

        Raises:
            UsageError: PyTorch is not installed.
        """
        torch = _torch()
        torch.manual_seed(self.seed)
        rng = np.random.default_rng(self.seed)
        self._seen = interactions.matrix()
        self.network = _network(torch, *interactions.shape, self.size)
        optimiser = torch.optim.Adam(self.network.parameters(), lr=2e-3, weight_decay=self.decay)
        rows, cols = self._seen.nonzero()
        for _ in range(self.epochs):
            drawn = rng.integers(0, interactions.shape[1], len(rows) * self.negatives)
            users = np.concatenate([rows, np.repeat(rows, self.negatives)])
            items = np.concatenate([cols, drawn])
            label = np.concatenate([np.ones(len(rows)), np.asarray(self._seen[users[len(rows) :], drawn]).ravel()])
            order = rng.permutation(len(users))
            for first in range(0, len(order), self.batch):
                part = order[first : first + self.batch]
                logits = self.network(torch.as_tensor(users[part]).long(), torch.as_tensor(items[part]).long())
                target = torch.as_tensor(label[part], dtype=torch.float32)
                loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return self

    def score(self, customers: Ints) -> Floats:
        """Logits of all products, a customer at a time."""
        torch = _torch()
        items = torch.arange(self._seen.shape[1])
        with torch.no_grad():
            rows = [self.network(torch.full_like(items, int(customer)), items).numpy() for customer in customers]
        return np.stack(rows)

    def explain(self, customer: int, product: int) -> Why:
        """A network has no single reason to give."""
        return Why("taste", None, float(self.score(np.array([customer]))[0, product]))

    @property
    def seen(self) -> sparse.csr_matrix:
        """Customers × products of the training data."""
        return self._seen


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise UsageError(
            "The neural recommender needs PyTorch, which is not installed.", "Run: pip install '.[deep]'"
        ) from None
    return torch


def _network(torch: Any, customers: int, products: int, size: int) -> Any:
    nn = torch.nn
    base: Any = nn.Module  # known only where PyTorch is

    class NeuMF(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.tables = nn.ModuleList(nn.Embedding(n, size) for n in (customers, products, customers, products))
            for table in self.tables:
                nn.init.normal_(table.weight, std=0.01)
            self.layers = nn.Sequential(nn.Linear(2 * size, size), nn.ReLU(), nn.Linear(size, size // 2), nn.ReLU())
            self.last = nn.Linear(size + size // 2, 1)

        def forward(self, users: Any, items: Any) -> Any:
            p, q, p2, q2 = (table(ids) for table, ids in zip(self.tables, (users, items, users, items), strict=True))
            joined = torch.cat([p * q, self.layers(torch.cat([p2, q2], dim=1))], dim=1)
            return self.last(joined).squeeze(1)

    return NeuMF()
