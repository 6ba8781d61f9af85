"""What the Slack bot shows: progress, tables, buttons, and what becomes of them when Slack says no."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.interfaces.bots.slack_blocks import CELLS
from db.state.accounts import Accounts
from db.state.proposals import KeptProposal, Proposals
from tests.bots import PROPOSED
from tests.slack_fake import Workspace, is_progress, slack_api, workspace
from tests.web_fake import Asked


@pytest.fixture
def space(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Workspace]:
    with workspace(tmp_path, caplog) as found:
        yield found


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


def test_a_proposal_is_its_askers_only(space: Workspace) -> None:
    kept = KeptProposal(
        PROPOSED.id, "ann", "journey", "export", {}, PROPOSED.summary.en, PROPOSED.summary.zh, datetime.now(UTC)
    )
    Proposals(space.bot.service.state.engine).put((kept,))
    Accounts(space.bot.service.state).add("bo", "admin")
    space.mention("export the departments")
    [message] = space.shown()
    message["channel"] = "C1"
    space.press(message, "offer_", 0, user="U456")
    space.api.until(lambda: bool(space.api.to("/api/chat.postEphemeral")))
    whispered = space.api.to("/api/chat.postEphemeral")[0].json
    assert (whispered["user"], whispered["text"][:26]) == ("U456", "You have no such proposal.")
    space.press(message, "offer_", 1, at="2")
    assert "Nothing was done." in json.dumps(space.shown(3))
    assert [entry.action for entry in space.bot.service.state.audit_entries()][-1] == "decline"


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
