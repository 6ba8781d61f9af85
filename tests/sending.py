"""What tests of the channels share: a message that wants to do harm, and a channel to send it to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent.delivery.channels import open_sender
from agent.delivery.message import Attachment, Message
from agent.settings import read_settings

SECRET = "sEcReT-token"
BRIEF = Message(
    "周报 <!channel> & more",
    "**Revenue** rose 3 %.\n\n- A<B\n- <!everyone> [x](http://evil.example/a)",
    "en",
    "<p>hi</p>",
)


def send(tmp_path: Path, options: dict[str, Any], message: Message = BRIEF, key: str = "brief:1", **more: Any) -> None:
    values = {"channels": {"c": options}, "data_dir": str(tmp_path), **more}
    environ = {f"SHOPOPS_{k.upper()}": v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
    open_sender(read_settings(environ, []).settings)("c", message, key)


def with_file(tmp_path: Path, message: Message = BRIEF) -> Message:
    path = tmp_path / "brief.pdf"
    path.write_bytes(b"%PDF-1.7 ...")
    return Message(message.title, message.text, "en", message.html, (Attachment("brief.pdf", "application/pdf", path),))
