"""Users, tokens and sessions: who is let in, until when, and what the trail says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.contracts import Principal
from agent.principals import principal_named
from db.errors import UsageError
from db.semantic.query import Filter
from db.state import State
from db.state.accounts import Accounts
from db.state.tokens import IDLE, LONGEST, Tokens

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
PASSWORD = "correct horse battery"
ONLY = (Filter(dimension="department", values=("GROCERY",)),)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Desk:
    state: State
    clock: Clock
    accounts: Accounts
    tokens: Tokens


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = Clock()
    with State.open(None, tmp_path) as state:
        yield Desk(state, clock, Accounts(state, clock), Tokens(state, clock))


def actions(desk: Desk) -> list[tuple[str, str]]:
    return [(entry.who, entry.action) for entry in desk.state.audit_entries()]


def test_a_password_lets_its_user_in_and_nobody_else(desk: Desk) -> None:
    desk.accounts.add("Li.Wei", "analyst", PASSWORD)
    found = desk.accounts.check("  li.WEI ", PASSWORD)
    assert found is not None
    assert (found.name, found.role, found.may_see_pii) == ("li.wei", "analyst", False)
    for name, password in (("li.wei", PASSWORD + "."), ("li.wei", ""), ("ann", PASSWORD), ("", PASSWORD), ("\0", "x")):
        assert desk.accounts.check(name, password) is None
    assert desk.accounts.check("li.wei", "x" * 100_000) is None


def test_a_password_is_one_whatever_keyboard_typed_it(desk: Desk) -> None:
    desk.accounts.add("ann", "viewer", "ｐａｓｓｗｏｒｄ caf\u00e9 1")
    assert desk.accounts.check("ann", "password cafe\u0301 1") is not None


def test_unknown_users_are_compared_as_well(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    desk.accounts.add("ann", "viewer", PASSWORD)
    desk.accounts.add("tokens.only", "viewer")
    desk.accounts.add("gone", "viewer", PASSWORD)
    desk.accounts.disable("gone")
    compared: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, stored: str, password: str) -> bool:
        compared.append(stored.split("$")[3])
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in ("ann", "nobody", "tokens.only", "gone", "not a name!"):
        assert desk.accounts.check(name, "wrong") is None
    assert len(compared) == 5
    assert len(set(compared)) == 1  # the same work each time


@pytest.mark.parametrize(
    "password", ["short", "x" * 201, "            ", "annannannann", "aaaaaaaaaaaaaaaa", "line\nbreak 12345"]
)
def test_passwords_that_will_not_do(desk: Desk, password: str) -> None:
    with pytest.raises(UsageError):
        desk.accounts.add("ann", "viewer", password)
    assert not desk.accounts.any()


@pytest.mark.parametrize("name", ["operator", "Operator", "", "a b", "slack:u1", "../x", "x" * 65, "<script>"])
def test_names_that_are_none(desk: Desk, name: str) -> None:
    with pytest.raises(UsageError):
        desk.accounts.add(name, "viewer")


def test_a_name_is_taken_once(desk: Desk) -> None:
    desk.accounts.add("ann", "viewer")
    with pytest.raises(UsageError, match="already"):
        desk.accounts.add("ANN", "admin")


def test_nothing_secret_is_stored(desk: Desk, tmp_path: Path) -> None:
    desk.accounts.add("ann", "viewer", PASSWORD)
    token = desk.tokens.create("ann", "script", None)
    ann = desk.accounts.get("ann")
    session = desk.tokens.open_session(ann)
    with sqlite3.connect(tmp_path / "state.sqlite") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    for secret in (PASSWORD, token, token.removeprefix("so_"), session, session.removeprefix("ss_")):
        assert secret not in dump
    assert "$argon2id$" in dump


def test_a_token_has_its_users_rights_until_it_expires_or_is_revoked(desk: Desk) -> None:
    desk.accounts.add("ann", "viewer", None, ONLY, may_see_pii=True)
    short, long = desk.tokens.create("ann", "short", timedelta(days=1)), desk.tokens.create("ann", "long", None)
    user = desk.tokens.user(short, "api")
    assert user is not None
    assert (user.name, user.role, user.row_filters, user.may_see_pii) == ("ann", "viewer", ONLY, True)
    desk.clock.later(days=1)
    assert desk.tokens.user(short, "api") is None
    assert desk.tokens.user(long, "api") is not None
    desk.tokens.revoke(desk.tokens.list("ann")[1].id)
    assert desk.tokens.user(long, "api") is None
    assert [token.label for token in desk.tokens.list()] == ["short"]


def test_rights_that_change_hold_at_once(desk: Desk) -> None:
    desk.accounts.add("ann", "analyst")
    token = desk.tokens.create("ann", "script", None)
    desk.accounts.set_rights("ann", role="viewer", row_filters=ONLY)
    user = desk.tokens.user(token, "api")
    assert user is not None
    assert (user.role, user.row_filters) == ("viewer", ONLY)
    desk.accounts.disable("ann")
    assert desk.tokens.user(token, "api") is None
    desk.accounts.disable("ann", disabled=False)
    assert desk.tokens.user(token, "api") is not None


def test_a_session_ends_when_idle_and_at_the_latest_after_a_week(desk: Desk) -> None:
    ann = desk.accounts.add("ann", "viewer", PASSWORD)
    idle, used = desk.tokens.open_session(ann), desk.tokens.open_session(ann)
    for _ in range(13):
        desk.clock.later(hours=11)
        assert desk.tokens.user(used, "session") is not None
    assert desk.clock.now - START > IDLE
    assert desk.tokens.user(idle, "session") is None
    desk.clock.later(hours=11)
    assert desk.clock.now - START < LONGEST
    assert desk.tokens.user(used, "session") is not None
    desk.clock.later(hours=11)
    assert desk.tokens.user(used, "session") is not None
    desk.clock.later(hours=4)
    assert desk.tokens.user(used, "session") is None


def test_another_password_ends_sessions_and_spares_tokens(desk: Desk) -> None:
    ann = desk.accounts.add("ann", "viewer", PASSWORD)
    session, token = desk.tokens.open_session(ann), desk.tokens.create("ann", "script", None)
    desk.accounts.set_password("ann", "another good password")
    assert desk.tokens.user(session, "session") is None
    assert desk.tokens.user(token, "api") is not None
    assert desk.accounts.check("ann", PASSWORD) is None
    assert desk.accounts.check("ann", "another good password") is not None
    session = desk.tokens.open_session(ann)
    desk.accounts.disable("ann")
    desk.accounts.disable("ann", disabled=False)
    assert desk.tokens.user(session, "session") is None


def test_a_session_is_no_token_and_a_token_no_session(desk: Desk) -> None:
    ann = desk.accounts.add("ann", "viewer")
    session, token = desk.tokens.open_session(ann), desk.tokens.create("ann", "script", None)
    assert desk.tokens.user(session, "api") is None
    assert desk.tokens.user(token, "session") is None
    assert desk.tokens.user("so_" + session.removeprefix("ss_"), "api") is None
    for nonsense in ("", "so_", "so_\udcff", "so_" + "x" * 10_000):
        assert desk.tokens.user(nonsense, "api") is None


def test_whoever_gets_a_removed_users_name_inherits_nothing(desk: Desk) -> None:
    desk.accounts.add("ann", "viewer")
    token = desk.tokens.create("ann", "script", None)
    turn = {"conversation": "c1", "principal": "ann", "store": "journey", "answer_id": "a1", "question": "revenue"}
    desk.state.add_turn(
        **turn, language="en", calls=[("query_metrics", {"metrics": ["revenue"]})], status="answered", created_at=START
    )
    desk.accounts.remove("ann")
    assert desk.tokens.user(token, "api") is None
    desk.accounts.add("ann", "viewer")
    assert desk.state.last_calls("c1", "ann") == ()
    assert desk.state.turn("a1") is None


def test_everything_is_in_the_trail(desk: Desk) -> None:
    ann = desk.accounts.add("ann", "viewer", PASSWORD)
    desk.accounts.set_password("ann", "another good password", by="boss")
    desk.accounts.set_rights("ann", "analyst")
    desk.tokens.create("ann", "script", None)
    desk.tokens.revoke(1)
    desk.tokens.close_session(desk.tokens.open_session(ann))
    desk.accounts.disable("ann")
    desk.accounts.remove("ann")
    assert actions(desk) == [
        ("operator", "user_add"),
        ("boss", "user_password"),
        ("operator", "user_rights"),
        ("operator", "token_create"),
        ("operator", "token_revoke"),
        ("ann", "sign_in"),
        ("ann", "sign_out"),
        ("operator", "user_disable"),
        ("operator", "user_remove"),
    ]
    assert desk.state.verify_chain().whole
    assert "another good" not in "".join(entry.payload for entry in desk.state.audit_entries())


def test_a_change_that_fails_is_not_in_the_trail(desk: Desk) -> None:
    desk.accounts.add("ann", "viewer")
    for change in (lambda: desk.accounts.add("ann", "admin"), lambda: desk.tokens.revoke(7)):
        with pytest.raises(UsageError):
            change()
    assert actions(desk) == [("operator", "user_add")]


def test_what_runs_later_has_the_rights_of_then(desk: Desk) -> None:
    assert principal_named(desk.state, "operator") == Principal()
    assert principal_named(desk.state, "ann") is None
    desk.accounts.add("ann", "viewer", None, ONLY)
    assert principal_named(desk.state, "ann") == Principal("ann", "viewer", ONLY, False)
    desk.accounts.disable("ann")
    assert principal_named(desk.state, "ann") is None
