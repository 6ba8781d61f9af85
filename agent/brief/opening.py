"""The through-line: the opening that connects the week's facts.

Without a model, code chooses which facts it is made of. A small local model chooses them; code puts in the facts' own
words. A model that may write prose writes sentences with marks, which the ledger then holds against the
facts; a sentence with a figure that no cited fact holds, or with a link, is not shown.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.brief.contracts import Analysis
from agent.compose import stated
from agent.contracts import Language
from agent.prompts import load_prompt
from agent.understand.vocabulary import Vocabulary
from agent.verify import verify
from db.errors import Cancelled, ModelError, ModelReplyError
from models.llm.base import LanguageModel, Message, Prompt
from tools.evidence import Fact

log = logging.getLogger("shopops.brief")
SAID = 4  # facts of an opening: what a reader takes in before the figures
FEWEST = 2
SHOWN_TO_MODEL = 130  # characters of a fact in the prompt: a small model reads about 80 tokens a second on two cores
SECONDS = 30.0  # the brief has a minute; past this the opening is code's
_LINK = re.compile(r"://|www\.|\]\(|<[a-z/!]|\b[\w-]+\.[a-z]{2,}\b(?=/|\b)", re.IGNORECASE)
_PARTS = re.compile(  # amounts in words that the ledger does not read
    r"\b(?:thirds?|quarters?|fifths?|tenths?|\w+fold|thrice|couple|dozens|hundreds|thousands|millions|billions)\b", re.I
)
_SIMULATED = re.compile(r"\(simulated\)\.$")
_STOP = re.compile(r"(?<=[.!?])\s+(?!\[f)|(?<=[。！？])\s*(?!\s*\[f)")


@dataclass(frozen=True, slots=True)
class Opening:
    """The paragraph, the model that chose or wrote it, and how many of its sentences were refused."""

    text: str
    model: str | None = None
    replaced: int = 0


def write_opening(
    analysis: Analysis,
    language: Language,
    model: Callable[[], LanguageModel] | None,
    names: Callable[[], Vocabulary],
    cancel: threading.Event | None = None,
) -> Opening:
    """The opening of a brief; a model that cannot be opened or fails costs its choice and not the brief.

    Raises:
        Cancelled: the operator stopped it.
    """
    leads = analysis.leads
    by_code = Opening(_joined(_default(analysis), language))
    if model is None or not leads:
        return by_code
    try:
        opened = model()
        if len(leads) <= FEWEST and not opened.capabilities.writes_prose:
            return by_code  # nothing to choose
        if opened.capabilities.writes_prose:
            text = _prose(analysis, language, opened, cancel)
        else:
            text = stated(_chosen(analysis, language, opened, cancel), language)
    except Cancelled:
        raise
    except ModelError as error:
        log.warning("the opening is written without a model: %s", error.message)
        return by_code
    except Exception:  # a model's library may raise anything; the brief does not depend on it
        log.exception("the opening is written without a model")
        return by_code
    safe, dropped = checked_words(text, leads, language)
    checked = verify(safe, (analysis.headline, *leads), language, names)
    if not checked.text.strip():
        return by_code
    return Opening(checked.text, opened.name, checked.replaced + dropped)


def checked_words(text: str, facts: Sequence[Fact], language: Language) -> tuple[str, int]:
    """The text without sentences that hold an address, markup or an amount in words; how many were dropped."""
    own = [fact.text.of(language) for fact in facts]
    for place, sentence in enumerate(own):  # a fact's own words may hold a product's name with a dot
        text = text.replace(sentence, f"\x00{place}\x00")
    pieces = _STOP.split(text)
    kept = [piece for piece in pieces if not _LINK.search(piece) and not _PARTS.search(piece)]
    joined = ("" if language == "zh" else " ").join(kept)
    for place, sentence in enumerate(own):
        joined = joined.replace(f"\x00{place}\x00", sentence)
    return joined, len(pieces) - len(kept)


def _joined(facts: Sequence[Fact], language: Language) -> str:
    return ("" if language == "zh" else " ").join(fact.text.of(language) for fact in facts)


def _default(analysis: Analysis) -> list[Fact]:
    """What happened and why, then what comes next: the first leads, and the last section's as the end."""
    leads = analysis.leads
    ahead = next((s.leads[0] for s in analysis.sections if s.name == "outlook" and s.leads), None)
    simulated = _SIMULATED.search
    moved = next((s.leads for s in analysis.sections if s.name == "moved"), ())
    rest = sorted((f for f in leads if f is not ahead and f not in moved), key=lambda f: bool(simulated(f.text.en)))
    first = [*moved, *rest]  # why it moved, then the others, those on recorded data first
    return [*first[: SAID - 1], *([ahead] if ahead else first[SAID - 1 : SAID])]


def _chosen(analysis: Analysis, language: Language, model: LanguageModel, cancel: threading.Event | None) -> list[Fact]:
    """The facts that a small model chooses, with what drove the main figure, in the order of the sections.

    Its own order broke the story (measured: a 1.5B model put a cause behind another section's fact).
    """
    leads = analysis.leads
    schema = {
        "type": "object",
        "properties": {
            "facts": {
                "type": "array",
                "items": {"type": "string", "enum": [fact.id for fact in leads]},
                "minItems": FEWEST,
                "maxItems": SAID,
            }
        },
        "required": ["facts"],
        "additionalProperties": False,
    }
    prompt = Prompt(load_prompt("opening_choose").render(), (Message("user", _facts(analysis, language, "{} {}")),))
    reply = model.complete_json(prompt, schema, cancel=cancel, timeout=SECONDS, max_tokens=64)
    known = {fact.id: fact for fact in leads}
    wanted = [i for i in dict.fromkeys(str(i) for i in reply.data.get("facts", ())) if i in known]
    if not wanted:
        raise ModelReplyError("The model chose no fact.")
    first = next((s.leads[0].id for s in analysis.sections if s.name == "moved" and s.leads), wanted[0])
    kept = set(list(dict.fromkeys([first, *wanted]))[:SAID])
    return [fact for fact in leads if fact.id in kept]


def _prose(analysis: Analysis, language: Language, model: LanguageModel, cancel: threading.Event | None) -> str:
    prompt = Prompt(load_prompt("opening_write").render(), (Message("user", _facts(analysis, language, "[{}] {}")),))
    pieces = model.stream_text(prompt, cancel=cancel, timeout=SECONDS, max_tokens=300)
    return "".join(piece.text for piece in pieces)


def _facts(analysis: Analysis, language: Language, form: str) -> str:
    head = analysis.headline.text.of(language)
    lines = [form.format(fact.id, fact.text.of(language)[:SHOWN_TO_MODEL]) for fact in analysis.leads]
    return "\n".join([f"headline: {head}", *lines])
