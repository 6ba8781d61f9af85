"""What all bots share: what reaches them, what they show, and how one answer finds its place.

A bot verifies a request and makes an :class:`Incoming` of it; the desk answers into its :class:`Outlet`. A new service
is one file with these two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from agent.contracts import Language


@dataclass(frozen=True, slots=True)
class Request:
    """A web request as a bot sees it; header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What the service is answered at once."""

    status: int = 200
    body: str = ""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request is not the service's, or too old: 401, and not a word more."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody asks."""

    text: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Somebody says yes or no to a proposal."""

    proposal: str
    yes: bool
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants no answer any more to what they asked in this conversation."""

    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that a verified request wants.

    Attributes:
        source: the service. id: its own name for the event; of several with one id the first counts.
        user: its id of who wants it. private: nobody else reads the answer.
        conversation: where known already; else the outlet says it.
    """

    source: str
    id: str
    user: str
    does: Ask | Decide | Stop
    private: bool = False
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """``kind`` ask: ``value`` is the question; yes and no: ``value`` is the proposal's id."""

    kind: Literal["ask", "yes", "no"]
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Table:
    """An evidence as text, each cell as the sentences write it. ``numeric`` says which columns are figures."""

    title: str
    simulated: bool
    head: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's specification (Vega-Lite), to be drawn where the service shows pictures."""

    title: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that waits for a yes."""

    summary: str
    yes: Button
    no: Button


@dataclass(frozen=True, slots=True)
class Post:
    """One final answer, in plain text that each service escapes in its own way.

    ``settled``: it says that a proposal was decided, so its buttons can go. ``aside``: it is of no use to others, and
    is shown to who pressed a button alone, where the service can.
    """

    language: Language
    text: str
    note: str = ""
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    choices: tuple[Button, ...] = ()
    suggestions: tuple[Button, ...] = ()
    offers: tuple[Offer, ...] = ()
    files: tuple[Path, ...] = ()
    footer: str = ""
    settled: bool = False
    aside: bool = False


class Outlet(Protocol):
    """Where one question is answered. Used by one thread at a time."""

    def open(self) -> str | None:
        """The conversation's id, made ready; None where it turns out that nobody spoke to us.

        Raises:
            DeliveryError: there is no place to answer.
        """

    def working(self, words: str, language: Language) -> None:
        """Show what is being done, in place of what was shown before. Raises DeliveryError."""

    def answer(self, post: Post) -> None:
        """Show the answer in place of the progress. Raises DeliveryError."""


class Bot(Protocol):
    """One service."""

    source: str
    path: str

    def receive(self, request: Request) -> Response:
        """Verify, hand over to the desk, acknowledge: in well under three seconds.

        Raises:
            Refused: it is not the service's. StoreLocked, StoreError: it should be sent again.
        """
