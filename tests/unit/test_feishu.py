"""The Feishu bot over real HTTP: sealed events of the shapes that Feishu sends, and a fake open API."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.interfaces.bots.feishu_cards import MOST_BYTES
from db.state.accounts import Accounts
from tests.bots import PROPOSED, listening
from tests.feishu_fake import KEY, SECRET, TOKEN, Tenant, buttons, open_api, sealed
from tests.web_fake import Asked, serving


@pytest.fixture
def tenant(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Tenant]:
    caplog.set_level(logging.DEBUG)
    keys = {"app_id": "cli_1", "app_secret": SECRET, "encrypt_key": KEY, "verification_token": TOKEN}
    with serving(open_api) as api:
        users = {"ou_ann": "ann"}
        with listening(tmp_path, feishu={**keys, "api": api.address, "users": users}) as bot:
            Accounts(bot.service.state).add("ann", "admin", may_see_pii=True)
            yield Tenant(api, bot)
    for secret in (KEY, TOKEN, SECRET, "t-1"):
        assert secret not in caplog.text


def test_a_chinese_question_in_a_direct_message(tenant: Tenant) -> None:
    assert tenant.message("上个季度每个月的销售额是多少").json() == {}
    [card] = tenant.cards()
    assert card["elements"][0]["content"].startswith("2017年第4季度的销售额为")
    assert card["config"]["update_multi"] is True
    assert card["config"]["enable_forward"] is False
    [table] = [e for e in card["elements"] if e["tag"] == "table"]
    assert table["rows"][0] == {"c0": "2017-10", "c1": "$393,480.18"}
    assert [column["horizontal_align"] for column in table["columns"]] == ["left", "right"]
    [picture] = [e for e in card["elements"] if e["tag"] == "img"]
    assert picture["img_key"] == "img_v2_1"
    assert b"\x89PNG" in tenant.api.to("/open-apis/im/v1/images")[0].body
    assert "模拟数据" in json.dumps(card, ensure_ascii=False)
    [question] = tenant.bot.analyst.asked
    assert (question.conversation, question.principal.may_see_pii) == ("feishu:oc_1", True)
    replies = tenant.api.to("/open-apis/im/v1/messages/om_1/reply")
    assert len(replies) == 1, "progress and answer are one message"
    assert (replies[0].json["reply_in_thread"], replies[0].json["msg_type"]) == (False, "interactive")
    assert len(tenant.api.to("/open-apis/auth/v3/tenant_access_token/internal")) == 1


def test_in_a_group_only_its_own_mention_counts(tenant: Tenant) -> None:
    other = [{"key": "@_user_1", "id": {"open_id": "ou_bo"}, "name": "Bo"}]
    tenant.message("who", "1", group=True, mentions=other)
    tenant.message("who", "2", group=True, mentions=None)
    tenant.message("who", "3", group=True)
    tenant.message("who", "4", group=True, root_id="om_3")
    cards = tenant.cards(2)
    texts = [card["elements"][0]["content"] for card in cards]
    assert texts == ["ann admin False feishu:oc_1:om_3 feishu".replace("_", "&#95;")] * 2
    assert tenant.api.to("/open-apis/im/v1/messages/om_3/reply")[0].json["reply_in_thread"] is True


def test_an_event_that_comes_again_is_answered_once(tenant: Tenant) -> None:
    for _ in range(3):
        assert tenant.message("who", "7").status_code == 200
    tenant.message("who", "8")
    tenant.cards(2)
    assert len(tenant.bot.analyst.asked) == 2


def test_the_check_of_the_address(tenant: Tenant) -> None:
    check = {"challenge": "c-9", "token": TOKEN, "type": "url_verification"}
    answer = tenant.send(sealed(check), stamp="none", sign="none")
    assert (answer.status_code, answer.json()) == (200, {"challenge": "c-9"})
    assert tenant.send(sealed({**check, "token": "x"}), stamp="none", sign="none").status_code == 401


def test_a_request_that_is_not_feishu_s_is_refused(tenant: Tenant) -> None:
    header = {"event_id": "e", "event_type": "im.message.receive_v1", "token": TOKEN, "app_id": "cli_1"}
    event: dict[str, Any] = {"schema": "2.0", "header": header, "event": {}}
    good, now = sealed(event), int(time.time())
    for stamp, sign in (
        (None, "0" * 64),
        (None, "none"),
        (str(now - 601), None),
        (str(now + 700), None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
    ):
        assert tenant.send(good, stamp, sign).status_code == 401, (stamp, sign)
    for body in (
        b"",
        b"[]",
        b"\xff",
        b'{"encrypt": 5}',
        b'{"encrypt": "AAAA"}',
        b'{"encrypt": "%%%"}',
        json.dumps(event).encode(),
        sealed(event, "another key"),
        sealed({**event, "header": {**header, "token": "x"}}),
        sealed({**event, "header": {**header, "app_id": "cli_2"}}),
        sealed({**event, "header": None}),
        sealed(event),
    ):
        assert tenant.send(body).status_code == 401, body[:40]
    assert tenant.bot.analyst.asked == []


def test_a_reading_is_chosen_by_button(tenant: Tenant) -> None:
    tenant.message("how busy were we", "1", group=True)
    [card] = tenant.cards()
    pressed = [b for b in buttons(card) if b["value"]["do"] == "ask"]
    assert [b["text"]["content"] for b in pressed] == ["Units", "Orders"]
    for number in ("1", "2"):
        answer = tenant.press(pressed[1], number)
        assert answer.json()["toast"]["type"] == "info"
    tenant.cards(2)
    assert [q.text for q in tenant.bot.analyst.asked] == ["how busy were we", "units or orders: orders"]
    assert len({q.conversation for q in tenant.bot.analyst.asked}) == 1
    assert tenant.bot.analyst.asked[1].principal.may_see_pii is False
    assert tenant.api.to("/open-apis/im/v1/messages/om_reply_9/reply")[0].json["reply_in_thread"] is True


def test_a_question_is_stopped_by_who_asked_it(tenant: Tenant) -> None:
    tenant.message("wait for me", "1")
    tenant.api.until(lambda: bool(tenant.api.to("/open-apis/im/v1/messages/om_1/reply")))
    card = json.loads(tenant.api.to("/open-apis/im/v1/messages/om_1/reply")[0].json["content"])
    [stop] = buttons(card)
    tenant.press(stop, "1", user="ou_eve")
    tenant.cards(1)
    assert not tenant.bot.analyst.left.is_set()
    tenant.press(stop, "2")
    assert tenant.bot.analyst.left.wait(5)
    assert tenant.cards(2)[-1]["elements"][0]["content"] == "Stopped."


def test_a_proposal_is_done_only_after_a_yes(tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    said: list[Any] = []
    made = tmp_path / "导出.xlsx"
    made.write_bytes(b"PK..")
    text = SimpleNamespace(of=lambda language: "Done." if language == "en" else "已完成。")

    class Actions:
        def __init__(self, service: object) -> None:
            """As the real one."""

        def confirm(self, proposal: str, principal: Any) -> Any:
            said.append((proposal, principal.name))
            return SimpleNamespace(text=text, file=made)

    monkeypatch.setitem(sys.modules, "agent.actions", SimpleNamespace(Actions=Actions))
    tenant.message("export the departments", "1")
    [card] = tenant.cards()
    assert said == []
    tenant.press(next(b for b in buttons(card) if b["value"]["do"] == "yes"), "1")
    assert tenant.cards(2)[-1]["elements"][0]["content"] == "Done."
    tenant.api.until(
        lambda: any(
            one.json["msg_type"] == "file" for one in tenant.api.to("/open-apis/im/v1/messages/om_reply_9/reply")
        )
    )
    assert said == [(PROPOSED.id, "ann")]
    assert b"PK.." in tenant.api.to("/open-apis/im/v1/files")[0].body


def test_a_huge_table_stays_within_feishu_s_limits(tenant: Tenant) -> None:
    tenant.message("a huge table")
    [card] = tenant.cards()
    assert len(json.dumps(card, ensure_ascii=False).encode()) <= MOST_BYTES
    assert "rows" in json.dumps(card)
    assert "of 500 rows" in json.dumps(card)


def test_data_mentions_nobody_and_links_nowhere(tenant: Tenant) -> None:
    tenant.message("everybody")
    [card] = tenant.cards()
    for element in card["elements"]:
        if element["tag"] == "markdown":
            assert not set("<>`") & set(element["content"])
            assert "://" not in element["content"]


def test_a_recalled_card_is_replaced(tenant: Tenant) -> None:
    def recalled(asked: Asked) -> Any:
        if asked.path.startswith("/open-apis/im/v1/messages/om_reply_"):
            return 400, {}, {"code": 230011, "msg": "The message was recalled."}
        return open_api(asked)

    tenant.api.respond = recalled
    tenant.message("slowly")
    tenant.api.until(lambda: "The second" in str(tenant.api.to("/open-apis/im/v1/messages/om_1/reply")[-1:]))


def test_strangers_other_kinds_and_pictures(tenant: Tenant) -> None:
    tenant.message("who", "1", user="ou_eve")
    assert "ou&#95;eve" in tenant.cards(1)[0]["elements"][0]["content"]
    tenant.message("", "2", message_type="image", content='{"image_key": "img_1"}')
    assert "I read text only" in tenant.cards(2)[1]["elements"][0]["content"]
    post = {"title": "", "content": [[{"tag": "at", "user_id": "@_user_1"}, {"tag": "text", "text": "who"}]]}
    tenant.message("", "3", message_type="post", content=json.dumps(post))
    assert tenant.cards(3)[2]["elements"][0]["content"].startswith("ann admin True")
    assert tenant.event("contact.user.created_v3", {}, "e9").json() == {}


def test_a_token_that_no_longer_holds_and_a_limit_lose_no_answer(tenant: Tenant) -> None:
    replies: list[int] = []

    def moody(asked: Asked) -> Any:
        if asked.path.endswith("/reply"):
            replies.append(1)
            if len(replies) == 1:
                return 400, {}, {"code": 99991663, "msg": "Invalid access token for authorization."}
            if len(replies) == 2:
                return 429, {"retry-after": "0"}, {"code": 99991400, "msg": "request trigger frequency limit"}
        return open_api(asked)

    tenant.api.respond = moody
    tenant.message("who")
    tenant.api.until(lambda: len(replies) == 3)
    assert len(tenant.api.to("/open-apis/auth/v3/tenant_access_token/internal")) == 2
    keys = {one.json["uuid"] for one in tenant.api.to("/open-apis/im/v1/messages/om_1/reply")}
    assert len(keys) == 1, "Feishu knows a second try of the same reply by its key"
