"""The DingTalk bot over real HTTP: messages of the shape that DingTalk sends, and the address that they bring."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from db.state.accounts import Accounts
from tests.bots import PROPOSED, listening
from tests.web_fake import Asked, Fake, serving

SECRET = "aPp-secret"


def api(asked: Asked) -> Any:
    """The recorded shapes of DingTalk's answers."""
    if asked.path == "/v1.0/oauth2/accessToken":
        assert asked.json == {"appKey": "ding1", "appSecret": SECRET}
        return {"accessToken": "at-1", "expireIn": 7200}
    if asked.path == "/media/upload":
        assert asked.query == {"access_token": "at-1", "type": "image"}
        return {"errcode": 0, "errmsg": "ok", "media_id": "@lADOADmaWMzazQKA", "type": "image"}
    return {"errcode": 0, "errmsg": "ok"}


class Enterprise:
    """A fake DingTalk that sends to a robot."""

    def __init__(self, fake: Fake, bot: SimpleNamespace) -> None:
        self.fake, self.bot = fake, bot

    def send(self, body: Any, stamp: str | None = None, sign: str | None = None) -> httpx.Response:
        moment = str(int(time.time() * 1000)) if stamp is None else stamp
        if sign is None:
            made = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
            sign = base64.b64encode(made).decode()
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = {"timestamp": moment, "sign": sign, "content-type": "application/json; charset=utf-8"}
        return httpx.post(f"{self.bot.address}/dingtalk/messages", content=content, headers=headers)

    def shape(self, text: str, number: str = "1", group: bool = False, **more: Any) -> dict[str, Any]:
        return {
            "conversationId": "cid1==",
            "atUsers": [{"dingtalkId": "$:LWCP_v1:$bot"}],
            "chatbotCorpId": "ding8a",
            "chatbotUserId": "$:LWCP_v1:$bot",
            "msgId": f"msg{number}==",
            "senderNick": "安",
            "isAdmin": True,
            "senderStaffId": "user123",
            "sessionWebhookExpiredTime": 1613635652738,
            "createAt": 1613630252678,
            "senderCorpId": "ding8a",
            "conversationType": "2" if group else "1",
            "senderId": "$:LWCP_v1:$ann",
            "sessionWebhook": f"{self.fake.address}/robot/sendBySession?session=s1",
            "text": {"content": f" {text}"},
            "robotCode": "ding1",
            "msgtype": "text",
            **more,
        }

    def message(self, text: str, number: str = "1", group: bool = False, **more: Any) -> httpx.Response:
        return self.send(self.shape(text, number, group, **more))

    def replies(self, number: int = 1) -> list[dict[str, Any]]:
        self.fake.until(lambda: len(self.fake.to("/robot/sendBySession")) >= number)
        return [one.json for one in self.fake.to("/robot/sendBySession")]


@pytest.fixture
def enterprise(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Enterprise]:
    caplog.set_level(logging.DEBUG)
    with serving(api) as fake:
        options = {"app_secret": SECRET, "app_key": "ding1", "loopback": True, "users": {"user123": "ann"}}
        where = {"api": fake.address, "media_api": fake.address}
        with listening(tmp_path, dingtalk={**options, **where}) as bot:
            Accounts(bot.service.state).add("ann", "admin", may_see_pii=True)
            yield Enterprise(fake, bot)
    assert SECRET not in caplog.text
    assert "session=s1" not in caplog.text
    assert "at-1" not in caplog.text


def test_a_chinese_question_is_answered_in_one_message_with_its_chart(enterprise: Enterprise) -> None:
    answer = enterprise.message("上个季度每个月的销售额是多少", group=True)
    assert answer.json() == {"msgtype": "empty"}
    [reply] = enterprise.replies()
    text = reply["markdown"]["text"]
    assert text.startswith("@user123\n\n2017年第4季度的销售额为")
    assert "![2017年第4季度各月的销售额](@lADOADmaWMzazQKA)" in text
    assert "**2017年第4季度各月的销售额** · 模拟数据" in text
    assert "- 2017-10 · $393,480.18" in text
    assert reply["at"] == {"atUserIds": ["user123"], "isAtAll": False}
    assert b"\x89PNG" in enterprise.fake.to("/media/upload")[0].body
    [question] = enterprise.bot.analyst.asked
    assert (question.conversation, question.principal.may_see_pii) == ("dingtalk:cid1==", False)


def test_a_reading_is_chosen_by_its_number(enterprise: Enterprise) -> None:
    enterprise.message("how busy were we", "1")
    [asked] = enterprise.replies()
    assert "1\\. Units\n\n2\\. Orders\n\n> Reply with the number." in asked["markdown"]["text"]
    enterprise.message("2", "2")
    assert "13,224" in enterprise.replies(2)[1]["markdown"]["text"]
    enterprise.message("7", "3")
    enterprise.replies(3)
    assert [q.text for q in enterprise.bot.analyst.asked] == ["how busy were we", "units or orders: orders", "7"]
    assert enterprise.bot.analyst.asked[0].principal.may_see_pii is True


