"""The trained risk model: what it adds to the rules, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.artifacts import Meta, arrays, load, read_arrays, save
from models.risk.features import Features
from models.risk.rules import MODEL, Reason
from models.risk.supervised import Classifier
from models.risk.unusual import Unusual, matrix

KIND, VERSION = "risk", 1
SPEAKS = 0.05  # a probability below it is no reason to name


@dataclass(frozen=True, slots=True)
class RiskModel:
    """What was trained. ``classifier`` is None where the store has no labels; the forest needs none."""

    unusual: Unusual
    classifier: Classifier | None = None

    def reasons(self, features: Sequence[Features]) -> list[tuple[Reason, ...]]:
        """What it has to say of each event, in their order."""
        rows = matrix(features)
        found: list[list[Reason]] = [[r] if r else [] for r in self.unusual.reasons(rows)]
        if self.classifier is not None:
            for place, chance in enumerate(self.classifier.predict(rows)):
                if chance >= SPEAKS and not features[place].is_refund:
                    found[place].append(Reason(MODEL.code, min(0.95, float(chance)), float(chance)))
        return [tuple(one) for one in found]


def save_model(path: Path, meta: Meta, model: RiskModel) -> None:
    """Write it in one step."""
    parts = {"sample.npz": arrays(sample=model.unusual.sample)}
    save(path, meta, parts | (model.classifier.parts() if model.classifier else {}))


def load_model(path: Path) -> tuple[Meta, RiskModel]:
    """Read it back. Raises ArtifactMissing, ArtifactDamaged."""
    meta, parts = load(path, KIND, VERSION)
    unusual = Unusual(read_arrays(parts["sample.npz"])["sample"], int(meta.settings["seed"]))
    if "trees.txt" not in parts:
        return meta, RiskModel(unusual)
    return meta, RiskModel(unusual, Classifier.of(parts, Features._fields, str(meta.settings["kind"])))
