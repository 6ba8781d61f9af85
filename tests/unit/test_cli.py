"""The command line: what goes in, what comes out, and with which exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import agent.open
from agent.contracts import Answer, Question
from agent.interfaces.cli import COMMANDS, cli
from db.errors import ShopOpsError, StoreMissing
from tests.unit.answers import FakeAnalyst, answer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def analyst(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAnalyst]:
    fake = FakeAnalyst()
    monkeypatch.setattr(agent.open, "open_analyst", lambda *args, **options: fake, raising=False)
    yield fake
    assert fake.closed == bool(fake.asked)


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, args, input=stdin)


def failing(error: Exception) -> FakeAnalyst:
    def reply(question: Question, cancel: threading.Event) -> Answer:
        raise error

    return FakeAnalyst(reply)


def test_every_command_is_there_and_shows_an_example() -> None:
    for name in COMMANDS:
        for option in ("--help", "-h"):
            shown = run(name, option)
            assert shown.exit_code == 0, (name, option, shown.output)
            assert f"shopops {name}" in shown.stdout.partition("Example")[2]


def test_help_needs_no_heavy_import() -> None:
    heavy = ("pydantic", "duckdb", "sqlalchemy", "rich", "langchain_core", "llama_cpp", "pandas", "sqlglot")
    code = (
        "import sys\nfrom agent.interfaces.cli import cli\n"
        "try: cli.main(['--help'])\nexcept SystemExit: pass\n"
        f"sys.exit(str([m for m in {heavy} if m in sys.modules]) if any(m in sys.modules for m in {heavy}) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.usefixtures("analyst")
def test_an_answer_is_shown_with_its_evidence() -> None:
    shown = run("ask", "Revenue by department in 2017?")
    assert shown.exit_code == 0
    for part in ("Grocery led with $2,315,299.04.", "$596,582.78", "evidence e1", "local:qwen2.5-coder-1.5b"):
        assert part in shown.stdout
    assert "\x1b" not in shown.stdout


def test_words_need_no_quotes_and_options_reach_the_question(analyst: FakeAnalyst) -> None:
    shown = run("ask", "revenue", "last", "month", "--as-of", "2017-06-01", "--conversation", "c1", "--store", "other")
    asked = analyst.asked[0]
    assert shown.exit_code == 0
    assert (asked.text, asked.as_of, asked.conversation, asked.store) == (
        "revenue last month",
        date(2017, 6, 1),
        "c1",
        "other",
    )


def test_a_question_from_standard_input(analyst: FakeAnalyst) -> None:
    assert run("ask", "-", stdin="上个月的销售额？\n").exit_code == 0
    assert analyst.asked[0].text == "上个月的销售额？"


@pytest.mark.usefixtures("analyst")
def test_json_is_one_object() -> None:
    shown = run("ask", "revenue", "--json")
    assert json.loads(shown.stdout)["status"] == "answered"


@pytest.mark.usefixtures("analyst")
def test_explain_tells_how_it_came_about() -> None:
    shown = run("ask", "revenue", "--explain").stdout
    for part in (
        "query_metrics",
        "Sum of sales values.",
        "GROUP BY\n",
        "2017-01-01 ≤ day < 2018-01-01",
        "execute 85 ms",
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["ask"], "The question is empty."),
        (["ask", "  "], "The question is empty."),
        (["ask", "caf\udce9"], "not UTF-8"),
        (["ask", "x", "--as-of", "2017-02-30"], "--as-of '2017-02-30' is not a date. Write it as YYYY-MM-DD."),
        (["ask", "x", "--frob"], "No such option"),
        (["ask", "--batch", "in.jsonl"], "--batch takes --out"),
        (["ask", "x", "--out", "out.jsonl"], "belong to --batch"),
        (["ask", "--batch", "none.jsonl", "--out", "out.jsonl"], "none.jsonl cannot be read"),
        (["model", "use", "gpt"], "names no model"),
        (["frob"], "No such command 'frob'"),
    ],
)
def test_used_wrongly_is_one_line_and_status_2(args: list[str], says: str) -> None:
    shown = run(*args)
    assert shown.exit_code == 2
    assert says in shown.stderr
    assert shown.stderr.startswith("Error: ")
    assert shown.stderr.count("\n") == 1
    assert shown.stdout == ""


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "clarify"}, 0),
        ({"status": "out_of_scope"}, 0),
        ({"status": "refused", "error": "sql_refused", "exit_status": 1}, 1),
        ({"status": "failed", "error": "store_timeout", "exit_status": 1}, 1),
        ({"status": "failed", "error": "as_of", "exit_status": 2}, 2),
    ],
)
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_exit_status_follows_the_answer(
    analyst: FakeAnalyst, changes: dict[str, str], status: int, option: list[str]
) -> None:
    analyst.reply = lambda question, cancel: replace(answer(), **changes)  # type: ignore[arg-type]
    shown = run("ask", "revenue", *option)
    assert shown.exit_code == status
    if status and not option:
        assert (shown.stdout, shown.stderr) == ("", f"Error: {answer().text}\n")


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_missing_store_is_one_line_with_the_command_that_helps(
    monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    def missing(*args: object, **options: object) -> FakeAnalyst:
        raise StoreMissing("There is no store 'journey' yet.", "Run: shopops load journey")

    monkeypatch.setattr(agent.open, "open_analyst", missing, raising=False)
    shown = run("ask", "revenue", *option)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == "Error: There is no store 'journey' yet. Run: shopops load journey\n"


def test_a_fault_of_ours_goes_into_the_log_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = failing(RuntimeError("secret detail"))
    monkeypatch.setattr(agent.open, "open_analyst", lambda *args, **options: fake, raising=False)
    shown = run("ask", "revenue")
    log = tmp_path / "cache" / "shopops.log"
    assert shown.exit_code == 1
    assert shown.stderr == f"Error: something went wrong in ShopOps (internal). Details are in {log}\n"
    assert "secret detail" not in shown.output
    assert "RuntimeError: secret detail" in log.read_text("utf-8")


def test_a_fault_is_said_even_where_no_log_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(agent.open, "open_analyst", lambda *a, **o: failing(RuntimeError("x")), raising=False)
    shown = run("ask", "revenue")
    assert shown.exit_code == 1
    assert shown.stderr.count("\n") == 1
    assert "The log could not be written" in shown.stderr


def test_terminal_controls_in_an_answer_do_not_reach_the_terminal(analyst: FakeAnalyst) -> None:
    analyst.reply = lambda question, cancel: replace(answer(), text="a\x1b]0;owned\x07b\u202ec", facts=())
    shown = run("ask", "revenue")
    assert "a]0;ownedbc" in shown.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(shown.stdout)


def test_model_use_keeps_the_rest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config" / "shopops" / "shopops.toml"
    path.parent.mkdir(parents=True)
    path.write_text("# mine\nthreads = 2\n", "utf-8")
    shown = run("model", "use", "local:qwen2.5-coder-0.5b")
    assert shown.exit_code == 0
    assert "shopops model pull qwen2.5-coder-0.5b" in shown.stdout
    assert path.read_text("utf-8") == '# mine\nthreads = 2\nmodel = "local:qwen2.5-coder-0.5b"\n'
    assert "in use: local:qwen2.5-coder-0.5b" in run("model", "list").stdout


def test_model_use_says_what_counts_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPOPS_MODEL", "hosted:big")
    shown = run("model", "use", "local:qwen2.5-coder-1.5b")
    assert "SHOPOPS_MODEL says hosted:big" in shown.stderr


def test_an_unknown_model_is_refused_and_nothing_written(tmp_path: Path) -> None:
    shown = run("model", "use", "local:nope")
    assert shown.exit_code == 1
    assert "The catalogue has no model 'nope'. It has: qwen2.5-coder-1.5b" in shown.stderr
    assert not (tmp_path / "config" / "shopops").exists()


def test_a_damaged_copy_of_a_model_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(b"GGUF")
    shown = run("model", "pull", "--from", str(copy))
    assert shown.exit_code == 1
    assert "its hash differs" in shown.stderr


def test_doctor_names_what_is_missing_and_the_command_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPOPS_API_KEY", "sk-do-not-show")
    monkeypatch.setenv("SHOPOPS_MODLE", "x")
    monkeypatch.setenv("COLUMNS", "200")
    shown = run("doctor")
    assert shown.exit_code == 1
    for part in (
        "shopops load journey",
        "shopops model pull",
        "SHOPOPS_API_KEY",
        "SHOPOPS_MODLE is set, but is no setting",
    ):
        assert part in shown.stdout
    assert "sk-do-not-show" not in shown.output


def test_doctor_needs_an_address_for_a_hosted_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPOPS_MODEL", "hosted:big")
    monkeypatch.setenv("COLUMNS", "200")
    assert "set SHOPOPS_BASE_URL" in run("doctor").stdout
    monkeypatch.setenv("SHOPOPS_BASE_URL", "http://127.0.0.1:9/v1")
    assert "hosted:big at http://127.0.0.1:9/v1, without a key" in run("doctor").stdout


def test_a_wrong_setting_stops_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPOPS_THREADS", "many")
    for args in (["ask", "x"], ["doctor"], ["model", "list"], ["load", "journey"]):
        shown = run(*args)
        assert shown.exit_code == 2
        assert "'threads' (SHOPOPS_THREADS)" in shown.stderr


def test_a_store_that_is_current_is_not_loaded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import db.sources.journey as journey

    loads: list[Path] = []
    report = journey.LoadReport(Path("x"), {"t": 2_000}, 3_000_000, 4.2, "f")
    monkeypatch.setattr(journey, "load_journey", lambda target, tell, loaded_at: loads.append(target) or report)
    monkeypatch.setattr(journey, "is_current", lambda target: bool(loads))
    assert "Loaded the store journey: 2,000 rows, 3 MB, in 4 s." in run("load", "journey").stdout
    assert run("load", "journey").stdout == "The store journey is loaded already.\n"
    assert len(loads) == 1
    assert run("load", "journey", "--force").exit_code == 0
    assert len(loads) == 2


def test_feedback_on_an_unknown_answer_is_used_wrongly() -> None:
    shown = run("feedback", "up", "q404")
    assert (shown.exit_code, shown.stderr.count("\n")) == (2, 1)
    assert "There is no answer 'q404'." in shown.stderr


def test_errors_keep_to_one_line() -> None:
    @click.command()
    def broken() -> None:
        raise ShopOpsError("two\nlines\x1b[31m", "and a hint.")

    import agent.interfaces.cli.group as group

    lazy = group.LazyGroup({"broken": ("nowhere:broken", "")}, name="x")
    lazy.get_command = lambda ctx, name: broken  # type: ignore[method-assign]
    shown = CliRunner().invoke(lazy, ["broken"])
    assert (shown.exit_code, shown.stderr) == (1, "Error: two lines[31m and a hint.\n")


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    program = (
        "import agent.open\nfrom tests.unit.answers import FakeAnalyst, answer\n"
        "from dataclasses import replace\nfrom agent.interfaces.cli import main\n"
        "fake = FakeAnalyst(lambda q, c: replace(answer(), text='word ' * 200_000))\n"
        "agent.open.open_analyst = lambda *a, **o: fake\nmain()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "ask", "x", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "{\n"
        process.stdout.close()
        assert process.stderr.read() == ""
