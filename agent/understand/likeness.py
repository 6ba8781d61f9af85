"""What a clause is like in meaning: the nearest of example questions, each of which belongs to one tool.

The tools' own words come first; this is for the wording that no list foresaw. The examples lie in
``prompts/examples.yaml``, their vectors beside them (``python -m agent.understand.likeness`` writes these anew).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path

import yaml

from agent.contracts import Reading, Understanding
from agent.form import needs_metric
from tools.registry import Tool

EXAMPLES, VECTORS = "examples.yaml", "examples.vectors.json"
QUERY, BEYOND = "query_metrics", "out_of_scope"
CLOSE = 0.02  # nearer than this two tools are a choice for the planner; measured in docs/adr/008
MOST = 3  # tools that a choice by meaning offers
NEAREST = 3  # examples of a tool whose likeness is averaged: one odd sentence decides nothing


@dataclass(frozen=True, slots=True)
class Likely:
    """A tool (or out_of_scope) and how like its nearest examples a clause is, a cosine."""

    name: str
    likeness: float


def read_examples() -> Mapping[str, tuple[str, ...]]:
    """The example questions of both languages, by tool."""
    content = yaml.safe_load((files("prompts") / EXAMPLES).read_text(encoding="utf-8"))
    kinds = {name: words for name, words in content.items() if name not in ("id", "version")}
    return {name: tuple(str(q) for language in ("en", "zh") for q in words[language]) for name, words in kinds.items()}


class Likeness:
    """Ranks the tools by the likeness of their examples to a clause. Loads the embedding model on first use."""

    @cached_property
    def _known(self) -> tuple[Sequence[str], object]:
        from models.embedding import VectorCache

        examples = read_examples()
        with as_file(files("prompts") / VECTORS) as path:
            vectors = VectorCache(shipped=path).vectors([q for questions in examples.values() for q in questions])
        return [name for name, questions in examples.items() for _ in questions], vectors

    def rank(self, text: str) -> tuple[Likely, ...]:
        """All tools of the examples and out_of_scope, likest first."""
        import numpy as np

        from models.embedding import embed

        names, vectors = self._known
        likeness = np.asarray(vectors) @ embed([text])[0]
        found = []
        for name in dict.fromkeys(names):
            own = sorted((s for s, n in zip(likeness, names, strict=True) if n == name), reverse=True)[:NEAREST]
            found.append(Likely(name, float(sum(own) / len(own))))
        return tuple(sorted(found, key=lambda item: -item.likeness))


def by_meaning(understanding: Understanding, likeness: Likeness, tools: Mapping[str, Tool]) -> Understanding:
    """The understanding with the tools that clauses are like, where the words alone leave the tool open.

    A clause whose words ask for a tool, or whose every word was read as a figure's, is not looked at: 40 ms saved.
    """
    readings = tuple(
        settled(reading, likeness.rank(reading.text), tools) if _open(reading, tools) else reading
        for reading in understanding.readings
    )
    return replace(understanding, readings=readings)


def by_handbook(understanding: Understanding, answers: Callable[[str], bool]) -> Understanding:
    """The understanding with clauses that name no figure and ask for no tool, but that the handbook answers.

    Args:
        answers: whether the handbook says what a clause asks.
    """
    readings = tuple(
        replace(r, ask=replace(r.ask, sure=("search_knowledge",), beyond=False))
        if (r.unread or r.filters) and not (r.metrics or r.ask.sure or r.ambiguities or r.inherited) and answers(r.text)
        else r
        for r in understanding.readings
    )
    return replace(understanding, readings=readings)


def _open(reading: Reading, tools: Mapping[str, Tool]) -> bool:
    if reading.ambiguities or reading.inherited:
        return False
    if reading.ask.sure and reading.ask.sure[0] in tools and tools[reading.ask.sure[0]].writes:
        return False  # an order in its own words; it only proposes
    if reading.ask.sure:
        return len(reading.ask.sure) > 1 or bool(reading.unread and not reading.metrics)
    return bool(reading.ask.maybe or reading.unread or (reading.metric_options and not reading.metrics))


def _lost(reading: Reading, tools: Mapping[str, Tool]) -> bool:
    """ "Forecast the weather": a tool that needs a metric, and none is named."""
    tool = tools.get(reading.ask.sure[0])
    return bool(tool and needs_metric(tool) and not reading.metrics and reading.unread)


def settled(reading: Reading, ranked: Sequence[Likely], tools: Mapping[str, Tool]) -> Reading:
    """One clause with what its likeness says: the tool that is clearly the likest, or a few to choose from.

    Args:
        ranked: every tool and out_of_scope, likest first.
    """
    ask = reading.ask
    ranked = [item for item in ranked if item.name in (QUERY, BEYOND) or _may(item.name, reading, tools)]
    likeness, best = {item.name: item.likeness for item in ranked}, ranked[0]
    if ask.sure and reading.unread and not reading.metrics and best.name == BEYOND:  # "recommend me a film"
        rival = max(likeness.get(name, 0.0) for name in ask.sure)
        if best.likeness - rival >= (0.0 if _lost(reading, tools) else CLOSE):
            return replace(reading, ask=replace(ask, sure=(), maybe=(), beyond=True))
    if ask.sure:  # words of several tools: the likest leads
        likest = max(ask.sure, key=lambda name: likeness.get(name, 0.0))
        clear = likeness.get(likest, 0.0) - likeness.get(ask.sure[0], 0.0) >= 2 * CLOSE
        order = (likest, *(n for n in ask.sure if n != likest)) if clear else ask.sure
        return replace(reading, ask=replace(ask, sure=order))
    if reading.metrics:
        rivals = [item for item in ranked if item.name in (*ask.maybe, QUERY, best.name)]
        return _against_query(reading, rivals, likeness[QUERY], tools)
    surplus = best.likeness - likeness[BEYOND]
    if surplus < (0.0 if ask.maybe else CLOSE) or best.name == BEYOND:
        return replace(reading, ask=replace(ask, maybe=(), beyond=True))
    near = [item.name for item in ranked if best.likeness - item.likeness < CLOSE and item.name not in (QUERY, BEYOND)]
    clear = best.name != QUERY and best.likeness - ranked[1].likeness >= CLOSE
    spoken = reading.unread or ask.customers or ask.orders  # else "how are we doing": asked back
    if not (spoken or (clear and best.name in ask.maybe)) or not (near or clear):
        return replace(reading, ask=replace(ask, maybe=()))
    return replace(reading, ask=replace(ask, sure=(best.name,)) if clear else replace(ask, maybe=tuple(near[:MOST])))


def _may(name: str, reading: Reading, tools: Mapping[str, Tool]) -> bool:
    """Whether likeness alone may bring a tool in: a forecast needs a future, a ranking is a figure."""
    tool = tools.get(name)
    if tool is None or tool.reads_message:
        return False
    ranking = bool(reading.metrics and (reading.order_by or reading.limit))
    if name not in reading.ask.maybe and (ranking or (tool.takes("horizon") and reading.metrics)):
        return bool(reading.ask.horizon) and tool.takes("horizon")
    return not (ranking and not tool.takes("metric"))


def _against_query(reading: Reading, rivals: Sequence[Likely], query: float, tools: Mapping[str, Tool]) -> Reading:
    """A clause that names a figure: with a hint in its words the liker one wins; without, it must be clearly liker."""
    first = next((item for item in rivals if item.name not in (QUERY, BEYOND)), None)
    counts = bool(_COUNTS.search(reading.text))  # "how many households did campaign 18 reach"
    if first is None or counts or query - first.likeness >= CLOSE:
        return replace(reading, ask=replace(reading.ask, maybe=()))
    hinted = first.name in reading.ask.maybe and tools[first.name].takes("metric")
    if first.likeness - query >= (-CLOSE / 2 if hinted else CLOSE):
        return replace(reading, ask=replace(reading.ask, sure=(first.name,)))
    return replace(reading, ask=replace(reading.ask, maybe=(first.name,) if hinted else ()))


_COUNTS = re.compile(
    r"^(?:so |and )?(?:how (?:many|much)|what (?:did|was|were|is|are))\b"
    r"|(?:多少|几)(?:个|位|名|家|户|单|笔|人|次|张|钱|家庭|顾客|订单)?$",
    re.ASCII,
)


def write_vectors(folder: Path) -> None:
    """Compute the vectors of the examples and write them beside the examples."""
    from models.embedding import write_shipped

    write_shipped(folder / VECTORS, [q for questions in read_examples().values() for q in questions], "query")


if __name__ == "__main__":
    write_vectors(Path(__file__).parents[2] / "prompts")
