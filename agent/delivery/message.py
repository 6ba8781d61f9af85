"""A message to people outside an answer: a brief, an alert, an export. Channels translate it to their own form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from agent.contracts import Language


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message; ``path`` lies under the data folder and is read when the message is sent."""

    name: str
    media_type: str
    path: Path


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent.

    Attributes:
        title: one line, no markup. text: Markdown of paragraphs, ``-`` lists and ``**bold**``; no links, no images.
        html: the same for e-mail, whole and self-contained; None where the text is all.
    """

    title: str
    text: str
    language: Language = "en"
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the outbox keeps it."""
        kept = asdict(self)
        kept["attachments"] = [{**asdict(a), "path": str(a.path)} for a in self.attachments]
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """A message that the outbox kept."""
        files = tuple(Attachment(a["name"], a["media_type"], Path(a["path"])) for a in kept["attachments"])
        return cls(kept["title"], kept["text"], kept["language"], kept["html"], files)


class Sender(Protocol):
    """Sends a message to a channel that the settings name."""

    def __call__(self, channel: str, message: Message, key: str) -> None:
        """Send it now; ``key`` names this delivery, the same at every try.

        Raises:
            DeliveryError: not now; it is tried again. DeliveryRefused: never.
        """
