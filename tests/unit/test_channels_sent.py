"""Outgoing channels over real HTTP and SMTP on 127.0.0.1: what arrives, what is tried again, what is never said."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.delivery import web
from agent.delivery.message import Message
from db.errors import DeliveryError, DeliveryRefused
from tests.sending import SECRET, send, with_file
from tests.web_fake import Asked, Fake, serving


def hook(fake: Fake, kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "webhook": f"{fake.address}/hook/{SECRET}", "loopback": True, **more}


@pytest.fixture(autouse=True)
def _nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert SECRET not in caplog.text


def test_slack_s_webhook_gets_blocks_without_mentions(tmp_path: Path) -> None:
    with serving(lambda asked: (200, {}, "ok")) as fake:
        send(tmp_path, hook(fake, "slack"), with_file(tmp_path))
    [asked] = fake.asked
    body = asked.json
    text = json.dumps(body, ensure_ascii=False)
    assert "<!" not in text.replace(body["blocks"][0]["text"]["text"], "")  # a header is plain text
    assert body["blocks"][0]["text"]["type"] == "plain_text"
    assert body["blocks"][1]["text"]["text"].startswith("*Revenue* rose 3 %.\n\n• A&lt;B\n• &lt;!everyone&gt;")
    assert body["blocks"][1]["text"]["verbatim"] is True
    assert "brief.pdf" in body["blocks"][-1]["elements"][0]["text"]
    assert body["unfurl_links"] is body["unfurl_media"] is False


def test_a_long_message_stays_within_slack_s_limits(tmp_path: Path) -> None:
    text = "\n".join(f"- line {n} " + "字" * 200 for n in range(2_000))
    with serving(lambda asked: (200, {}, "ok")) as fake:
        send(tmp_path, hook(fake, "slack"), Message("T" * 500, text, "zh"))
    blocks = fake.asked[0].json["blocks"]
    assert len(blocks) == 50
    assert len(blocks[0]["text"]["text"]) == 150
    assert all(len(block["text"]["text"]) <= 3_000 for block in blocks[:-1])
    assert "截断" in blocks[-1]["elements"][0]["text"]


def slack_api(asked: Asked) -> dict[str, Any] | tuple[int, dict[str, str], Any]:
    """The recorded shapes of Slack's answers."""
    method = asked.path.removeprefix("/api/")
    if method == "files.getUploadURLExternal":
        host = asked.headers["host"]
        return {"ok": True, "upload_url": f"http://{host}/upload/F1", "file_id": "F1"}
    if method == "files.completeUploadExternal":
        return {"ok": True, "files": [{"id": "F1", "title": "brief.pdf"}]}
    if asked.path.startswith("/upload/"):
        return 200, {}, "OK - 12"
    return {"ok": True, "channel": "C12345", "ts": "1700000000.000100"}


def test_the_slack_bot_posts_text_and_files_in_one_message(tmp_path: Path) -> None:
    bot = {"bot_token": f"xoxb-{SECRET}", "signing_secret": "s"}
    with serving(slack_api) as fake:
        slack = {**bot, "api": f"{fake.address}/api/"}
        send(tmp_path, {"kind": "slack", "channel": "C12345"}, slack=slack)
        send(tmp_path, {"kind": "slack", "channel": "C12345"}, with_file(tmp_path), slack=slack)
    [posted] = fake.to("/api/chat.postMessage")
    assert posted.headers["authorization"] == f"Bearer xoxb-{SECRET}"
    sent = posted.json
    assert (sent["channel"], sent["unfurl_links"], sent["parse"]) == ("C12345", False, "none")
    assert fake.to("/upload/F1")[0].body == b"%PDF-1.7 ..."
    [completed] = fake.to("/api/files.completeUploadExternal")
    assert completed.form["channel_id"] == "C12345"
    assert "&lt;!channel&gt; &amp; more" in completed.form["initial_comment"]
    with pytest.raises(DeliveryRefused, match="needs the Slack bot"):
        send(tmp_path, {"kind": "slack", "channel": "C12345"})


