"""Train what tells which tool a clause asks for, what its arguments are, and which metric it means.

    python -m agent.evaluation.routing [--further]

One encoder and all classifiers that read its vectors are trained together on the questions of
``prompts/examples``, ``prompts/arguments.yaml`` and ``prompts/metrics``, in an hour or more on two cores (on a GPU,
where torch finds one, some minutes); with ``--further`` from the encoder that ships, in somewhat less. It needs the
demo store, whose kinds of names are marks, and torch (``pip install 'shopops[deep]'``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from agent.form import CLARIFY, OUT_OF_SCOPE
from agent.understand.asking import ToolWords
from agent.understand.dates import Clock
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import ENCODER, SURE, WEIGHTS, marks
from agent.understand.metrics import KIND_POWER, KINDS, NONE, kind_of, metric_marks, without_names
from agent.understand.metrics import WEIGHTS as METRIC_WEIGHTS
from agent.understand.values import ARGUMENTS, default_of, value_marks, weights_of

if TYPE_CHECKING:
    from db.semantic.schema import Metric
    from models.routing import RoutingModel
    from models.tuning import Task, Told

PROMPTS = Path(__file__).parents[2] / "prompts"
EXAMPLES, LABELS, METRICS = "examples", "arguments.yaml", "metrics"
SUBJECTS = ("sales", "campaigns", "payments", "refunds", "site", "support")  # the files of questions of one metric each
NAMING = ("query_metrics", "explain_change", "forecast", "detect_anomalies")  # tools whose questions name metrics
LIKELY_NAMED = 0.1  # how likely a metric that words name must be for its question to teach
FRAMED, NAMES = 8, 2  # sentences around a name, and names of a metric that are put in them
MEASURED = date(2018, 1, 1)  # what dates are read by in training; only their places count
UNCLEAR = "unclear"


def read_examples() -> Mapping[str, tuple[str, ...]]:
    """The example questions of both languages, by kind."""
    found = {}
    for file in sorted((files("prompts") / EXAMPLES).iterdir(), key=lambda file: file.name):
        words = yaml.safe_load(file.read_text(encoding="utf-8"))
        found[file.name.removesuffix(".yaml")] = tuple(str(q) for language in ("en", "zh") for q in words[language])
    return found


def read_questions() -> Mapping[str, tuple[str, ...]]:
    """The example questions by kind, with those of one metric each: what the router is trained on."""
    found = {name: [*own] for name, own in read_examples().items()}
    for tool, _, question in read_metrics():
        found[tool].append(question)
    return {name: tuple(own) for name, own in found.items()}


def source_of() -> str:
    """The digest of all questions that the classifiers are trained on."""
    labels = yaml.safe_load((files("prompts") / LABELS).read_text(encoding="utf-8"))
    return sha256(json.dumps([read_examples(), labels, _wordings()]).encode()).hexdigest()[:16]


def tools_task(lexicon: Lexicon, tools: ToolWords) -> Task:
    """The example questions of the tools, with those of one metric each."""
    from agent.understand.text import normalise
    from models.tuning import Task

    examples = read_questions()
    texts = [normalise(q) for own in examples.values() for q in own]
    kinds = [name for name, own in examples.items() for _ in own]
    return Task(texts, [marks(text, lexicon, tools) for text in texts], {WEIGHTS: kinds})


def values_task(lexicon: Lexicon, tools: ToolWords, name: str, field: str) -> Task:
    """The labelled questions of one argument of a tool."""
    from agent.understand.text import normalise
    from models.tuning import Task

    labels = read_labels(tools, name, field)
    texts = [normalise(q) for own in labels.values() for q in own]
    marked = [(*marks(text, lexicon, tools), *value_marks(tools, name, field, text)) for text in texts]
    return Task(texts, marked, {weights_of(name, field): [value for value, own in labels.items() for _ in own]})


def metrics_task(lexicon: Lexicon, clock: Clock) -> Task:
    """What teaches the metrics and the kinds of figures.

    Three sources: the questions, the store's own words for its metrics, alone and in sentences, and those example
    questions of the tools that words take for one metric and that the first two do not make unlikely to be of it.
    """
    from models.embedding import embed
    from models.routing import fit
    from models.tuning import Task

    known = {name: m for name, m in lexicon.schema.metrics.items() if not m.hidden}
    taught = [_read_as(question, name, lexicon, clock) for _, name, question in read_metrics()]
    taught += [*_named(known), *(_read_as(q, name, lexicon, clock) for q, name in framed(known))]
    texts = [each.text for each in taught]
    first = fit(texts, [each.metric for each in taught], embed(texts), [()] * len(taught))
    taught += [*_surely_named(lexicon, clock, first), *_figureless(lexicon, clock)]
    kind = {name: kind_of(m) for name, m in known.items()} | {NONE: NONE}
    names = [each.metric for each in taught]
    labels = {METRIC_WEIGHTS: names, KINDS: [kind[name] for name in names]}
    return Task([each.text for each in taught], [each.marks for each in taught], labels)


def read_labels(tools: ToolWords, name: str, field: str) -> Mapping[str, tuple[str, ...]]:
    """The example questions of a tool, and those of the labels' own, by the value of an argument; no unclear ones."""
    labels = yaml.safe_load((files("prompts") / LABELS).read_text(encoding="utf-8"))[name][field]
    value_of = {str(question): str(value) for value, own in labels.items() for question in own}
    questions = dict.fromkeys((*read_examples()[name], *value_of))
    found: dict[str, list[str]] = {}
    for question in questions:
        found.setdefault(value_of.get(question, default_of(tools, name, field)), []).append(question)
    return {value: tuple(own) for value, own in found.items() if value != UNCLEAR}


