"""What is known of a conversation, and what is still to be asked, until it can be answered. Pure: nothing is looked up
here that the caller does not give."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from db.knowledge.text import Language
from models.intent.classifier import Guess
from models.intent.intents import INTENTS, NONE
from models.intent.message import read_message

Slot = Literal["intent", "order"]
Holding = Literal["found", "unknown", "foreign"]
SWITCH = 0.5  # confidence from which a later message changes the subject
FORMAT = 1
_FILLER = re.compile(
    r"\b(?:it(?:'s| is)?|the|my|order|number|is|here|you|are|this|one|sure|yes|ok|okay|no|sorry|i|mean|meant)\b"
    r"|订单号?|号码?|编号|单号|是的?|好的?|我的|这个|抱歉|[\W\d_]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a conversation may ask of the world.

    Attributes:
        intent: reads a message. order: whether an order number is the sender's (``found``), nobody's (``unknown``), or
            another customer's (``foreign``, which no customer is ever told).
    """

    intent: Callable[[str], Guess]
    order: Callable[[str], Holding]


@dataclass(frozen=True, slots=True)
class DialogueState:
    """The state of one customer's conversation; serialisable.

    Attributes:
        intent: the fine intent, "" before the first message, ``none`` where the messages are none of the known ones.
        order: the order that it is about. refused: numbers that were given and are not the sender's.
        turns: messages read.
    """

    intent: str = ""
    confidence: float = 0.0
    order: str | None = None
    refused: tuple[str, ...] = ()
    language: Language = "en"
    turns: int = 0

    @property
    def missing(self) -> tuple[Slot, ...]:
        """What has to be asked before it can be answered."""
        if self.intent not in INTENTS:
            return ("intent",)
        return ("order",) if INTENTS[self.intent].needs_order and self.order is None else ()

    @property
    def done(self) -> bool:
        """Whether it can be answered."""
        return self.turns > 0 and not self.missing

    def to_json(self) -> str:
        """For storing between turns."""
        return json.dumps({"format": FORMAT} | asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> DialogueState:
        """The state of :meth:`to_json`.

        Raises:
            ValueError: it is no such text.
        """
        known = json.loads(text)
        if not isinstance(known, dict) or known.pop("format", None) != FORMAT:
            raise ValueError("no dialogue state of this version")
        try:
            return cls(**(known | {"refused": tuple(known.get("refused", ()))}))
        except TypeError as error:
            raise ValueError("no dialogue state") from error


def advance(state: DialogueState, message: str, lookup: Lookup) -> DialogueState:
    """The state after one more message of the customer.

    A message that only gives what was asked for (an order number) keeps the subject; a later message that is clearly
    about something else changes it and keeps the order.
    """
    read = read_message(message)
    intent, confidence = state.intent, state.confidence
    if not (state.intent in INTENTS and _only_fills(read.wanted)):
        guess = lookup.intent(message)
        if guess.known and (state.intent not in INTENTS or guess.confidence >= SWITCH):
            intent, confidence = guess.label, guess.confidence
        elif state.intent not in INTENTS:
            intent, confidence = NONE, guess.confidence
    order, refused = state.order, list(state.refused)
    for number in read.orders:
        if lookup.order(number) == "found":
            order = number
        elif number not in refused:
            refused.append(number)
    language = read.language if any(c.isalpha() for c in read.wanted) else state.language
    return replace(
        state,
        intent=intent,
        confidence=confidence,
        order=order,
        refused=tuple(refused),
        language=language,
        turns=state.turns + 1,
    )


def _only_fills(wanted: str) -> bool:
    """Whether a message gives a number and says nothing else.

    >>> _only_fills("It's 31268837503"), _only_fills("订单号是31268837503"), _only_fills("cancel 31268837503")
    (True, True, False)
    """
    return not _FILLER.sub("", wanted)
