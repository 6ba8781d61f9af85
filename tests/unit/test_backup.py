"""A backup holds the state as it was at one moment, is whole or absent, and opens again."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.interfaces.cli import cli
from db.errors import StoreDamaged, UsageError
from db.state import State
from db.state.backup import back_up

NOW = datetime(2018, 1, 1, 8, tzinfo=UTC)


def asked(folder: Path, count: int) -> State:
    state = State.open(None, folder)
    for n in range(count):
        state.append_audit("ann", "ask", {"n": n}, NOW)
    return state


def test_a_backup_taken_while_the_state_is_open_opens_again_with_its_whole_trail(tmp_path: Path) -> None:
    folder, target = tmp_path / "data", tmp_path / "copy.tar.gz"
    with asked(folder, 5) as state:
        (folder / "handbook" / "journey").mkdir(parents=True)
        (folder / "handbook" / "journey" / "returns.md").write_text("# Returns\n", "utf-8")
        (folder / "stores").mkdir()
        for name in ("acme.yaml", "acme.url", "acme.duckdb"):
            (folder / "stores" / name).write_text("x", "utf-8")
        held = back_up(folder, target, own_database=True)
        assert held == ("state.sqlite", "audit.key", "handbook", "stores/acme.url", "stores/acme.yaml")
        state.append_audit("ann", "ask", {"n": 6}, NOW)
    assert target.stat().st_mode & 0o077 == 0
    again = tmp_path / "again"
    with tarfile.open(target) as archive:
        archive.extractall(again, filter="data")
    with State.open(None, again) as state:
        report = state.verify_chain()
        assert (report.whole, report.entries) == (True, 5)
    assert (again / "handbook" / "journey" / "returns.md").is_file()
    assert list(tmp_path.glob(".copy*")) == []


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "copy.tar.gz"
    target.write_bytes(b"precious")
    with pytest.raises(UsageError, match="is there already"):
        back_up(tmp_path, target, own_database=True)
    assert target.read_bytes() == b"precious"


def test_a_damaged_state_leaves_no_half_backup(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "state.sqlite").write_bytes(b"this is no database" * 500)
    with pytest.raises(StoreDamaged):
        back_up(folder, tmp_path / "copy.tar.gz", own_database=True)
    assert list(tmp_path.iterdir()) == [folder]


def test_the_command_says_what_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "data"))
    asked(tmp_path / "data", 1).close()
    told = CliRunner().invoke(cli, ["backup", str(tmp_path / "b.tar.gz")])
    assert told.exit_code == 0
    assert "state.sqlite, audit.key" in told.stdout
    told = CliRunner().invoke(cli, ["backup", str(tmp_path / "nowhere" / "b.tar.gz")])
    assert told.exit_code == 1
    assert "cannot be written" in told.stderr
