"""From facts to a text: code states few facts by itself; with many the model chooses; a larger model writes prose.

A model below about 4B parameters never writes a sentence with figures: it chooses fact ids, and code puts in the facts'
own words. Larger ones write prose with marks, which ``verify`` then holds against the facts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.contracts import Language
from agent.prompts import load_prompt
from db.errors import ModelReplyError, ModelUnavailable
from models.llm.base import REQUEST_SECONDS, LanguageModel, Message, Prompt, Usage
from tools.evidence import Fact

log = logging.getLogger("shopops.compose")
FEWEST = 4  # facts of one result among several
FACTS_STATED = 8  # up to here all facts are stated; measured: choosing costs a 1.5B model about 2 s on two cores


@dataclass(frozen=True, slots=True)
class Composed:
    """A text with marks, and what it cost."""

    text: str
    usage: Usage = field(default_factory=Usage)


def compose(
    question: str,
    language: Language,
    facts: Sequence[Fact],
    model: LanguageModel | None,
    on_text: Callable[[str], None] | None = None,
    cancel: threading.Event | None = None,
    timeout: float = REQUEST_SECONDS,
) -> Composed:
    """Put facts into an answer.

    ``model`` None (a verified question, or none needed) states the facts as code ordered them.

    Without an answer from the model the facts stand as code words and orders them.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    if model is not None and model.capabilities.writes_prose:
        return _prose(question, facts, model, language, on_text, cancel, timeout)
    several = len({_result(fact) for fact in facts}) > 1
    if model is not None and len(facts) > FACTS_STATED and not several:
        return _chosen(question, language, facts, model, cancel, timeout)
    return Composed(stated(_first(facts), language))


def stated(facts: Sequence[Fact], language: Language) -> str:
    """The facts' own sentences, each with its mark."""
    return ("" if language == "zh" else " ").join(f"{fact.text.of(language)}[{fact.id}]" for fact in facts)


def _chosen(
    question: str,
    language: Language,
    facts: Sequence[Fact],
    model: LanguageModel,
    cancel: threading.Event | None,
    timeout: float,
) -> Composed:
    lines = [f"question: {question}", *(f"{f.id} {f.text.of(language)[:160]}" for f in facts)]
    prompt = Prompt(load_prompt("choose").render(), (Message("user", "\n".join(lines)),))
    ids = {"type": "string", "enum": [f.id for f in facts]}
    schema = {
        "type": "object",
        "properties": {"facts": {"type": "array", "items": ids, "minItems": 1, "maxItems": FACTS_STATED}},
        "required": ["facts"],
        "additionalProperties": False,
    }
    try:
        reply = model.complete_json(prompt, schema, cancel=cancel, timeout=timeout)
    except (ModelReplyError, ModelUnavailable):
        return Composed(stated(_first(facts), language))  # the facts stand without the model's choice
    chosen = dict.fromkeys(str(i) for i in reply.data.get("facts", ()))
    headline = [f.id for f in facts if f.weight >= 1.0]
    kept = set(list(dict.fromkeys([*headline, *chosen]))[:FACTS_STATED])
    # in the order of the results: a list that says "By month:" stands behind the sentence that says of what
    return Composed(stated([f for f in facts if f.id in kept], language), reply.usage)


def _prose(
    question: str,
    facts: Sequence[Fact],
    model: LanguageModel,
    language: Language,
    on_text: Callable[[str], None] | None,
    cancel: threading.Event | None,
    timeout: float,
) -> Composed:
    lines = [f"question: {question}", *(f"[{f.id}] {f.text.of(language)}" for f in facts)]
    prompt = Prompt(load_prompt("compose").render(), (Message("user", "\n".join(lines)),))
    pieces: list[str] = []
    usage = Usage()
    try:
        for piece in model.stream_text(prompt, cancel=cancel, timeout=timeout):
            pieces.append(piece.text)
            if piece.text and on_text:
                on_text(piece.text)
            usage = piece.usage or usage
    except (ModelReplyError, ModelUnavailable) as error:
        log.warning("the facts are stated without prose: %s", error.message)
        return Composed(stated(_first(facts), language), usage)
    return Composed("".join(pieces), usage)


def _result(fact: Fact) -> str:
    """The call that a fact came from: its evidence's id without the letter of a further table."""
    return fact.cells[0].evidence.rstrip("abcdefgh") if fact.cells else ""


def _first(facts: Sequence[Fact]) -> list[Fact]:
    """As many facts as are stated: of every result its weightiest, as many of each, at least ``FEWEST``."""
    groups: dict[str, list[Fact]] = {}
    last = ""
    for fact in facts:
        last = _result(fact) or last  # a remark without cells belongs to what was said before it
        groups.setdefault(last, []).append(fact)
    room = max(FEWEST, FACTS_STATED // max(len(groups), 1)) if len(groups) > 1 else FACTS_STATED
    chosen = {f.id for group in groups.values() for f in sorted(group, key=lambda f: -f.weight)[:room]}
    return [f for f in facts if f.id in chosen]
