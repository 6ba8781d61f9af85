"""The groups of a store's customers as a file, so that they keep their names from week to week."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from db.errors import AnalysisError, ArtifactDamaged, ArtifactError
from models.artifacts import ENDING, Meta, arrays, load, now_text, read_arrays, require_fresh, save
from models.segmentation.anchoring import agreement, renewed
from models.segmentation.autoencoder import Encoder
from models.segmentation.clusters import Candidate, Clusters, Scale, fit_clusters
from models.segmentation.features import read_customers
from models.segmentation.value import fit_churn, fit_value

if TYPE_CHECKING:
    import pandas as pd

    from db.engine import Store

KIND, VERSION = "segmentation", 1
FILE = f"{KIND}{ENDING}"


def train(store: Store, as_of: date, path: Path, progress: Callable[[str, float], None]) -> Meta:
    """Find the groups as of a day and keep them in ``path``; groups that lie there already keep their names.

    Raises:
        AnalysisError: too few customers. RoleMissing, StoreError: as reading the store.
    """
    progress("customers", 0.0)
    customers = read_customers(store, as_of)
    found = fit_clusters(customers, progress=lambda stage, done: progress(stage, 0.1 + 0.7 * done))
    metrics = {"rebuilt": found.encoder.rebuilt}
    old = _former(path, store)
    if old is not None:
        before = old.place(customers)
        found = renewed(old, found, customers)
        metrics["kept"] = agreement(before, found.place(customers))
    metrics |= {"groups": float(len(found.centroids)), "stability": found.chosen.stability}
    metrics["silhouette"] = found.chosen.silhouette
    progress("churn", 0.9)
    metrics |= _churn(customers.days, as_of)
    meta = Meta(KIND, VERSION, store.schema.name, store.fingerprint, as_of, now_text(datetime.now(UTC)), metrics)
    save(path, meta, parts_of(found))
    progress("saved", 1.0)
    return meta


def trained(folder: Path | None, store: Store, as_of: date) -> tuple[Meta, Clusters] | None:
    """The kept groups for a question of that day; None where none were trained, or they are of other or older data.

    Raises:
        ArtifactDamaged: a file that cannot be read; it is named, not passed over.
    """
    path = folder / FILE if folder else None
    if path is None or not path.is_file():
        return None
    meta, parts = load(path, KIND, VERSION)
    try:
        require_fresh(meta, store.schema.name, store.fingerprint, as_of)
    except ArtifactError:
        return None  # groups found anew are slower, not worse
    return (meta, clusters_of(parts)) if meta.as_of <= as_of else None  # later groups know what came after


def _former(path: Path, store: Store) -> Clusters | None:
    """The groups of the last training, whatever their age; a damaged file is replaced."""
    try:
        meta, parts = load(path, KIND, VERSION)
        return clusters_of(parts) if meta.store == store.schema.name else None
    except ArtifactError:
        return None


def _churn(days: pd.DataFrame, as_of: date) -> dict[str, float]:
    end = as_of - timedelta(days=1)
    try:
        auc = fit_churn(days, end, fit_value(days, end, origins=())).auc
    except AnalysisError:
        return {}
    return {"churn_auc": auc} if auc is not None else {}


def parts_of(found: Clusters) -> dict[str, bytes]:
    """The groups as parts of a file."""
    about = {
        "columns": found.scale.columns,
        "names": found.names,
        "chosen": asdict(found.chosen),
        "candidates": [asdict(c) for c in found.candidates],
        "rebuilt": found.encoder.rebuilt,
        "layers": len(found.encoder.weights),
    }
    layers = {f"weight{i}": w for i, w in enumerate(found.encoder.weights)}
    layers |= {f"bias{i}": b for i, b in enumerate(found.encoder.biases)}
    numbers = arrays(
        mean=found.scale.mean,
        deviation=found.scale.deviation,
        code_mean=found.encoder.mean,
        code_deviation=found.encoder.deviation,
        centroids=found.centroids,
        **layers,
    )
    return {"about.json": json.dumps(about, ensure_ascii=False).encode(), "numbers.npz": numbers}


def clusters_of(parts: dict[str, bytes]) -> Clusters:
    """The groups of a file's parts. Raises ArtifactDamaged where one is missing."""
    try:
        about, numbers = json.loads(parts["about.json"]), read_arrays(parts["numbers.npz"])
        weights = tuple(numbers[f"weight{i}"] for i in range(about["layers"]))
        biases = tuple(numbers[f"bias{i}"] for i in range(about["layers"]))
        return Clusters(
            Scale(tuple(about["columns"]), numbers["mean"], numbers["deviation"]),
            Encoder(weights, biases, numbers["code_mean"], numbers["code_deviation"], about["rebuilt"]),
            Candidate(**about["chosen"]),
            tuple(Candidate(**c) for c in about["candidates"]),
            numbers["centroids"],
            tuple(tuple(name) for name in about["names"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactDamaged(
            "The segmentation model's file cannot be read.", "Run: shopops train segmentation"
        ) from error
