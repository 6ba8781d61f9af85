"""Train the classifiers that tell which tool a clause asks for, and what its arguments are.

    python -m agent.evaluation.routing              # the tools: prompts/examples.yaml, two minutes
    python -m agent.evaluation.routing arguments    # the arguments: prompts/arguments.yaml, some seconds

Both need the demo store, whose kinds of names are marks. A change in the questions wants the first and then the second.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from agent.understand.asking import ToolWords
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import SURE, WEIGHTS, marks
from agent.understand.values import ARGUMENTS, default_of, value_marks, weights_of

if TYPE_CHECKING:
    from models.routing import RoutingModel

PROMPTS = Path(__file__).parents[2] / "prompts"
EXAMPLES, LABELS = "examples.yaml", "arguments.yaml"
UNCLEAR = "unclear"


def read_examples() -> Mapping[str, tuple[str, ...]]:
    """The example questions of both languages, by kind."""
    content = yaml.safe_load((files("prompts") / EXAMPLES).read_text(encoding="utf-8"))
    kinds = {name: words for name, words in content.items() if name not in ("id", "version")}
    return {name: tuple(str(q) for language in ("en", "zh") for q in words[language]) for name, words in kinds.items()}


def source_of(examples: Mapping[str, Sequence[str]]) -> str:
    """The digest of the questions that a model was trained on."""
    return sha256("\n".join(f"{name}\t{q}" for name, own in examples.items() for q in own).encode()).hexdigest()[:16]


def train_router(lexicon: Lexicon, tools: ToolWords, path: Path) -> str:
    """Train on the example questions, write the weights, and say how it does on questions left out."""
    import numpy as np

    from agent.understand.text import normalise
    from models.embedding import embed
    from models.routing import train

    examples = read_examples()
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


def main(what: str = "tools") -> None:
    """Train one kind and say how it does on questions left out."""
    from agent.evaluation.opening import open_to_measure
    from agent.settings import load_settings

    words = open_to_measure(load_settings()).words
    if what == "tools":
        print(train_router(words.lexicon, words.tools, PROMPTS / WEIGHTS))
        return
    for tool, argument in ARGUMENTS:
        trained, report = train_values(words.lexicon, words.tools, tool, argument)
        trained.save(PROMPTS / weights_of(tool, argument))
        print(report)


if __name__ == "__main__":
    main(*sys.argv[1:2])
