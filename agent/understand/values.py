"""What an argument of a tool is where no word of it stands in the clause: small classifiers, one an argument.

Tools' own words come first (``choices`` of :class:`tools.registry.Tool`); these read a wording that no list has, "what
lands in the trolley next to bread" for goods that go together. Trained on the example questions of the tool that
``prompts/arguments.yaml`` labels: ``python -m agent.understand.values`` trains them anew (it needs the demo store).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from agent.contracts import Reading
from agent.understand.asking import ToolWords
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import Router, marks, read_examples, source_of

if TYPE_CHECKING:
    from models.routing import RoutingModel

LABELS = "arguments.yaml"
UNCLEAR = "unclear"
LIKELY = 0.5  # from this chance on a value is taken; measured in docs/adr/012
ARGUMENTS = (("recommend_products", "goal"), ("segment_customers", "method"), ("segment_customers", "focus"))


def with_values(reading: Reading, router: Router) -> Reading:
    """The reading with likely values of arguments that no word settles, for the tools that may answer it."""
    ask = reading.ask
    if ask.again:  # "and for customer 22?" keeps the arguments of the turn before
        return reading
    settled = {(name, field) for name, field, _ in ask.choices}
    found = []
    for name, field in ARGUMENTS:
        if name in ask.open and (name, field) not in settled:
            value = likely(router, name, field, reading.text)
            if value is not None and value != default_of(router.tools, name, field):
                found.append((name, field, (value,)))
    return replace(reading, ask=replace(ask, choices=(*ask.choices, *found))) if found else reading


def likely(router: Router, name: str, field: str, text: str) -> str | None:
    """The value that a clause most likely gives to an argument; None where that is unsure."""
    first = next(iter(router.classified(weights_of(name, field), text).items()))
    return first[0] if first[1] >= LIKELY else None


def default_of(tools: ToolWords, name: str, field: str) -> str:
    """What the argument is where nothing is said."""
    return str(tools.tools[name].arguments.model_fields[field].default)


def weights_of(name: str, field: str) -> str:
    """The file of an argument's classifier."""
    return f"arguments.{name}.{field}.weights.npz"


# --------------------------------------------------------------------------------------------------------- training


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
    marked = [marks(text, lexicon, tools) for text in texts]
    model, left_out = train(texts, list(values), embed(texts), marked, source_of(labels))
    told = [{(n, f): v[0] for n, f, v in tools.read(text).choices}.get((name, field)) for text in texts]
    default = default_of(tools, name, field)
    by_words = np.array([value or default for value in told])
    guessed = np.where(left_out.max(axis=1) >= LIKELY, np.array(model.names)[left_out.argmax(axis=1)], default)
    joined = np.where([value is None for value in told], guessed, by_words)
    right = f"by words {(by_words == values).mean():.1%} right, with the classifier {(joined == values).mean():.1%}"
    return model, f"{name}.{field}: {len(texts)} questions; left out, {right}"


if __name__ == "__main__":
    from agent.evaluation.opening import open_to_measure
    from agent.settings import load_settings

    known = open_to_measure(load_settings()).words
    for tool, argument in ARGUMENTS:
        trained, report = train_values(known.lexicon, known.tools, tool, argument)
        with as_file(files("prompts")) as folder:
            trained.save(Path(folder) / weights_of(tool, argument))
        print(report)
