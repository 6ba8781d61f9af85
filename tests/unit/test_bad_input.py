"""Everything that can be wrong with a question, a store or an endpoint: one clear sentence and the right exit status.

Through the real command line on the real data; ``none`` as the model proves that no model was needed to say so.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

import agent.open
from agent.interfaces.cli import cli
from models.llm.scripted import scripted
from tests.flow import form

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SENTENCE = 400


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, journey_folder: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(journey_folder))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(journey_folder / "cache"))
    monkeypatch.setenv("SHOPOPS_STATE_URL", f"sqlite:///{tmp_path}/state.sqlite")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def ask(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["ask", "--no-color", *args], input=stdin)


def planned_as(monkeypatch: pytest.MonkeyPatch, *replies: object) -> None:
    model, _ = scripted(*replies)  # type: ignore[arg-type]
    monkeypatch.setattr(agent.open._ModelOnce, "__call__", lambda _self: model)


def one_sentence(result: Result, status: int) -> str:
    """The one line on stderr; nothing on stdout, no stack trace."""
    assert result.exit_code == status, result.output
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("Error: ")
    assert result.stdout == ""
    assert len(line) < LONGEST_SENTENCE
    assert "Traceback" not in line
    return line


QUESTIONS = [
    ("", 2, "The question is empty"),
    ("   ", 2, "The question is empty"),
    ("???", 2, "The question is empty"),
    ("revenue " * 12_500, 2, "The question has"),
    ("revenue\x00 last month", 2, "control characters"),
    ("revenue \x1b[2J last month", 2, "control characters"),
    ("売上はいくらですか", 2, "English and Chinese only"),
    ("сколько мы продали в декабре", 2, "English and Chinese only"),
    ("كم كانت المبيعات", 2, "English and Chinese only"),
    ("지난달 매출은 얼마입니까", 2, "English and Chinese only"),
    ("combien de ventes avons-nous faites le mois dernier", 2, "English and Chinese only"),
    ("revenue on february 30 2017", 2, "30"),
    ("2017年2月30日的销售额", 2, "30"),
]


@pytest.mark.parametrize(("text", "status", "said"), QUESTIONS, ids=[repr(q[0][:24]) for q in QUESTIONS])
def test_questions_that_cannot_be_read(text: str, status: int, said: str) -> None:
    assert said in one_sentence(ask("-", stdin=text), status)


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (("--as-of", "2016-01-01", "revenue last month"), 2, "2016-01-01 is outside"),
        (("--as-of", "2031-05-05", "revenue last month"), 2, "runs from 2017-01-01 to 2018-01-01"),
        (("--as-of", "yesterday", "revenue"), 2, "is not a date"),
        (("--as-of", "2017-02-30", "revenue"), 2, "is not a date"),
        (("--store", "nowhere", "revenue"), 1, "There is no store 'nowhere'"),
        (("--model", "local:no-such-model", "revenue in december 2017"), 1, "no-such-model"),
        (("--model", "hosted:gpt", "revenue in december 2017"), 2, "needs an endpoint"),
    ],
)
def test_options_that_cannot_be_used(args: tuple[str, ...], status: int, said: str) -> None:
    assert said in one_sentence(ask(*args), status)


NO_FIGURE = [
    ("what is our net promoter scroe", ("out_of_scope", "clarify"), "You can ask for figures such as revenue"),
    ("revenue of departmnt PRODUSE in december 2017", ("answered",), "$26,142.65"),
    ("revenue of Walmart in december 2017", ("out_of_scope",), "You can ask for figures such as revenue"),
    (
        "revenue in 2019",
        ("answered",),
        "There is no data for 2019: the store's data runs from 2017-01-01 to 2018-01-01.",
    ),
    ("2015年的销售额", ("answered",), "2015年没有数据：本店数据范围为2017-01-01至2018-01-01。"),
    ("average order value on 2017-12-25", ("answered",), "cannot be computed: orders were zero."),
    ("2017年12月25日的客单价", ("answered",), "无法计算：订单数为零。"),
    ("revenue in january 2017 compared with the previous month", ("answered",), "There is no data for December 2016"),
    ("2017年12月的销售额和去年同期相比", ("answered",), "2016年12月没有数据，无从比较"),
]


@pytest.mark.parametrize(("text", "statuses", "said"), NO_FIGURE)
def test_questions_without_a_figure(
    text: str, statuses: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = "aov" if "average order" in text or "客单价" in text else "revenue"
    out = form((metric, "none", "out_of_scope")) if statuses != ("answered",) else form((metric, "none"))
    planned_as(monkeypatch, out, out)
    result = ask("--json", text)
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert answer["status"] in statuses
    assert said in answer["text"]
    assert "$0.00" not in answer["text"]


def test_there_is_no_store_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "empty"))
    assert "Run: shopops load journey" in one_sentence(ask("revenue last month"), 1)


def test_the_store_is_damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "journey.duckdb").write_bytes(b"no database" * 1000)
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path))
    assert "shopops load journey" in one_sentence(ask("revenue last month"), 1)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A store that another process holds for writing."""
    (tmp_path / "held" / "stores").mkdir(parents=True)
    file = tmp_path / "held" / "stores" / "journey.duckdb"
    duckdb.connect(str(file)).close()
    code = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield file.parent.parent
        assert holder.stdin is not None
        holder.stdin.close()