def test_a_message_that_comes_again_is_answered_once(enterprise: Enterprise) -> None:
    for _ in range(3):
        assert enterprise.message("who", "1").status_code == 200
    enterprise.message("who", "2")
    enterprise.replies(2)
    assert len(enterprise.bot.analyst.asked) == 2


def test_a_request_that_is_not_dingtalk_s_is_refused(enterprise: Enterprise) -> None:
    now, good = int(time.time() * 1000), enterprise.shape("who")
    for stamp, sign in (
        (None, "AAAA"),
        (None, ""),
        (str(now - 3_600_001), None),
        (str(now + 3_700_000), None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
    ):
        assert enterprise.send(good, stamp, sign).status_code == 401, (stamp, sign)
    for body in (
        b"",
        b"[]",
        b"\xff",
        {},
        {**good, "text": None},
        {**good, "sessionWebhook": "https://dingtalk.com.evil.example/robot/sendBySession?session=x"},
        {**good, "sessionWebhook": "http://oapi.dingtalk.com/robot/sendBySession?session=x"},
        {**good, "sessionWebhook": "http://169.254.169.254/"},
        {**good, "sessionWebhook": "https://10.0.0.8/robot"},
        {**good, "sessionWebhook": None},
    ):
        assert enterprise.send(body).status_code == 401, body
    assert enterprise.bot.analyst.asked == []


def test_a_proposal_is_done_after_its_typed_yes(enterprise: Enterprise, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    said: list[Any] = []

    class Actions:
        def __init__(self, service: object) -> None:
            """As the real one."""

        def confirm(self, proposal: str, principal: Any) -> Any:
            said.append((proposal, principal.name))
            return SimpleNamespace(text=SimpleNamespace(of=lambda language: language), file=Path("/data/导出_1.xlsx"))

    monkeypatch.setitem(sys.modules, "agent.actions", SimpleNamespace(Actions=Actions))
    enterprise.message("export the departments", "1")
    assert f"reply “yes {PROPOSED.id}”" in enterprise.replies()[0]["markdown"]["text"]
    assert said == []
    enterprise.message(f"是 {PROPOSED.id}", "2")
    assert "导出＿1.xlsx 保存在 ShopOps 中" in enterprise.replies(2)[1]["markdown"]["text"]
    enterprise.message("no refunds", "3")
    enterprise.replies(3)
    assert said == [(PROPOSED.id, "ann")]
    assert enterprise.bot.analyst.asked[-1].text == "no refunds"


def test_stop_is_typed(enterprise: Enterprise) -> None:
    enterprise.message("停止", "1")
    assert "没有正在回答的问题" in enterprise.replies()[0]["markdown"]["text"]
    enterprise.message("wait for me", "2")
    deadline = time.monotonic() + 10
    while not enterprise.bot.analyst.asked and time.monotonic() < deadline:
        time.sleep(0.01)
    enterprise.message("Stop!", "3")
    assert enterprise.bot.analyst.left.wait(5)
    assert enterprise.replies(2)[1]["markdown"]["text"].startswith("Stopped.")


def test_huge_hostile_and_unknown(enterprise: Enterprise) -> None:
    enterprise.message("a huge table", "1")
    text = enterprise.replies()[0]["markdown"]["text"]
    assert len(text) <= 5_000
    assert len(text.encode()) <= 20_000
    assert "of 500 rows" in text
    enterprise.message("everybody", "2")
    text = enterprise.replies(2)[1]["markdown"]["text"]
    assert not set("<[`") & set(text.replace("![Revenue by department in 2017](@lADOADmaWMzazQKA)", ""))
    assert "://" not in text
    enterprise.message("who", "3", senderStaffId=None, senderId="$:LWCP_v1:$eve")
    assert "$:LWCP＿v1:$eve" in enterprise.replies(3)[2]["markdown"]["text"]
    enterprise.message("", "4", msgtype="picture", content={"downloadCode": "x"})
    assert "I read text only" in enterprise.replies(4)[3]["markdown"]["text"]


def test_without_an_application_key_answers_have_no_chart(tmp_path: Path) -> None:
    with serving(api) as fake, listening(tmp_path, dingtalk={"app_secret": SECRET, "loopback": True}) as bot:
        enterprise = Enterprise(fake, bot)
        enterprise.message("top departments")
        text = enterprise.replies()[0]["markdown"]["text"]
    assert "![" not in text
    assert "- Grocery · $2,316,393.89 · 50.4%" in text
    assert [one.path for one in fake.asked] == ["/robot/sendBySession"]
