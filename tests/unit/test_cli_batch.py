"""Batches: every line gets its answer, and nothing is lost when one is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import agent.open
from agent.contracts import Answer, Question
from agent.interfaces.cli import cli
from tests.unit.answers import FakeAnalyst, answer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def batch(
    monkeypatch: pytest.MonkeyPatch, lines: list[Any], *options: str, fake: FakeAnalyst | None = None
) -> tuple[Result, FakeAnalyst]:
    fake = fake or FakeAnalyst()
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    Path("in.jsonl").write_text(text, "utf-8")
    monkeypatch.setattr(agent.open, "open_analyst", lambda *args, **kwargs: fake, raising=False)
    return CliRunner().invoke(cli, ["ask", "--batch", "in.jsonl", "--out", "out.jsonl", *options]), fake


def written(path: str = "out.jsonl") -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def asks(*ids: str) -> list[dict[str, str]]:
    return [{"id": name, "question": f"revenue {name}?"} for name in ids]


def test_every_line_is_answered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        {"id": 1, "question": "销售额？", "lang": "zh"},
        {"id": "b", "question": "orders?", "conversation": "c"},
        "",
    ]
    shown, fake = batch(monkeypatch, lines)
    assert shown.exit_code == 0
    assert [(a["id"], a["question"]) for a in written()] == [("1", "销售额？"), ("b", "orders?")]
    assert [question.conversation for question in fake.asked] == [None, "c"]
    assert "2 lines: 2 answered → out.jsonl" in shown.stderr
    assert sorted(path.name for path in Path().glob("out*")) == ["out.jsonl"]
    assert fake.closed


@pytest.mark.parametrize(
    ("line", "name", "says"),
    [
        ("{nonsense", "line-2", "It is not JSON"),
        ("[1]", "line-2", "It is not an object"),
        ({"question": "x"}, "line-2", 'Its "id" is missing'),
        ({"id": True, "question": "x"}, "line-2", 'Its "id"'),
        ({"id": "b"}, "b", 'Its "question" is missing'),
        ({"id": "b", "question": 3}, "b", 'Its "question"'),
        ({"id": "b", "question": " "}, "b", 'Its "question" is empty'),
        ({"id": "b", "question": "x", "conversation": []}, "b", 'Its "conversation" is not text'),
        ({"id": "b", "question": "x", "lang": "fr"}, "b", 'Its "lang" is neither'),
        ('{"id": "b", "question": "\\ud800"}', "b", "It holds half a character"),
    ],
)
def test_a_bad_line_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch, line: Any, name: str, says: str) -> None:
    shown, fake = batch(monkeypatch, [*asks("a"), line, *asks("c")])
    assert shown.exit_code == 1
    assert [a["id"] for a in written()] == ["a", name, "c"]
    assert (written()[1]["status"], written()[1]["error"]) == ("failed", "usage")
    assert f"Line 2 cannot be read: {says}" in written()[1]["text"]
    assert len(fake.asked) == 2


def test_a_failed_answer_makes_the_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeAnalyst(lambda question, cancel: replace(answer(), id=question.id, status="failed", exit_status=1))
    shown, _ = batch(monkeypatch, asks("a"), fake=fake)
    assert shown.exit_code == 1
    assert "1 failed" in shown.stderr


def test_two_lines_with_one_id_are_refused_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, fake = batch(monkeypatch, asks("a", "b", "a"))
    assert shown.exit_code == 2
    assert "lines 1 and 3 have the same id 'a'" in shown.stderr
    assert fake.asked == []
    assert not list(Path().glob("out*"))


def test_a_folder_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("in.jsonl").write_text(json.dumps(asks("a")[0]), "utf-8")
    shown = CliRunner().invoke(cli, ["ask", "--batch", "in.jsonl", "--out", "none/out.jsonl"])
    assert shown.exit_code == 2
    assert "none/out.jsonl cannot be written" in shown.stderr


def test_an_unfinished_run_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out.jsonl.part").write_text(json.dumps({"id": "a", "question": "revenue a?", "status": "answered"}), "utf-8")
    shown, fake = batch(monkeypatch, asks("a", "b"))
    assert shown.exit_code == 2
    assert "--resume" in shown.stderr
    assert fake.asked == []


def test_resume_keeps_what_was_finished_and_asks_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"id": "b", "question": "revenue b?", "status": "answered", "text": "kept"}
    other = {"id": "c", "question": "another question then", "status": "answered"}
    half = json.dumps({"id": "d", "question": "revenue d?", "status": "answered"})[:-9]
    Path("out.jsonl.part").write_text("\n".join([json.dumps(kept), json.dumps(other), half]), "utf-8")
    shown, fake = batch(monkeypatch, asks("a", "b", "c", "d"), "--resume")
    assert shown.exit_code == 0
    assert [question.id for question in fake.asked] == ["a", "c", "d"]
    assert [a["id"] for a in written()] == ["a", "b", "c", "d"]
    assert written()[1]["text"] == "kept"


def test_a_conversation_that_was_cut_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{**line, "conversation": "k"} for line in asks("a", "b")] + asks("c")
    done = [{"id": n, "question": f"revenue {n}?", "status": "answered"} for n in ("a", "c")]
    Path("out.jsonl.part").write_text("".join(json.dumps(line) + "\n" for line in done), "utf-8")
    _, fake = batch(monkeypatch, lines, "--resume")
    assert [question.id for question in fake.asked] == ["a", "b"]


def test_resume_without_an_earlier_run_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, _ = batch(monkeypatch, asks("a"), "--resume")
    assert (shown.exit_code, len(written())) == (0, 1)


SLOW = """
import agent.open
from dataclasses import replace
from tests.unit.answers import FakeAnalyst, answer
from agent.interfaces.cli import main

def reply(question, cancel):
    if question.id == "c":
        print("waiting", flush=True)
        cancel.wait(60)
    return replace(answer(question.text), id=question.id)

fake = FakeAnalyst(reply)
agent.open.open_analyst = lambda *args, **options: fake
main()
"""


def test_ctrl_c_keeps_the_finished_lines_and_resume_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("in.jsonl").write_text("\n".join(json.dumps(line) for line in asks("a", "b", "c", "d")), "utf-8")
    command = [sys.executable, "-c", SLOW, "ask", "--batch", "in.jsonl", "--out", "out.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.splitlines()[-2:] == ["Finished answers are kept in out.jsonl.part; add --resume to go on.", "Stopped."]
    assert "Traceback" not in said
    assert [a["id"] for a in written("out.jsonl.part")] == ["a", "b"]
    shown, fake = batch(monkeypatch, asks("a", "b", "c", "d"), "--resume")
    assert shown.exit_code == 0
    assert [question.id for question in fake.asked] == ["c", "d"]
    assert [a["id"] for a in written()] == ["a", "b", "c", "d"]


def test_ctrl_c_sets_the_cancel_event(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    main = threading.main_thread().ident

    def reply(question: Question, cancel: threading.Event) -> Answer:
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        seen.append(cancel.wait(20))
        return answer()

    shown, fake = batch(monkeypatch, asks("a"), fake=FakeAnalyst(reply))
    assert (shown.exit_code, seen, fake.closed) == (130, [True], True)
