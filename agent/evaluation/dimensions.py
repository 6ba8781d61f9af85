"""Train what tells which dimension a question splits its figure by.

    python -m agent.evaluation.dimensions

Some five minutes on two cores, for the encoder stays as ``agent.evaluation.routing`` made it: run this behind it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib.resources import as_file, files

import numpy as np
import yaml

from agent.evaluation.routing import MEASURED, PROMPTS
from agent.evaluation.routing import source_of as source_of_encoder
from agent.understand.dates import Clock, find_periods
from agent.understand.dimensions import MEANT, WEIGHTS, split_marks, without_periods
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import ENCODER
from agent.understand.text import normalise
from models.routing import RoutingModel, fit, temperature_of

QUESTIONS = "splits.yaml"
HELD = 10  # one text in so many is left out: it tells how the classifier does, and its temperature


def read_questions() -> Mapping[str, tuple[str, ...]]:
    """The questions of both languages by the dimension that they split by."""
    words = yaml.load((files("prompts") / QUESTIONS).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["questions"]
    return {name: tuple(str(q) for language in ("en", "zh") for q in own[language]) for name, own in words.items()}


def source_of() -> str:
    """The digest of the questions, and of those that taught the encoder."""
    return sha256(json.dumps([read_questions(), source_of_encoder()]).encode()).hexdigest()[:16]


def train(lexicon: Lexicon, questions: Mapping[str, Sequence[str]]) -> tuple[RoutingModel, str]:
    """The classifier, and how it does on texts left out."""
    from models.embedding import TunedEmbedding

    clock = Clock(MEASURED, MEASURED)

    def plain(question: str) -> str:
        text = normalise(question)
        return without_periods(text, [(m.start, m.end) for m in find_periods(text, clock)])

    kind_of = {plain(question): name for name, own in questions.items() for question in own}
    texts, kinds = [*kind_of], np.array([*kind_of.values()])
    with as_file(files("prompts") / ENCODER) as path:
        encoder = TunedEmbedding(path)
    vectors = np.array([encoder.embed(text) for text in texts])
    marked = [split_marks(text, lexicon) for text in texts]

    def fitted(places: Sequence[int]) -> RoutingModel:
        return fit([texts[i] for i in places], [*kinds[places]], vectors[places], [marked[i] for i in places])

    left_out = np.random.default_rng(0).random(len(texts)) < 1 / HELD
    part, held = fitted([*np.flatnonzero(~left_out)]), np.flatnonzero(left_out)
    column = {name: i for i, name in enumerate(part.names)}
    scores = np.zeros((len(held), len(column)), np.float32)
    for row, i in enumerate(held):
        for each in part.chances(texts[i], vectors[i], marked[i]):
            scores[row, column[each.name]] = np.log(each.chance + 1e-12)
    temperature = temperature_of(scores, np.array([column[str(kinds[i])] for i in held]))
    chances = np.exp(scores / temperature)
    chances /= chances.sum(axis=1, keepdims=True)
    right = np.array(part.names)[chances.argmax(axis=1)] == kinds[held]
    sure = chances.max(axis=1) >= MEANT
    told = f"{len(texts)} texts; of {len(held)} left out {right.mean():.1%} right"
    told += f"; sure of {sure.mean():.1%}, {right[sure].mean():.1%} of these right"
    return replace(fitted([*range(len(texts))]), temperature=temperature, source=source_of()), told


def main() -> None:
    """Train it, and say how it does on questions left out."""
    from agent.evaluation.opening import open_to_measure
    from agent.settings import load_settings

    model, told = train(open_to_measure(load_settings()).words.lexicon, read_questions())
    model.save(PROMPTS / WEIGHTS)
    print(f"{WEIGHTS}: {told}; temperature {model.temperature:.2f}")


if __name__ == "__main__":
    main()
