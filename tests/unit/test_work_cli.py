"""``shopops schedule``, ``alert``, ``outbox``, ``confirm`` and ``decline``, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.contracts import Question
from agent.delivery.message import Message
from agent.delivery.outbox import Outbox
from agent.interfaces.cli import cli
from agent.memory import Memory
from db.errors import DeliveryRefused
from db.semantic.schema import Text
from db.state import State
from tools.registry import Proposed


@pytest.fixture
def folder(journey_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    (made / "stores").symlink_to(journey_folder / "stores")
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(made))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SHOPOPS_TIMEZONE", "Asia/Shanghai")
    monkeypatch.setenv("SHOPOPS_CHANNELS", json.dumps({"ops": {"kind": "folder", "called": ["运营群"]}}))
    monkeypatch.setenv("COLUMNS", "200")
    return made


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(words), input=typed)


def test_a_schedule_from_first_to_last(folder: Path) -> None:
    assert "Nothing is scheduled" in run("schedule", "list").output
    assert "runs first at" in run("schedule", "add", "brief", "0 8 * * 1", "--channel", "ops").output
    shown = run("schedule", "list").output
    assert "every Monday at 08:00 (Asia/Shanghai)" in shown
    assert "08:00" in shown
    assert "is paused" in run("schedule", "pause", "1").output
    assert "paused" in run("schedule", "list").output
    assert "goes on" in run("schedule", "pause", "1", "--off").output
    assert run("schedule", "remove", "1").exit_code == 0
    assert "Nothing is scheduled" in run("schedule", "list").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("schedule", "add", "brief", "8 o'clock"), "no cron expression"),
        (("schedule", "add", "brief", "0 8 * * 1", "--timezone", "Peking"), "no time zone"),
        (("schedule", "add", "brief", "0 8 * * 1", "--channel", "eve@evil.example"), "There is no channel"),
        (("schedule", "remove", "7"), "There is no schedule 7"),
        (("schedule", "run", "7"), "There is no schedule 7"),
        (("alert", "remove", "7"), "There is no alert 7"),
        (("alert", "history", "7"), "There is no alert 7"),
        (("alert", "add", "revenue in 2017"), "set no alert"),
        (("alert", "add", "tell me when revenue of zellers passes 5", "--yes"), "zellers"),
        (("outbox", "retry", "7"), "no message 7"),
        (("confirm", "p-1"), "no such proposal"),
        (("decline", "p-1"), "no such proposal"),
    ],
)
def test_used_wrongly_it_says_what_is_wrong(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_an_alert_from_words_to_its_end(folder: Path) -> None:
    assert "There is no alert" in run("alert", "list").output
    declined = run("alert", "add", "日销售额低于2万就通知运营群", typed="n\n")
    assert "最近30天中有27天满足该条件" in declined.output
    assert "Nothing was done" in declined.output
    assert "Alert 1 is set" in run("alert", "add", "日销售额低于2万就通知运营群", typed="y\n").output
    shown = run("alert", "list").output
    assert "revenue below $20,000.00 in a day" in shown
    assert "ops" in shown
    assert "told nothing yet" in run("alert", "history", "1").output
    assert run("alert", "pause", "1").exit_code == run("alert", "remove", "1").exit_code == 0
    assert "There is no alert" in run("alert", "list").output
    with State.open(None, folder) as state:
        assert [entry.action for entry in state.audit_entries()] == ["alert add", "alert pause", "alert remove"]


def test_a_message_that_was_given_up_is_seen_and_sent_after_all(folder: Path) -> None:
    assert "Nothing waits" in run("outbox", "list").output

    def refuse(*_: object) -> None:
        raise DeliveryRefused("The channel is gone.")

    with State.open(None, folder) as state:
        outbox = Outbox(state)
        outbox.put(Message("Hello\x1b[31m", "Hello"), "ops", "k1")
        outbox.send_due(refuse)
    shown = run("outbox", "list").output
    assert "dead" in shown
    assert "The channel is gone." in shown
    assert "\x1b" not in shown
    assert "sent again" in run("outbox", "retry", "1").output
    assert "pending" in run("outbox", "list").output


def test_a_yes_and_a_no_at_the_command_line(folder: Path) -> None:
    payload = {"cron": "0 8 * * 1", "timezone": "UTC", "channels": ["ops"], "language": "zh"}
    with State.open(None, folder) as state:
        proposed = [Proposed("schedule_brief", payload, Text(en="Schedule it?", zh="设置？"))] * 2
        one, two = Memory(state).propose(Question("q1", "send the brief every monday"), proposed)
    assert "Schedule 1 is set" in run("confirm", one.id).output
    assert "done already" in run("confirm", one.id).output
    assert "Nothing was done" in run("decline", two.id).output
    assert run("confirm", two.id).exit_code == 2
