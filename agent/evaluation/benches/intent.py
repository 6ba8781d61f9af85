"""Bench ``intent``: public messages, "none of these", and the shop's own intents in both languages."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from agent.evaluation.benches import BenchRow, BenchSkipped, BenchTable, Setup, bar
from models.embedding import VectorCache
from models.intent.classifier import Guess, IntentModel
from models.intent.intents import NONE, coarse_of
from models.intent.shop import SHIPPED, SHOP, examples

BANKING_BAR, SHOP_BAR, COARSE_BAR = 0.935, 0.998, 1.0
HELD_OUT = 0.25  # of the intents, unseen in training, to measure "none of these"
_TEXT, _LABEL = ("text", "utterance", "instruction", "sentence"), ("intent", "category", "label")
_COARSE: Mapping[str, str] = {
    "ORDER": "order",
    "REFUND": "refund",
    "DELIVERY": "delivery",
    "SHIPPING": "delivery",
    "SHIPPING_ADDRESS": "delivery",
}


@dataclass(frozen=True, slots=True)
class Split:
    """Messages with their labels; ``groups``: what the labels belong to, "" where the file does not say."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]


def run(setup: Setup) -> BenchTable:
    """Measure; the embeddings of the public messages take minutes the first time, and are kept."""
    cache = VectorCache(setup.settings.cache_dir / "bench-embeddings.npz", SHIPPED, questions=True)
    return BenchTable(
        name="intent",
        data="banking77; bitext_intent; the shop's own examples",
        split="train → test as published; a quarter of the intents held out; the shop's leave one out",
        seed=setup.seed,
        rows=(*_banking(setup, cache), *_bitext(setup, cache), *_shop(cache)),
        notes=(
            "One classifier and one set of constants for all data; the shop's has cues of its own beside.",
            "bitext_intent: trained on its training and validation files; nothing was tuned on either.",
            "Held-out intents of banking77 are near neighbours of the kept ones: the hard kind of none of these.",
        ),
    )


def _banking(setup: Setup, cache: VectorCache) -> Iterator[BenchRow]:
    train, test = _splits(setup.folder("banking77"))
    yield bar("banking77: accuracy", _accuracy(_guesses(train, test, cache, setup, "banking77"), test), BANKING_BAR)
    names = sorted(set(train.labels))
    chosen = np.random.default_rng(setup.seed).permutation(len(names))[: round(HELD_OUT * len(names))]
    unseen = {names[i] for i in chosen}
    kept = [i for i, label in enumerate(train.labels) if label not in unseen]
    partly = Split(*(tuple(column[i] for i in kept) for column in (train.texts, train.labels, train.groups)))
    guesses = _guesses(partly, test, cache, setup, "banking77, intents held out")
    new = np.array([label in unseen for label in test.labels])
    score, told = np.array([g.score for g in guesses]), np.array([not g.known for g in guesses])
    auc = float(roc_auc_score(~new, score))
    yield BenchRow("banking77: AUROC of none of these", auc, f"{auc:.3f}")
    yield BenchRow("banking77: unseen intents told", float(told[new].mean()), f"{told[new].mean():.1%}")
    yield BenchRow("banking77: known intents kept", float((~told[~new]).mean()), f"{(~told[~new]).mean():.1%}")


def _bitext(setup: Setup, cache: VectorCache) -> Iterator[BenchRow]:
    train, test = _splits(setup.folder("bitext_intent"))
    guesses = _guesses(train, test, cache, setup, "bitext_intent")
    yield bar("bitext_intent: accuracy", _accuracy(guesses, test), SHOP_BAR, form="{:.4f}")
    group = {
        label: Counter(g for own, g in zip(train.labels, train.groups, strict=True) if own == label).most_common(1)[0][
            0
        ]
        for label in set(train.labels)
    }
    right = [
        _COARSE.get(group[g.label], "others") == _COARSE.get(own, "others")
        for g, own in zip(guesses, test.groups, strict=True)
    ]
    yield bar("bitext_intent: order / refund / delivery / others", float(np.mean(right)), COARSE_BAR, form="{:.4f}")


def _shop(cache: VectorCache) -> Iterator[BenchRow]:
    """Every example by a model that did not see it: leave-one-out scores in closed form."""
    rows = examples()
    texts, labels = [e.text for e in rows], np.array([e.intent for e in rows])
    model = IntentModel.fit(texts, list(labels), cache.vectors(texts, "query"), SHOP)
    assert model.left_out is not None  # noqa: S101  # just fitted
    found = np.array(model.labels)[model.left_out.argmax(axis=1)]
    for language, name in (("zh", "Chinese"), ("en", "English")):
        of = np.array([e.language == language for e in rows])
        fine = float((found == labels)[of].mean())
        yield BenchRow(f"shop, {name}: accuracy, {len(model.labels)} intents, {of.sum()} messages", fine, f"{fine:.3f}")
        coarse = float(np.mean([coarse_of(a) == coarse_of(b) for a, b in zip(found[of], labels[of], strict=True)]))
        yield BenchRow(f"shop, {name}: order / refund / delivery / others", coarse, f"{coarse:.3f}")
    none = labels == NONE
    auc = float(roc_auc_score(none, model.left_out[:, model.labels.index(NONE)]))
    yield BenchRow("shop: AUROC of none of these", auc, f"{auc:.3f}")


def _guesses(train: Split, test: Split, cache: VectorCache, setup: Setup, stage: str) -> list[Guess]:
    vectors = cache.vectors(train.texts, "query", lambda done: setup.progress(f"{stage}: embeddings", done))
    setup.progress(f"{stage}: training", 0.0)
    model = IntentModel.fit(train.texts, train.labels, vectors)
    return model.guess(test.texts, cache.vectors(test.texts, "query"))


def _accuracy(guesses: Sequence[Guess], test: Split) -> float:
    return float(np.mean([g.label == own for g, own in zip(guesses, test.labels, strict=True)]))


def _splits(folder: Path) -> tuple[Split, Split]:
    """The training messages of a folder (with those of a validation file), and the test messages, by file names."""
    files = sorted(folder.glob("*.csv"))
    train = [p for part in ("train", "valid") for p in files if part in p.name.lower()]
    test = [p for p in files if "test" in p.name.lower()]
    if not train or not test:
        raise BenchSkipped(
            f"'{folder.name}' has no CSV of training and of test messages.", "Give its folder with --data."
        )
    return _joined(map(_read, train)), _joined(map(_read, test))


def _joined(splits: Iterable[Split]) -> Split:
    every = list(splits)
    return Split(
        tuple(v for s in every for v in s.texts),
        tuple(v for s in every for v in s.labels),
        tuple(v for s in every for v in s.groups),
    )


def _read(path: Path) -> Split:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        fields = {name.casefold(): name for name in reader.fieldnames or ()}
        text, label = (next((fields[n] for n in names if n in fields), None) for names in (_TEXT, _LABEL))
        if text is None or label is None:
            raise BenchSkipped(f"'{path.name}' has no column of messages or of labels.", "Name them text and intent.")
        rows = [(r[text], r[label], r.get(fields.get("category", ""), "")) for r in reader if r[text] and r[label]]
    return Split(*(tuple(column) for column in zip(*rows, strict=True)))