def test_the_store_is_locked(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(locked))
    start = time.monotonic()
    line = one_sentence(ask("revenue last month"), 1)
    assert "lock" in line.lower() or "another process" in line.lower()
    assert time.monotonic() - start < 15


def test_the_store_yaml_names_a_column_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = Path(str(files("db") / "stores"))
    wrong = (
        (folder / "journey.yaml")
        .read_text(encoding="utf-8")
        .replace("transactions.sales_value", "transactions.sale_value")
    )
    (tmp_path / "journey.yaml").write_text(wrong, encoding="utf-8")
    words = folder / "journey.words.yaml"
    (tmp_path / words.name).write_bytes(words.read_bytes())
    monkeypatch.setattr("agent.stores.store_yaml", lambda name, settings: tmp_path / "journey.yaml")
    planned_as(monkeypatch, form(("revenue", "none")))
    line = one_sentence(ask("revenue in december 2017"), 2)
    assert "journey.yaml line" in line
    assert "did you mean 'sales_value'" in line


class Endpoint:
    """An OpenAI-compatible address on loopback that does what it is told with every request."""

    def __init__(self, status: int, body: bytes, wait: threading.Event | None = None, **headers: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                if wait is not None:
                    wait.wait(20)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def ask_hosted(monkeypatch: pytest.MonkeyPatch, url: str) -> str:
    for name, value in (("BASE_URL", url), ("API_KEY", "sk-secret-4711"), ("RETRIES", "0"), ("MODEL_SECONDS", "2")):
        monkeypatch.setenv(f"SHOPOPS_{name}", value)
    start = time.monotonic()
    line = one_sentence(ask("--model", "hosted:any", "revenue in december 2017"), 1)
    assert time.monotonic() - start < 15
    assert "sk-secret" not in line
    return line


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_endpoint_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot be reached" in ask_hosted(monkeypatch, f"http://127.0.0.1:{free_port()}/v1")


@pytest.mark.parametrize(
    ("status", "body"),
    [(429, b'{"error":{"message":"slow down"}}'), (500, b"boom"), (401, b'{"error":{"message":"key sk-secret-4711"}}'),
     (200, b"<html>hello</html>"), (200, b'{"choices":[]}'), (404, b"nothing here")],
)  # fmt: skip
def test_the_endpoint_misbehaves(status: int, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(status, body, Content_Type="application/json")
    try:
        ask_hosted(monkeypatch, endpoint.url)
    finally:
        endpoint.close()


def test_the_endpoint_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    endpoint = Endpoint(200, b"{}", release)
    try:
        assert "did not reply" in ask_hosted(monkeypatch, endpoint.url)
    finally:
        release.set()
        endpoint.close()


@pytest.mark.parametrize(
    ("args", "stdin", "status", "said"),
    [
        (["-"], b"revenue \xff\xfe last month", 2, "UTF-8"),
        (["-"], b"revenue " * 12_500, 2, "characters; the limit is"),
        (["--as-of", "1999-01-01", "revenue"], b"", 2, "is outside"),
    ],
)
def test_a_real_process_ends_with_one_line(args: list[str], stdin: bytes, status: int, said: str) -> None:
    command = [sys.executable, "-c", "from agent.interfaces.cli import main; main()", "ask", *args]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, input=stdin, capture_output=True, env=environment, timeout=30, check=False)
    assert done.returncode == status
    (line,) = done.stderr.decode().strip().splitlines()
    assert said in line
    assert done.stdout == b""
