"""The shop's own intents: trained on the examples that ship, kept with the store's models, ready in a second."""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from db.errors import ArtifactDamaged, ArtifactMissing
from db.knowledge.concepts import concepts, pattern_of
from models import artifacts
from models.embedding import VectorCache
from models.intent.classifier import Calibration, Guess, IntentModel, Kernel
from models.intent.intents import NONE
from models.intent.message import read_message

if TYPE_CHECKING:
    from db.engine import Store
    from models.artifacts import Meta

KIND, VERSION = "intent", 1
DATA = Path(__file__).parent / "data"
EXAMPLES = DATA / "examples.jsonl"
SHIPPED = DATA / "vectors.json"  # embeddings of the examples, so that training takes a second, not half a minute
FILE = f"{KIND}{artifacts.ENDING}"
CACHE_FILE = "embeddings.npz"
WHOLE = 0.5  # weight of the whole message beside its most telling sentence


@dataclass(frozen=True, slots=True)
class Example:
    """A message as a customer writes it, and its intent."""

    text: str
    intent: str
    language: str


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """The examples that ship: at least 15 in Chinese and 8 in English for every intent."""
    lines = EXAMPLES.read_text(encoding="utf-8").splitlines()
    return tuple(Example(**json.loads(line)) for line in lines if line.strip())


@lru_cache(maxsize=1)
def _cue_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    known = yaml.safe_load((DATA / "cues.yaml").read_text(encoding="utf-8"))
    return tuple((name, pattern_of(words["en"], words["zh"])) for name, words in known.items())


def cues(text: str) -> list[str]:
    """What tells intents apart in a message: the shop's concepts, and the cues of data/cues.yaml."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return concepts(text) + [f"!{name}" for name, pattern in _cue_patterns() if pattern.search(folded)]


# Chosen by the left-out accuracy of the examples, .87 in Chinese and .91 in English for 34 labels.
SHOP = Kernel(gamma=0.5, words=0.1, ridge=0.1, cue=0.1, cues=cues)


class ShopIntents:
    """Reads customers' messages; safe to use from several threads."""

    def __init__(self, model: IntentModel, cache: VectorCache) -> None:
        self.model = model
        self._cache = cache

    def guess(self, message: str) -> Guess:
        """The intent of a message; ``known`` is false where it is none of these.

        A message is read as a whole and sentence by sentence; the most telling sentence counts as much as the whole.
        """
        read = read_message(message)
        texts = [read.wanted, *(read.sentences if len(read.sentences) > 1 else ())]
        scores = self.model.scores(texts, self._cache.vectors(texts, "query"))
        mixed = scores[:1]
        if len(texts) > 1:
            telling = np.delete(scores[1:], self.model.labels.index(NONE), axis=1).max(axis=1)
            mixed = WHOLE * mixed + (1 - WHOLE) * scores[1 + int(telling.argmax())]
        guess = self.model.read(mixed)[0]
        return replace(guess, known=guess.known and guess.label != NONE)


def train(
    store: Store | None, as_of: date, path: Path, progress: Callable[[str, float], None] = lambda _s, _d: None
) -> Meta:
    """Train on the examples that ship and save; the store's own data is not used.

    ``metrics``: ``accuracy`` of the left-out examples.
    """
    cache = VectorCache(None, SHIPPED)
    model = _fitted(cache, lambda done: progress("examples", 0.9 * done))
    meta = artifacts.Meta(
        KIND,
        VERSION,
        store.schema.name if store else "",
        "",
        as_of,
        artifacts.now_text(datetime.now(UTC)),
        {"accuracy": model.calibration.accuracy},
        {"examples": _digest()},
    )
    artifacts.save(path, meta, _parts(model))
    progress("examples", 1.0)
    return meta


def open_intents(models: Path | None) -> ShopIntents:
    """The trained model of a store's folder; trained here and now (a second) where there is none, or of other examples.

    Raises:
        ArtifactDamaged: the folder's file is truncated or altered.
    """
    with _LOCK:
        if models not in _opened:
            cache = VectorCache(models / CACHE_FILE if models else None, SHIPPED)
            _opened[models] = ShopIntents(_loaded(models, cache), cache)
        return _opened[models]


_LOCK = threading.Lock()
_opened: dict[Path | None, ShopIntents] = {}


def _loaded(models: Path | None, cache: VectorCache) -> IntentModel:
    if models is None:
        return _fitted(cache)
    try:
        meta, parts = artifacts.load(models / FILE, KIND, VERSION)
    except ArtifactMissing:
        return _fitted(cache)
    return _read(parts) if meta.settings.get("examples") == _digest() else _fitted(cache)


def _fitted(cache: VectorCache, progress: Callable[[float], None] = lambda _: None) -> IntentModel:
    texts = [e.text for e in examples()]
    return IntentModel.fit(texts, [e.intent for e in examples()], cache.vectors(texts, "query", progress), SHOP)


def _parts(model: IntentModel) -> Mapping[str, bytes]:
    known = model.calibration
    about = {"labels": model.labels, "calibration": [known.temperature, known.floor, known.accuracy]}
    return {
        "about.json": json.dumps({"texts": model.texts} | about, ensure_ascii=False).encode(),
        "arrays.npz": artifacts.arrays(vectors=model.vectors.astype(np.float16), dual=model.dual),
    }


def _read(parts: Mapping[str, bytes]) -> IntentModel:
    try:
        about = json.loads(parts["about.json"])
        arrays = artifacts.read_arrays(parts["arrays.npz"])
        calibration = Calibration(*about["calibration"])
        vectors = arrays["vectors"].astype(np.float32)
        return IntentModel(about["texts"], about["labels"], vectors, arrays["dual"], calibration, SHOP)
    except (KeyError, ValueError, TypeError) as error:
        raise ArtifactDamaged("The intent model's file is not whole.", f"Run: shopops train {KIND}") from error


def _digest() -> str:
    words: Sequence[bytes] = (EXAMPLES.read_bytes(), (DATA / "cues.yaml").read_bytes())
    return sha256(b"".join(words)).hexdigest()[:16]
