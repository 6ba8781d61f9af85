"""Outgoing channels without a network: what the settings refuse, the folder, the commands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agent.delivery.channels import Channels, open_sender
from agent.delivery.message import Attachment, Message
from agent.interfaces.cli import cli
from agent.settings import Settings, read_settings, unknown_variables
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


def test_secrets_come_from_the_environment_into_a_file_s_tables(tmp_path: Path) -> None:
    path = tmp_path / "shopops.toml"
    path.write_text(
        '[channels.Mail]\nkind = "email"\nhost = "h"\nsender = "a@b.c"\nto = ["x@y.z"]\nuser = "u"\n'
        '[slack]\nsigning_secret = "from file"\n',
        "utf-8",
    )
    environ = {"SHOPOPS_CHANNELS__MAIL__PASSWORD": "p", "SHOPOPS_SLACK__BOT_TOKEN": "xoxb-1"}
    loaded = read_settings(environ, [path])
    slack = loaded.settings.slack
    assert slack is not None
    assert slack.bot_token.get_secret_value() == "xoxb-1"
    assert loaded.origins["slack"] == f"{path}, SHOPOPS_SLACK__BOT_TOKEN"
    assert "SecretStr('**********')" in repr(loaded.settings.channels["Mail"])
    assert unknown_variables({**environ, "SHOPOPS_SLAK__X": "1"}) == ["SHOPOPS_SLAK__X"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "email", "host": "mail.example.com", "sender": "a@b.c", "to": ["x@y.z"], "security": "none"},
        {"kind": "email", "host": "h", "sender": "a@b.c", "to": ["x@y.z"], "user": "u"},
        {"kind": "slack"},
        {"kind": "slack", "webhook": "https://hooks.slack.com/x", "channel": "C12345"},
        {"kind": "slack", "channel": "#general"},
    ],
)
def test_half_a_channel_is_no_channel(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=r"'channels\.c"):
        settings(tmp_path, c=wrong)


def test_the_commands_show_names_and_kinds_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SHOPOPS_SLACK", json.dumps({"bot_token": "s3cret", "app_token": "s3cret"}))
    channels = {"disk": {"kind": "folder"}, "team": {"kind": "feishu", "webhook": "https://s3cret.feishu.cn/s3cret"}}
    monkeypatch.setenv("SHOPOPS_CHANNELS", json.dumps(channels))

    def run(*words: str) -> str:
        with pytest.raises(SystemExit):
            cli.main(list(words), prog_name="shopops")
        shown = capsys.readouterr()
        return shown.out + shown.err

    doctor = run("doctor")
    assert "disk (folder), team (feishu)" in doctor
    assert "s3cret" not in doctor + run("channel", "list")
    assert "went to disk" in run("channel", "test", "disk")
    assert "no channel 'fax'" in run("channel", "test", "fax")
    assert len(list((tmp_path / "data" / "sent" / "disk").iterdir())) == 1


def test_the_examples_of_the_documents_are_settings(tmp_path: Path) -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    for page in ("channels", "slack", "feishu-dingtalk"):
        text = (docs / f"{page}.md").read_text("utf-8")
        path = tmp_path / f"{page}.toml"
        path.write_text("\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)), "utf-8")
        environ = {
            name: value.split("#")[0].strip() for name, value in re.findall(r"^(SHOPOPS_\w+)=(.*)$", text, re.MULTILINE)
        }
        loaded = read_settings(environ, [path])
        assert unknown_variables(environ) == []
        assert len(environ) >= 3
        assert {"channels": loaded.settings.channels, "slack": loaded.settings.slack}.get(page, loaded.settings.feishu)
