"""The files of a message, read when it is sent: nothing from outside the data folder, nothing huge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.delivery.message import Message
from db.errors import DeliveryRefused

MOST_BYTES = 20 * 1024 * 1024  # of all files together; mail servers commonly refuse more than 25 MB


@dataclass(frozen=True, slots=True)
class File:
    """An attachment's content. ``name`` is one plain file name; ``title`` says what it shows, where that is not it."""

    name: str
    media_type: str
    content: bytes
    title: str = ""


def read_files(message: Message, data_dir: Path) -> tuple[File, ...]:
    """The attachments of a message.

    Raises:
        DeliveryRefused: one is gone, lies elsewhere, or they are too large together.
    """
    root, files, size = data_dir.resolve(), [], 0
    for attachment in message.attachments:
        path = attachment.path.resolve()
        if not path.is_relative_to(root) or not path.is_file():
            raise DeliveryRefused(f"The file '{attachment.name}' of the message is no longer there.", "Make it anew.")
        size += path.stat().st_size
        if size > MOST_BYTES:
            raise DeliveryRefused("The message's files are larger than 20 MB together.", "Send fewer or smaller ones.")
        name = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in attachment.name).strip(". ")
        files.append(File(name or "file", attachment.media_type, path.read_bytes()))
    return tuple(files)
