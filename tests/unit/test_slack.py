"""The Slack bot over real HTTP: a fake Slack on 127.0.0.1, with the shapes that Slack sends and answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from db.state.accounts import Accounts
from tests.bots import listening
from tests.slack_fake import SIGNING, TOKEN, Workspace, slack_api, workspace
from tests.web_fake import serving


@pytest.fixture
def space(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Workspace]:
    with workspace(tmp_path, caplog) as found:
        yield found


def test_a_mention_is_acknowledged_at_once_and_answered_once_in_its_thread(space: Workspace) -> None:
    before = time.monotonic()
    assert space.mention("top departments &amp; more").status_code == 200
    assert time.monotonic() - before < 3
    [final] = space.shown()
    assert (final["channel"], final.get("thread_ts") or final.get("ts")) in (
        ("C1", "1700000000.000100"),
        ("C1", space.api.to("/api/chat.update")[-1].json["ts"] if space.api.to("/api/chat.update") else ""),
    )
    assert space.bot.analyst.asked[0].text == "top departments & more"
    assert space.bot.analyst.asked[0].conversation == "slack:C1:1700000000.000100"
    assert "The five departments" in final["blocks"][0]["text"]["text"]
    table = next(block for block in final["blocks"] if block["type"] == "table")
    assert table["rows"][1][0] == {"type": "raw_text", "text": "Grocery"}
    assert table["rows"][1][1]["text"] == "$2,316,393.89"
    assert table["column_settings"][1] == {"align": "right"}
    posted = space.api.to("/api/chat.postMessage")
    assert len(posted) == 1, "progress and answer are one message"
    assert posted[0].json["thread_ts"] == "1700000000.000100"
    assert posted[0].json["unfurl_links"] is posted[0].json["unfurl_media"] is False


def test_the_chart_comes_as_a_picture_into_the_thread(space: Workspace) -> None:
    space.mention("top departments")
    space.api.until(lambda: bool(space.api.to("/api/files.completeUploadExternal")))
    [completed] = space.api.to("/api/files.completeUploadExternal")
    assert (completed.form["channel_id"], completed.form["thread_ts"]) == ("C1", "1700000000.000100")
    assert space.api.to("/upload/F1")[0].body.startswith(b"\x89PNG")
    assert space.api.to("/api/files.getUploadURLExternal")[0].form["alt_txt"] == "Revenue by department in 2017"


def test_an_event_that_comes_again_is_answered_once(space: Workspace) -> None:
    space.mention("top departments")
    space.shown()
    again = space.mention("top departments")
    assert again.status_code == 200
    retried = space.event(
        {"type": "app_mention", "user": "U123", "text": "<@UBOT> x", "ts": "1700000000.000100", "channel": "C1"},
        **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"},
    )
    assert retried.status_code == 200
    assert retried.headers["x-slack-no-retry"] == "1"
    space.direct("who")
    space.shown(2)
    assert len(space.bot.analyst.asked) == 2


FOREIGN = [
    (None, "v0=" + "0" * 64),
    (None, ""),
    (None, "v0=é"),
    (-301, None),
    (400, None),
    ("soon", None),
    ("١٢٣", None),
    ("", None),
    ("9" * 400, None),
]


def test_a_request_that_is_not_slack_s_is_refused(space: Workspace) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"})
    for stamp, sign in FOREIGN:
        moment = stamp if isinstance(stamp, str) else str(int(time.time()) + (stamp or 0))
        if sign is None:
            sign = "v0=" + hmac.new(SIGNING.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = [
            (b"x-slack-request-timestamp", moment.encode()),
            (b"x-slack-signature", sign.encode()),
            (b"content-type", b"application/json"),
        ]
        answer = httpx.post(f"{space.bot.address}/slack/events", content=body, headers=headers)
        assert (answer.status_code, answer.text) == (401, ""), (stamp, sign)


def test_slack_s_own_check_of_the_address(space: Workspace) -> None:
    answer = space.send(json.dumps({"type": "url_verification", "challenge": "c123", "token": "x"}))
    assert answer.status_code == 200
    assert "c123" in answer.text
    assert space.send("not json at all").status_code == 400
    assert httpx.post(f"{space.bot.address}/slack/events", content=b"\xff\xfe").status_code == 401
    assert httpx.post(f"{space.bot.address}/slack/events", content=b"x" * 1_100_000).status_code == 413


def test_direct_messages_see_personal_data_and_channels_never(space: Workspace) -> None:
    space.mention("who", ts="1.1")
    space.shown(1)
    space.direct("who")
    space.shown(2)
    space.mention("who", ts="1.2", thread_ts="1.1")
    texts = [message["blocks"][0]["text"]["text"] for message in space.shown(3)]
    assert texts == [
        "ann admin False slack:C1:1.1 slack",
        "ann admin True slack:D1:1700000000.000300 slack",
        "ann admin False slack:C1:1.1 slack",
    ]


def test_who_is_not_on_the_map_is_refused_in_one_sentence(space: Workspace) -> None:
    space.mention("who", user="U666")
    [final] = space.shown()
    assert "map your id U666" in final["blocks"][0]["text"]["text"]
    assert space.bot.analyst.asked == []
    Accounts(space.bot.service.state).disable("ann")
    space.direct("who")
    assert "missing or disabled" in space.shown(2)[-1]["blocks"][0]["text"]["text"]


def test_on_a_fresh_install_strangers_are_viewers_without_personal_data(tmp_path: Path) -> None:
    with serving(slack_api) as api:
        slack = {
            "bot_token": TOKEN,
            "signing_secret": SIGNING,
            "api": f"{api.address}/api/",
            "users": {"U9": "operator"},
        }
        with listening(tmp_path, slack=slack) as bot:
            space = Workspace(api, bot)
            space.direct("who")
            space.shown(1)
            space.direct("who", user="U9", ts="9.9")
            texts = [message["blocks"][0]["text"]["text"] for message in space.shown(2)]
    assert texts[0].startswith("slack:U123 viewer False")
    assert texts[1].startswith("operator admin True")


def test_the_command_posts_the_question_and_answers_in_its_thread(space: Workspace) -> None:
    answer = space.command("销售额 <!channel>")
    assert (answer.status_code, answer.text) == (200, "")
    space.shown(2)
    root, first, *_ = [one.json for one in space.api.to("/api/chat.postMessage")]
    assert root["text"] == "<@U123> 提问：销售额"
    assert first["thread_ts"] == f"1700000001.{len(space.api.to('/api/chat.postMessage')[0].body):06}"
    assert space.bot.analyst.asked[0].conversation == f"slack:C1:{first['thread_ts']}"
    final = space.shown(2)[-1]
    assert "2017年第4季度" in final["blocks"][0]["text"]["text"]
    assert any("模拟数据" in block.get("text", {}).get("text", "") for block in final["blocks"])
    empty = space.command("  ", trigger="4.5.6")
    assert "Ask about your shop" in empty.json()["text"]


def test_a_command_where_the_bot_is_not_is_answered_in_direct_messages(space: Workspace) -> None:
    space.command("top departments", channel="C0NOTIN")
    space.shown(3)
    posts = [one.json for one in space.api.to("/api/chat.postMessage")]
    assert [post["channel"] for post in posts][:2] == ["C0NOTIN", "D777"]


def test_bots_edits_and_other_events_are_not_answered(space: Workspace) -> None:
    base = {"type": "message", "channel_type": "im", "channel": "D1", "user": "U123", "text": "who"}
    for number, more in enumerate(
        (
            {"subtype": "message_changed"},
            {"bot_id": "B1"},
            {"channel_type": "channel"},
            {"type": "reaction_added"},
            {"user": None},
        )
    ):
        assert space.event({**base, "ts": f"8.{number}", **more}).status_code == 200
    space.direct("who", ts="9.0")
    space.shown(1)
    assert len(space.bot.analyst.asked) == 1


def test_a_fault_is_one_sentence_without_its_details(space: Workspace) -> None:
    space.mention("broken")
    [final] = space.shown()
    assert "Something went wrong" in final["blocks"][0]["text"]["text"]
    assert "a secret detail" not in json.dumps(final)
