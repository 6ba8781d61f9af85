"""Train the classifiers that tell which tool a clause asks for, what its arguments are, and which metric it means.

    python -m agent.evaluation.routing              # the tools: prompts/examples.yaml, two minutes
    python -m agent.evaluation.routing arguments    # the arguments: prompts/arguments.yaml, some seconds
    python -m agent.evaluation.routing metrics      # the metrics: prompts/metrics.yaml, some minutes

Both need the demo store, whose kinds of names are marks. A change in the questions wants the first and then the second.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from agent.form import CLARIFY, OUT_OF_SCOPE, QUERY
from agent.understand.asking import ToolWords
from agent.understand.dates import Clock
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import SURE, WEIGHTS, marks
from agent.understand.metrics import KIND_POWER, KINDS, NONE, kind_of, metric_marks, without_names
from agent.understand.metrics import WEIGHTS as METRIC_WEIGHTS
from agent.understand.values import ARGUMENTS, default_of, value_marks, weights_of

if TYPE_CHECKING:
    from db.semantic.schema import Metric
    from models.routing import RoutingModel

PROMPTS = Path(__file__).parents[2] / "prompts"
EXAMPLES, LABELS, METRICS = "examples.yaml", "arguments.yaml", "metrics.yaml"
NAMING = ("query_metrics", "explain_change", "forecast", "detect_anomalies")  # tools whose questions name metrics
LIKELY_NAMED = 0.1  # how likely a metric that words name must be for its question to teach
FRAMED, NAMES = 8, 2  # sentences around a name, and names of a metric that are put in them
COARSE = 1e-3  # where the regression stops: 65 kinds take six minutes so
MEASURED = date(2018, 1, 1)  # what dates are read by in training; only their places count
UNCLEAR = "unclear"


def read_examples() -> Mapping[str, tuple[str, ...]]:
    """The example questions of both languages, by kind."""
    content = yaml.safe_load((files("prompts") / EXAMPLES).read_text(encoding="utf-8"))
    kinds = {name: words for name, words in content.items() if name not in ("id", "version")}
    return {name: tuple(str(q) for language in ("en", "zh") for q in words[language]) for name, words in kinds.items()}


def read_questions() -> Mapping[str, tuple[str, ...]]:
    """The example questions by kind, those of one metric each among the figures: what the router is trained on."""
    examples = read_examples()
    figures = (q for own in read_metrics().values() for q in own)
    return {**examples, QUERY: (*examples[QUERY], *figures)}


def source_of(examples: Mapping[str, Sequence[str]]) -> str:
    """The digest of the questions that a model was trained on."""
    return sha256("\n".join(f"{name}\t{q}" for name, own in examples.items() for q in own).encode()).hexdigest()[:16]


def train_router(lexicon: Lexicon, tools: ToolWords, path: Path) -> str:
    """Train on the example questions, write the weights, and say how it does on questions left out."""
    import numpy as np

    from agent.understand.text import normalise
    from models.embedding import embed
    from models.routing import train

    examples = read_questions()
    texts = [normalise(q) for own in examples.values() for q in own]
    kinds = [name for name, own in examples.items() for _ in own]
    marked = [marks(text, lexicon, tools) for text in texts]
    model, left_out = train(texts, kinds, embed(texts), marked, source_of(examples))
    model.save(path)
    right = np.array(model.names)[left_out.argmax(axis=1)] == np.array(kinds)
    sure = left_out.max(axis=1) >= SURE
    told = f"sure of {sure.mean():.1%}, {right[sure].mean():.1%} of these right"
    return f"{len(texts)} questions; left out, {right.mean():.1%} right; {told}"


def read_labels(tools: ToolWords, name: str, field: str) -> Mapping[str, tuple[str, ...]]:
    """The example questions of a tool, and those of the labels' own, by the value of an argument; no unclear ones."""
    labels = yaml.safe_load((files("prompts") / LABELS).read_text(encoding="utf-8"))[name][field]
    value_of = {str(question): str(value) for value, own in labels.items() for question in own}
    questions = dict.fromkeys((*read_examples()[name], *value_of))
    found: dict[str, list[str]] = {}
    for question in questions:
        found.setdefault(value_of.get(question, default_of(tools, name, field)), []).append(question)
    return {value: tuple(own) for value, own in found.items() if value != UNCLEAR}


def train_values(lexicon: Lexicon, tools: ToolWords, name: str, field: str) -> tuple[RoutingModel, str]:
    """Train the classifier of one argument, and say how it does on questions left out."""
    import numpy as np

    from agent.understand.text import normalise
    from models.embedding import embed
    from models.routing import train

    labels = read_labels(tools, name, field)
    texts = [normalise(q) for own in labels.values() for q in own]
    values = np.array([value for value, own in labels.items() for _ in own])
    told = [value_marks(tools, name, field, text) for text in texts]
    marked = [(*marks(text, lexicon, tools), *own) for text, own in zip(texts, told, strict=True)]
    model, left_out = train(texts, list(values), embed(texts), marked, source_of(labels))
    default = f"value:{default_of(tools, name, field)}"
    by_words = np.array([(own or (default,))[0].removeprefix("value:") for own in told])
    guessed = np.array(model.names)[left_out.argmax(axis=1)]
    right = f"by words {(by_words == values).mean():.1%} right, by the classifier {(guessed == values).mean():.1%}"
    return model, f"{name}.{field}: {len(texts)} questions; left out, {right}"


def read_metrics() -> Mapping[str, tuple[str, ...]]:
    """The questions of both languages that mean one metric each, by metric."""
    content = yaml.safe_load((files("prompts") / METRICS).read_text(encoding="utf-8"))
    metrics = {name: words for name, words in content.items() if name not in ("id", "version", "frames")}
    return {
        name: tuple(str(q) for language in ("en", "zh") for q in words[language]) for name, words in metrics.items()
    }


