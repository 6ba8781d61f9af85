"""Outgoing channels: what the settings refuse, and what arrives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.delivery.channels import Channels, open_sender
from agent.delivery.message import Attachment, Message
from agent.settings import Settings, read_settings
from db.errors import DeliveryRefused, SettingsError


def settings(tmp_path: Path, **channels: object) -> Settings:
    environ = {"SHOPOPS_DATA_DIR": str(tmp_path / "data"), "SHOPOPS_CHANNELS": json.dumps(channels)}
    return read_settings(environ, []).settings


def report(tmp_path: Path, name: str = "brief.pdf", content: bytes = b"%PDF-1.7") -> Attachment:
    path = tmp_path / "data" / "briefs" / "b.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Attachment(name, "application/pdf", path)


@pytest.mark.parametrize(
    ("channels", "says"),
    [
        ('{"a": {"kind": "fax"}}', "'channels.a' (SHOPOPS_CHANNELS)"),
        ('{"a b": {"kind": "folder"}}', "'channels.a b'"),
        ('{"a": {"kind": "feishu", "secret": "s3cret"}}', "'channels.a.webhook'"),
        ('{"a": {"kind": "email", "host": "h", "sender": "a@b.c", "to": []}}', "'channels.a.to'"),
        ('{"a": {"kind": "folder", "pathh": "s3cret"}}', "'channels.a.pathh'"),
        ("s3cret", "it is not JSON"),
    ],
)
def test_a_wrong_channel_is_named_and_no_secret_shown(channels: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"SHOPOPS_CHANNELS": channels}, [])
    assert says in caught.value.message
    assert "s3cret" not in str(caught.value)


def test_a_folder_gets_text_page_and_files_once(tmp_path: Path) -> None:
    send = open_sender(settings(tmp_path, disk={"kind": "folder", "path": str(tmp_path / "out")}))
    message = Message(
        "每周简报：2017 W52", "**Revenue** rose.", "zh", "<p>Revenue</p>", (report(tmp_path, "../周报.pdf"),)
    )
    for _ in range(2):
        send("disk", message, "brief:journey:2017-12-25")
    [folder] = (tmp_path / "out").iterdir()
    assert "每周简报" in folder.name
    assert {path.name for path in folder.iterdir()} == {"message.md", "message.html", "_周报.pdf"}
    assert (folder / "message.md").read_text("utf-8").startswith("# 每周简报：2017 W52\n\n**Revenue**")
    send("disk", message, "another key")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_folder_without_a_path_lies_under_the_data_folder(tmp_path: Path) -> None:
    open_sender(settings(tmp_path, disk={"kind": "folder"}))("disk", Message("T", "x"), "k")
    assert len(list((tmp_path / "data" / "sent" / "disk").iterdir())) == 1


def test_an_unknown_channel_and_a_stray_file_are_refused(tmp_path: Path) -> None:
    send = open_sender(settings(tmp_path, disk={"kind": "folder"}))
    assert isinstance(send, Channels)
    assert send.kinds == {"disk": "folder"}
    with pytest.raises(DeliveryRefused, match=r"no channel 'mail'; there are: disk\."):
        send("mail", Message("T", "x"), "k")
    (tmp_path / "secret.txt").write_text("x", "utf-8")
    for stray in (tmp_path / "secret.txt", tmp_path / "data" / "gone.pdf", tmp_path / "data" / ".." / "secret.txt"):
        with pytest.raises(DeliveryRefused, match="no longer there"):
            send("disk", Message("T", "x", attachments=(Attachment("a.txt", "text/plain", stray),)), "k")
