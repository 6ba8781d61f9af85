"""The Slack bot over real HTTP: a fake Slack on 127.0.0.1, with the shapes that Slack sends and answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from agent.interfaces.bots.slack_blocks import CELLS
from db.state.accounts import Accounts
from tests.bots import PROPOSED, listening
from tests.slack_fake import SIGNING, TOKEN, Workspace, is_progress, slack_api
from tests.web_fake import Asked, serving


@pytest.fixture
def space(tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Workspace]:
    caplog.set_level(logging.DEBUG)
    with serving(slack_api) as api:
        slack = {"bot_token": TOKEN, "signing_secret": SIGNING, "api": f"{api.address}/api/", "users": {"U123": "ann"}}
        slack |= getattr(request, "param", {})
        with listening(tmp_path, slack=slack) as bot:
            Accounts(bot.service.state).add("ann", "admin", may_see_pii=True)
            yield Workspace(api, bot)
    assert SIGNING not in caplog.text
    assert TOKEN not in caplog.text


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


def test_progress_is_one_message_that_becomes_the_answer(space: Workspace) -> None:
    space.mention("wait for me")
    space.api.until(lambda: bool(space.api.to("/api/chat.postMessage")))
    [first] = [one.json for one in space.api.to("/api/chat.postMessage")]
    assert is_progress(first)
    assert "…" in first["text"]
    pressed = {"channel": "C1", "blocks": first["blocks"]}
    assert space.press(pressed, "working", user="U999").status_code == 200
    space.api.until(lambda: bool(space.api.to("/api/chat.postEphemeral")))
    assert space.api.to("/api/chat.postEphemeral")[0].json["user"] == "U999"
    assert not space.bot.analyst.left.is_set(), "nobody stops another's question"
    assert space.press(pressed, "working", at="2").status_code == 200
    assert space.bot.analyst.left.wait(5)
    final = space.shown()[-1]
    assert final["blocks"][0]["text"]["text"] == "Stopped."
    assert len([one for one in space.api.to("/api/chat.postMessage") if one.json["channel"] == "C1"]) == 1


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
    (str(int(time.time()) - 301), None),
    (str(int(time.time()) + 400), None),
    ("soon", None),
    ("١٢٣", None),
    ("", None),
    ("9" * 400, None),
]


def test_a_request_that_is_not_slack_s_is_refused(space: Workspace) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"})
    for stamp, sign in FOREIGN:
        moment = str(int(time.time())) if stamp is None else stamp
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


def test_a_reading_is_chosen_by_button_or_number_once(space: Workspace) -> None:
    space.mention("how busy were we")
    [message] = space.shown()
    row = next(block for block in message["blocks"] if block.get("block_id") == "choices")
    assert [element["text"]["text"] for element in row["elements"]] == ["Units", "Orders"]
    message["channel"] = "C1"
    for at in ("1", "2"):
        assert space.press(message, "choices", 1, at=at).status_code == 200
    space.api.until(lambda: len(space.bot.analyst.asked) == 2)
    finals = space.shown(3)
    gone = next(m for m in finals if "✓ Orders · <@U123>" in json.dumps(m["blocks"], ensure_ascii=False))
    assert not any(block.get("block_id") == "choices" for block in gone["blocks"])
    assert any("13,224" in json.dumps(m) for m in finals)
    assert [q.conversation for q in space.bot.analyst.asked] == ["slack:C1:1700000000.000100"] * 2
    space.mention("how busy were we", ts="5.5", thread_ts="1700000000.000100")
    space.api.until(lambda: len(space.bot.analyst.asked) == 3)
    time.sleep(0.05)
    space.api.until(lambda: len(space.shown(4)) >= 4)
    space.mention("2", ts="5.6", thread_ts="1700000000.000100")
    space.api.until(lambda: len(space.bot.analyst.asked) == 4)
    assert space.bot.analyst.asked[-1].text == "units or orders: orders"


def test_a_proposal_is_done_only_after_a_yes(space: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    said: list[tuple[str, str, str]] = []
    made = tmp_path / "export.xlsx"
    made.write_bytes(b"PK..")

    class Actions:
        def __init__(self, service: object) -> None:
            """As the real one."""

        def confirm(self, proposal: str, principal: Any) -> Any:
            said.append(("yes", proposal, principal.name))
            return SimpleNamespace(text=SimpleNamespace(of=lambda language: "5 rows were exported."), file=made)

        def decline(self, proposal: str, principal: Any) -> Any:
            said.append(("no", proposal, principal.name))
            return SimpleNamespace(text=SimpleNamespace(of=lambda language: "Nothing was done."), file=None)

    monkeypatch.setitem(sys.modules, "agent.actions", SimpleNamespace(Actions=Actions))
    space.mention("export the departments")
    [message] = space.shown()
    message["channel"] = "C1"
    assert any("Export 5 rows &lt;to&gt; Excel" in b.get("text", {}).get("text", "") for b in message["blocks"])
    assert said == []
    space.press(message, "offer_", 1)
    space.shown(3)
    space.press(message, "offer_", 0, at="2")
    space.api.until(lambda: len(said) == 2)
    assert said == [("no", PROPOSED.id, "ann"), ("yes", PROPOSED.id, "ann")]
    space.api.until(lambda: any(one.body == b"PK.." for one in space.api.to("/upload/F1")))
    texts = json.dumps(space.shown(4))
    assert "Nothing was done." in texts
    assert "5 rows were exported." in texts
    assert "Yes, do it" in texts  # what was pressed stands where the buttons were


def test_a_huge_table_stays_within_slack_s_limits(space: Workspace) -> None:
    space.mention("a huge table")
    [message] = space.shown()
    assert len(message["blocks"]) <= 50
    tables = [block for block in message["blocks"] if block["type"] == "table"]
    assert len(tables) == 1
    assert len(tables[0]["rows"]) <= 100
    assert sum(len(cell["text"]) for row in tables[0]["rows"] for cell in row) <= CELLS
    texts = [b["text"]["text"] for b in message["blocks"] if b["type"] == "section"]
    texts += [element["text"] for b in message["blocks"] if b["type"] == "context" for element in b["elements"]]
    assert all(0 < len(text) <= 3_000 for text in texts)
    assert "The first 30 of 500 rows." in texts
    assert sum("```" in text for text in texts) == 2


def test_data_mentions_nobody_and_links_nowhere(space: Workspace) -> None:
    space.mention("everybody")
    [message] = space.shown()
    marked = [b["text"] for b in message["blocks"] if b["type"] == "section"]
    marked += [element for b in message["blocks"] if b["type"] == "context" for element in b["elements"]]
    for text in marked:
        assert "<" not in text["text"].replace("<@U123>", "")
        assert text["verbatim"] is True
    assert "<" not in message["text"]
    code = next(text["text"] for text in marked if text["text"].startswith("```"))
    assert code.count("`") == 6


def test_slack_s_refusal_of_its_tables_and_its_limits_lose_no_answer(space: Workspace) -> None:
    refused = threading.Event()
    busy: list[int] = []

    def moody(asked: Asked) -> Any:
        if asked.path.startswith("/api/chat.") and not is_progress(asked.json):
            if len(busy) < 2:
                busy.append(1)
                return 429, {"retry-after": "0"}, {"ok": False, "error": "ratelimited"}
            if any(block["type"] == "table" for block in asked.json["blocks"]):
                refused.set()
                return {"ok": False, "error": "invalid_blocks"}
        return slack_api(asked)

    space.api.respond = moody
    space.mention("top departments")
    space.api.until(lambda: refused.is_set() and bool(space.api.to("/api/files.completeUploadExternal")))
    final = space.shown()[-1]
    assert any("```" in block.get("text", {}).get("text", "") for block in final["blocks"])
    assert not any(block["type"] == "table" for block in final["blocks"])


def test_a_limit_on_progress_holds_up_no_answer_and_a_deleted_message_neither(space: Workspace) -> None:
    gone: list[str] = []

    def moody(asked: Asked) -> Any:
        if asked.path == "/api/chat.update" and is_progress(asked.json):
            return 429, {"retry-after": "20"}, {"ok": False, "error": "ratelimited"}
        if asked.path == "/api/chat.update":
            gone.append(asked.json["ts"])
            return {"ok": False, "error": "message_not_found"}
        return slack_api(asked)

    space.api.respond = moody
    space.mention("slowly")
    space.api.until(lambda: bool(gone) and len(space.api.to("/api/chat.postMessage")) == 2)
    final = space.api.to("/api/chat.postMessage")[1].json
    assert final["blocks"][0]["text"]["text"] == "The first sentence. The second."
    assert final["thread_ts"] == "1700000000.000100"


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