def _wordings() -> dict[str, Any]:
    """The sentences around names of metrics, and the questions of one metric each by metric and tool."""
    frames, *subjects = (
        yaml.load((files("prompts") / METRICS / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for name in ("frames", *SUBJECTS)
    )
    return {**frames, "questions": {name: own for subject in subjects for name, own in subject.items()}}


def read_metrics() -> list[tuple[str, str, str]]:
    """The questions of both languages that mean one metric each: the tool that answers it, the metric, the question."""
    return [
        (tool, metric, str(question))
        for metric, tools in _wordings()["questions"].items()
        for tool, words in tools.items()
        for language in ("en", "zh")
        for question in words[language]
    ]


def framed(metrics: Mapping[str, Metric]) -> list[tuple[str, str]]:
    """Each metric's label and the first of its words in sentences around it, with the metric's name."""
    frames = _wordings()["frames"]
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


def said_of(task: Task, told: Told, name: str) -> str:
    """How a classifier does on the texts left out."""
    import numpy as np

    kinds = np.array(task.kinds[name])[told.left_out]
    right = np.array(told.model.names)[told.chances.argmax(axis=1)] == kinds
    sure = told.chances.max(axis=1) >= SURE
    surely = f"sure of {sure.mean():.1%}, {right[sure].mean():.1%} of these right"
    return f"{name}: {len(task.texts)} texts; of {len(right)} left out {right.mean():.1%} right; {surely}"


def said_of_metrics(task: Task, metrics: Told, kinds: Told, kind: Mapping[str, str]) -> str:
    """How the two classifiers of metrics do together on the questions of one metric each that were left out."""
    import numpy as np

    column = [kinds.model.names.index(kind[name]) for name in metrics.model.names]
    both = metrics.chances * kinds.chances[:, column] ** KIND_POWER
    both /= both.sum(axis=1, keepdims=True)
    own = metrics.left_out < len(read_metrics())
    right = np.array(metrics.model.names)[both.argmax(axis=1)] == np.array(task.kinds[METRIC_WEIGHTS])[metrics.left_out]
    return f"both, of {own.sum()} questions of one metric each left out {right[own].mean():.1%} right"


def main() -> None:
    """Train all of them, and say how they do on questions left out; with ``--further`` from the encoder that ships."""
    from agent.evaluation.opening import open_to_measure
    from agent.settings import load_settings
    from models.e5file import E5File
    from models.embedding import model_file, read_tuning, write_tuning
    from models.tuning import EPOCHS, FURTHER_EPOCHS, tune

    words = open_to_measure(load_settings()).words
    metrics = metrics_task(words.lexicon, Clock(MEASURED, MEASURED))
    arguments = [values_task(words.lexicon, words.tools, name, field) for name, field in ARGUMENTS]
    tasks = [tools_task(words.lexicon, words.tools), metrics, *arguments]
    further = "--further" in sys.argv[1:]
    start, epochs = (read_tuning(PROMPTS / ENCODER), FURTHER_EPOCHS) if further else (None, EPOCHS)
    changes, told = tune(E5File(model_file()), tasks, source_of(), print, epochs, start)
    write_tuning(PROMPTS / ENCODER, changes, source_of())
    for task in tasks:
        for name in task.kinds:
            told[name].model.save(PROMPTS / name)
            print(said_of(task, told[name], name))
    kind = {name: kind_of(m) for name, m in words.lexicon.schema.metrics.items()} | {NONE: NONE}
    print(said_of_metrics(metrics, told[METRIC_WEIGHTS], told[KINDS], kind))


if __name__ == "__main__":
    main()