def framed(metrics: Mapping[str, Metric]) -> list[tuple[str, str]]:
    """Each metric's label and the first of its words in sentences around it, with the metric's name."""
    frames = yaml.safe_load((files("prompts") / METRICS).read_text(encoding="utf-8"))["frames"]
    found: list[tuple[str, str]] = []
    for at, (name, metric) in enumerate(metrics.items()):
        for language, own in (
            ("en", [metric.label.en, *metric.synonyms.en]),
            ("zh", [metric.label.zh, *metric.synonyms.zh]),
        ):
            every = frames[language]
            turned = [every[(at * FRAMED + i) % len(every)] for i in range(FRAMED)]
            found += [(frame.format(words), name) for words in own[:NAMES] for frame in turned]
    return found


@dataclass(frozen=True, slots=True)
class Taught:
    """A text without periods and members, the metric that it means, and its marks."""

    text: str
    metric: str
    marks: tuple[str, ...] = ()


def train_metrics(lexicon: Lexicon, clock: Clock) -> tuple[RoutingModel, RoutingModel, str]:
    """The classifiers of metrics and of kinds of figures, and how they do on the questions of the metrics left out.

    Three sources teach: the questions, the store's own words for its metrics, alone and in sentences, and those example
    questions of the tools that words take for one metric and that the first two do not make unlikely to be of it.
    """
    import numpy as np

    from models.embedding import embed
    from models.routing import train

    known = {name: m for name, m in lexicon.schema.metrics.items() if not m.hidden}
    questions = read_metrics()
    asked = [_read_as(q, name, lexicon, clock) for name, own in questions.items() for q in own]
    taught = [*asked, *_named(known), *(_read_as(q, name, lexicon, clock) for q, name in framed(known))]
    texts = [each.text for each in taught]
    first, _ = train(texts, [each.metric for each in taught], embed(texts), [()] * len(taught), "", COARSE)
    taught += [*_surely_named(lexicon, clock, first), *_figureless(lexicon, clock)]
    texts, marked, names = [t.text for t in taught], [t.marks for t in taught], [t.metric for t in taught]
    vectors, source = embed(texts), source_of({**questions, **read_examples()})
    metrics, chances = train(texts, names, vectors, marked, source, COARSE)
    kind = {name: kind_of(m) for name, m in known.items()} | {NONE: NONE}
    kinds, of_kind = train(texts, [kind[name] for name in names], vectors, marked, source, COARSE)
    column = [kinds.names.index(kind[name]) for name in metrics.names]
    both = (chances * of_kind[:, column] ** KIND_POWER)[: len(asked)]
    both /= both.sum(axis=1, keepdims=True)
    right = np.array(metrics.names)[both.argmax(axis=1)] == np.array(names[: len(asked)])
    sure = both.max(axis=1) >= SURE
    told = f"sure of {sure.mean():.1%}, {right[sure].mean():.1%} of these right"
    return metrics, kinds, f"{len(asked)} of {len(texts)} texts; left out, {right.mean():.1%} right; {told}"


def _read_as(question: str, metric: str, lexicon: Lexicon, clock: Clock) -> Taught:
    from agent.understand.text import normalise

    text = normalise(question)
    return Taught(without_names(text, lexicon, clock), metric, metric_marks(text, lexicon))


def _named(known: Mapping[str, Metric]) -> Iterator[Taught]:
    """The store's words for its metrics, without marks: their wording is what they teach."""
    from agent.understand.text import normalise

    for name, m in known.items():
        for words in sorted({m.label.en, m.label.zh, *m.synonyms.en, *m.synonyms.zh}):
            yield Taught(normalise(words), name)


def _surely_named(lexicon: Lexicon, clock: Clock, first: RoutingModel) -> Iterator[Taught]:
    """Example questions whose words name one metric, by its label or as a model that has not seen them finds likely."""
    from models.embedding import embed

    examples = read_examples()
    every = [_read_as(q, NONE, lexicon, clock) for tool in NAMING for q in examples[tool]]
    for each, vector in zip(every, embed([e.text for e in every]), strict=True):
        named = [mark.removeprefix("metric:") for mark in each.marks if mark.startswith("metric:")]
        likely = {c.name: c.chance for c in first.chances(each.text, vector, ())}
        if len(named) == 1 and (likely.get(named[0], 0.0) >= LIKELY_NAMED or f"label:{named[0]}" in each.marks):
            yield replace(each, metric=named[0])


def _figureless(lexicon: Lexicon, clock: Clock) -> Iterator[Taught]:
    """Example questions of no figure in particular ("what was the rate?"), and of none that a shop has."""
    examples = read_examples()
    for question in (*examples[CLARIFY], *examples[OUT_OF_SCOPE][::3]):
        yield _read_as(question, NONE, lexicon, clock)


def main(what: str = "tools") -> None:
    """Train one kind and say how it does on questions left out."""
    from agent.evaluation.opening import open_to_measure
    from agent.settings import load_settings

    words = open_to_measure(load_settings()).words
    if what == "tools":
        print(train_router(words.lexicon, words.tools, PROMPTS / WEIGHTS))
        return
    if what == "metrics":
        metrics, kinds, report = train_metrics(words.lexicon, Clock(MEASURED, MEASURED))
        metrics.save(PROMPTS / METRIC_WEIGHTS)
        kinds.save(PROMPTS / KINDS)
        print(report)
        return
    for tool, argument in ARGUMENTS:
        trained, report = train_values(words.lexicon, words.tools, tool, argument)
        trained.save(PROMPTS / weights_of(tool, argument))
        print(report)


if __name__ == "__main__":
    main(*sys.argv[1:2])
