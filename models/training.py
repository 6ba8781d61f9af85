"""Which models ``shopops train`` can train. Another kind is one line here, and a ``train`` function of its own.

``train(store, as_of, path, progress) -> Meta``: learns from everything before ``as_of``, writes its file in one step
through :mod:`models.artifacts`, and reports what it measured on data that it held out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from db.errors import UsageError

if TYPE_CHECKING:
    from db.engine import Store
    from models.artifacts import Meta

Progress = Callable[[str, float], None]
Train = Callable[..., "Meta"]
LABELLED = frozenset({"risk"})  # kinds that an operator's own labels can train

# kind -> its function, the role without which a store has nothing to learn from, and what the model is for
KINDS: Mapping[str, tuple[str, str, str]] = {
    "recommender": ("models.recommender.train:train", "sales", "what to offer"),
    "segmentation": ("models.segmentation.train:train", "sales", "groups of customers, and who is leaving"),
    "risk": ("models.risk.train:train", "payments", "risky orders and customers"),
    "intent": ("models.intent.shop:train", "sales", "what a customer's message wants"),
}


def kinds() -> tuple[str, ...]:
    """The kinds that this installation can train."""
    return tuple(kind for kind, (where, _, _) in KINDS.items() if find_spec(where.partition(":")[0]))


def trainable(store: Store) -> tuple[str, ...]:
    """The kinds for which a store has the data."""
    return tuple(kind for kind in kinds() if KINDS[kind][1] in store.schema.roles)


def file_of(folder: Path, kind: str) -> Path:
    """Where a kind's model lies in a store's folder of trained models."""
    from models.artifacts import ENDING  # here: it brings numpy, which a question for figures does without

    return folder / f"{kind}{ENDING}"


def train(kind: str, store: Store, as_of: date, folder: Path, progress: Progress, labels: Path | None = None) -> Meta:
    """Train one kind; the old model stays until the new one is whole.

    Args:
        labels: a CSV file of the operator's own labels, for the kinds in ``LABELLED``.

    Raises:
        UsageError: no such kind, or labels for one that takes none. AnalysisError, RoleMissing, StoreError: the store
            cannot give it.
    """
    if kind not in kinds():
        raise UsageError(f"There is no model '{kind}' to train.", f"There are: {', '.join(kinds())}.")
    if labels is not None and kind not in LABELLED:
        raise UsageError(f"The model '{kind}' takes no labels.", f"These do: {', '.join(sorted(LABELLED))}.")
    module, _, name = KINDS[kind][0].partition(":")
    work: Train = getattr(import_module(module), name)
    own = {} if labels is None else {"labels": labels}
    return work(store, as_of, file_of(folder, kind), progress, **own)


def trained_folder(data_dir: Path, store: str) -> Path:
    """The folder of a store's trained models within the product's data folder."""
    return data_dir / "trained" / store