@pytest.mark.parametrize(
    ("answer", "error", "wait"),
    [
        ((429, {"retry-after": "7"}, {"ok": False, "error": "ratelimited"}), DeliveryError, 7.0),
        ((200, {}, {"ok": False, "error": "ratelimited"}), DeliveryError, None),
        ((503, {}, "down"), DeliveryError, None),
        ((200, {}, {"ok": False, "error": "channel_not_found"}), DeliveryRefused, None),
        ((200, {}, {"ok": False, "error": "invalid_auth"}), DeliveryRefused, None),
    ],
)
def test_slack_s_refusals_are_told_apart(
    tmp_path: Path, answer: tuple[int, dict[str, str], Any], error: type[DeliveryError], wait: float | None
) -> None:
    with serving(lambda asked: answer) as fake:
        slack = {"bot_token": SECRET, "signing_secret": "s", "api": f"{fake.address}/api/"}
        with pytest.raises(DeliveryError) as caught:
            send(tmp_path, {"kind": "slack", "channel": "C12345"}, slack=slack)
    assert isinstance(caught.value, DeliveryRefused) is (error is DeliveryRefused)
    assert caught.value.retry_after == wait
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_feishu_s_bot_gets_a_signed_card(tmp_path: Path) -> None:
    with serving(lambda asked: {"code": 0, "msg": "success", "data": {}}) as fake:
        send(tmp_path, hook(fake, "feishu", secret="key"))
    body = fake.asked[0].json
    expected = hmac.new(f"{body['timestamp']}\nkey".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(expected).decode()
    assert abs(int(body["timestamp"]) - datetime.now(UTC).timestamp()) < 60
    assert body["msg_type"] == "interactive"
    content = body["card"]["elements"][0]["content"]
    assert content.startswith("**Revenue** rose 3 %.")
    assert "<" not in content
    assert "http://" not in content


def test_dingtalk_s_robot_gets_signed_markdown(tmp_path: Path) -> None:
    with serving(lambda asked: {"errcode": 0, "errmsg": "ok"}) as fake:
        options = hook(fake, "dingtalk", secret="SECkey")
        send(tmp_path, {**options, "webhook": f"{fake.address}/robot/send?access_token={SECRET}"}, with_file(tmp_path))
    [asked] = fake.asked
    moment = asked.query["timestamp"]
    expected = base64.b64encode(hmac.new(b"SECkey", f"{moment}\nSECkey".encode(), hashlib.sha256).digest()).decode()
    assert asked.query["sign"] == expected
    assert asked.query["access_token"] == SECRET
    body = asked.json
    assert body["at"] == {"isAtAll": False}
    assert "**Revenue**" in body["markdown"]["text"]
    assert "](" not in body["markdown"]["text"]
    assert "brief.pdf" in body["markdown"]["text"]


@pytest.mark.parametrize(
    ("kind", "answer", "retried", "wait"),
    [
        ("feishu", {"code": 19021, "msg": "sign match fail"}, False, None),
        ("feishu", {"code": 11232, "msg": "frequency limited"}, True, None),
        ("feishu", {}, False, None),
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, False, None),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, True, None),
        ("slack", (404, {}, "no_service"), False, None),
        ("slack", (429, {"retry-after": "30"}, "ratelimited"), True, 30.0),
        ("slack", (500, {}, "server_error"), True, None),
        ("slack", (302, {"location": "http://127.0.0.1:9/"}, ""), False, None),
        ("feishu", (200, {}, "x" * 400_000), True, None),
    ],
)
def test_what_is_tried_again_and_what_is_not(
    tmp_path: Path, kind: str, answer: Any, retried: bool, wait: float | None
) -> None:
    with serving(lambda asked: answer) as fake, pytest.raises(DeliveryError) as caught:
        send(tmp_path, hook(fake, kind))
    assert isinstance(caught.value, DeliveryRefused) is not retried
    assert caught.value.retry_after == wait
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert len(fake.asked) == 1


def test_a_service_that_is_down_or_slow_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda asked: (200, {}, "ok")) as fake:
        gone = hook(fake, "slack")
    with pytest.raises(DeliveryError, match=r"Slack cannot be reached \(ConnectError\)") as caught:
        send(tmp_path, gone)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    monkeypatch.setattr(web, "SECONDS", 0.2)
    asleep = threading.Event()
    with serving(lambda asked: (200, {}, str(asleep.wait(5)))) as slow:
        with pytest.raises(DeliveryError, match="in time"):
            send(tmp_path, hook(slow, "slack"))
        asleep.set()


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/services/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://localhost/x",
        "https://router.local/x",
        "https://hooks.slack.com.evil.example/x",
        "https://user:pw@hooks.slack.com/x",
        "file:///etc/passwd",
        "https://hooks.slack.com:99999/x",
        "",
    ],
)
def test_a_webhook_elsewhere_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(DeliveryRefused):
        send(tmp_path, {"kind": "slack", "webhook": address})


def test_an_api_may_be_in_ones_own_network_but_not_in_the_clear() -> None:
    assert web.checked_api("https://slack.corp.internal/api/", "Slack's API")
    assert web.checked_api("http://127.0.0.1:8/api/", "Slack's API")
    for address in (
        "http://slack.com/api/",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "https://u:p@slack.com/",
        "https://",
    ):
        with pytest.raises(DeliveryRefused):
            web.checked_api(address, "Slack's API")
