"""The audit trail: nobody changes, takes out or moves an entry unseen."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import StoreDamaged
from db.state import State
from db.state.audit import FIRST, AuditEntry, check_chain, payload_text, sealed

NOW = datetime(2017, 12, 31, 9, 30, tzinfo=UTC)
KEY = b"k" * 32
said = st.text(max_size=12)


def chain(contents: list[tuple[str, str]]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number, (who, payload) in enumerate(contents, 1):
        previous = entries[-1].hash if entries else FIRST
        entries.append(sealed(KEY, number, who, "ask", payload, "2017-12-31", previous))
    return entries


chains = st.lists(st.tuples(said, said), min_size=2, max_size=8).map(chain)


@given(chains)
def test_a_chain_as_written_is_whole(entries: list[AuditEntry]) -> None:
    report = check_chain(KEY, entries)
    assert report.whole
    assert report.entries == len(entries)


@given(chains, st.data())
def test_a_changed_entry_is_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from(["who", "action", "payload", "created_at"]))
    entries[i] = replace(entries[i], **{name: getattr(entries[i], name) + "x"})
    report = check_chain(KEY, entries)
    assert not report.whole
    assert report.broken_at == i + 1


@given(chains, st.data())
def test_an_entry_taken_out_of_the_middle_is_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(entries) - 2))
    del entries[i]
    renumbered = [replace(entry, number=n) for n, entry in enumerate(entries, 1)]
    assert check_chain(KEY, entries).broken_at == i + 1
    assert check_chain(KEY, renumbered).broken_at == i + 1


@given(chains, st.data())
def test_two_entries_that_changed_places_are_found(entries: list[AuditEntry], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(entries) - 2))
    entries[i], entries[i + 1] = entries[i + 1], entries[i]
    renumbered = [replace(entry, number=n) for n, entry in enumerate(entries, 1)]
    assert check_chain(KEY, renumbered).broken_at == i + 1


@given(chains)
def test_a_chain_of_another_key_is_not_ours(entries: list[AuditEntry]) -> None:
    assert check_chain(b"x" * 32, entries).broken_at == 1


def test_a_payload_is_canonical_and_masked_at_every_depth() -> None:
    text = payload_text({"b": ["ann@example.com", {"c": "513-555-0142"}], "a": 1, "day": NOW.date()})
    assert json.loads(text) == {"a": 1, "b": ["[email]", {"c": "[phone]"}], "day": "2017-12-31"}
    assert text.index('"a"') < text.index('"b"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with State.open(None, tmp_path) as state:
        for n in range(4):
            state.append_audit("ann", "ask", {"n": n}, NOW)
        assert state.verify_chain().whole
    return tmp_path


def meddle(folder: Path, *statements: str) -> None:
    direct = sqlite3.connect(folder / "state.sqlite")
    with direct:
        for statement in statements:
            direct.execute(statement)
    direct.close()


@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET who = 'bob'"])
def test_the_database_itself_refuses_changes(folder: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only appended"):
        meddle(folder, statement)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET payload = '{\"n\":9}' WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("UPDATE audit SET number = CASE number WHEN 2 THEN 30 WHEN 3 THEN 2 ELSE number END", 2),
    ],
)
def test_meddling_past_the_triggers_is_found(folder: Path, statement: str, broken_at: int) -> None:
    meddle(folder, "DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", statement)
    with State.open(None, folder) as state:
        report = state.verify_chain()
    assert (report.whole, report.broken_at) == (False, broken_at)
    assert report.why


def test_the_key_is_its_owners_only(folder: Path) -> None:
    key = folder / "audit.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with State.open(None, folder) as state:
        state.append_audit("ann", "ask", {}, NOW)
    assert key.stat().st_mode & 0o777 == 0o600
    assert not list(folder.glob(".audit.key.*"))


@pytest.mark.parametrize(
    ("content", "sentence"), [(None, "gone"), ("", "cut short"), ("ab", "cut short"), ("zz", "not a key")]
)
def test_a_lost_key_is_never_replaced_in_silence(folder: Path, content: str | None, sentence: str) -> None:
    key = folder / "audit.key"
    key.unlink() if content is None else key.write_text(content)
    with State.open(None, folder) as state:
        with pytest.raises(StoreDamaged, match=sentence):
            state.append_audit("ann", "ask", {}, NOW)
        with pytest.raises(StoreDamaged, match=sentence):
            state.verify_chain()
