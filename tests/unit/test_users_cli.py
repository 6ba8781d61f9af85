"""``shopops user`` and ``shopops token``."""

from __future__ import annotations

from pathlib import Path

import pexpect
import pytest
from click.testing import CliRunner, Result

from agent.interfaces.cli import cli
from db.state import State
from db.state.accounts import Accounts
from db.state.tokens import Tokens

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)


def run(*args: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, args, input=stdin)


def test_from_the_first_user_on_everyone_signs_in(tmp_path: Path) -> None:
    assert "There is no user" in run("user", "list").stdout
    added = run("user", "add", "Ann", "--role", "analyst", "--pii", stdin=f"{PASSWORD}\n")
    assert added.exit_code == 0
    assert "Added ann: analyst, sees everything, with personal data." in added.stdout
    assert "From now on" in added.stdout
    assert "From now on" not in run("user", "add", "bob", "--no-password").stdout
    shown = run("user", "list").stdout
    assert [word in shown for word in ("ann", "analyst", "bob", "viewer", "token")] == [True] * 5
    with State.open(None, tmp_path / "data") as state:
        assert Accounts(state).check("ann", PASSWORD) is not None
    gone = run("user", "remove", "ann", "--yes")
    assert "No user is left" not in gone.stdout
    assert "No user is left" in run("user", "remove", "bob", "--yes").stdout


def test_a_password_is_never_an_argument_and_never_shown() -> None:
    refused = run("user", "add", "ann", "--password", PASSWORD)
    assert refused.exit_code == 2
    assert "No such option" in refused.stderr
    assert "No password came" in run("user", "add", "ann").stderr
    assert PASSWORD not in run("user", "add", "ann", stdin=f"{PASSWORD}\n").output
    assert PASSWORD not in run("user", "password", "ann", stdin=f"{PASSWORD}\n").output


def test_a_terminal_asks_twice_and_shows_nothing(tmp_path: Path) -> None:
    import os
    import sys

    code = "from agent.interfaces.cli import main; main()"
    root = str(Path(__file__).resolve().parents[2])
    child = pexpect.spawn(
        sys.executable, ["-c", code, "user", "add", "ann"], env={**os.environ, "PYTHONPATH": root}, cwd=root, timeout=30
    )
    child.expect("Password for ann: ")
    child.sendline(PASSWORD)
    child.expect("Repeat for confirmation: ")
    child.sendline(PASSWORD)
    child.expect("Added ann")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert PASSWORD.encode() not in (child.before or b"")


def test_only_takes_members_of_the_store(monkeypatch: pytest.MonkeyPatch, journey_folder: Path) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(journey_folder))
    for only, says in (
        ("department=GROCERRY", "no member 'GROCERRY'; did you mean 'GROCERY'?"),
        ("departmint=GROCERY", "did you mean 'department'?"),
        ("month=2017-01", "cannot limit a user"),
        ("department", "is no condition"),
    ):
        refused = run("user", "add", "ann", "--no-password", "--only", only)
        assert refused.exit_code != 0
        assert says in refused.stderr
    added = run(
        "user", "add", "ann", "--no-password", "--only", 'department=GROCERY,"DRUG GM"', "--only", "department!=MEAT"
    )
    assert "sees department=GROCERY,DRUG GM; department!=MEAT" in added.stdout
    assert "sees everything" in run("user", "role", "ann", "viewer", "--everything").stdout
    assert run("user", "remove", "ann", "--yes").exit_code == 0


def test_a_token_is_shown_once(tmp_path: Path) -> None:
    run("user", "add", "ann", "--no-password")
    made = run("token", "create", "ann", "--label", "weekly report")
    token = made.stdout.strip()
    with State.open(None, tmp_path / "data") as state:
        user = Tokens(state).user(token, "api")
    assert user is not None
    assert user.name == "ann"
    listed = run("token", "list")
    assert "weekly report" in listed.stdout
    assert token not in listed.stdout
    assert "Revoked the token 'weekly report' of ann." in run("token", "revoke", "1").stdout
    assert run("token", "list").stdout == "There is no token.\n"
    assert run("token", "revoke", "1").exit_code == 2


def test_disable_and_enable() -> None:
    run("user", "add", "ann", "--no-password")
    assert run("user", "disable", "ann").exit_code == 0
    assert "disabled" in run("user", "list").stdout
    assert run("user", "enable", "ann").exit_code == 0
    assert "disabled" not in run("user", "list").stdout
    assert run("user", "disable", "bob").exit_code == 2
