"""``shopops serve`` under load: how soon it serves, what it holds, and twenty operators at once over real HTTP.

The model is scripted: an OpenAI-compatible endpoint in this process that takes the first choice which a form offers. So
the times are the server's own and the store's, not a language model's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, get_args

import httpx

from agent.contracts import Status
from agent.evaluation.benches import BenchRow, BenchTable, Setup, bar
from agent.evaluation.sets import Case, load_sets
from agent.evaluation.summary import spread
from agent.settings import PREFIX
from db.errors import InternalError

USERS = 20
EACH = 5  # questions an operator asks, one after the other
KINDS = frozenset({"lookup", "ranking", "trend", "compare", "share", "filter"})
START_SECONDS = 60  # given up after
IDLE_SECONDS = 5  # until what the start left behind is done
START_BAR, MEMORY_BAR = 5.0, 600.0  # seconds, MB
STOP_BAR = 5.0  # seconds from the signal to the end, with nothing being answered
_MAIN = "from agent.interfaces.cli import main; main()"


def run(setup: Setup) -> BenchTable:
    """Start the server as a user would, ask by twenty at once, stop it by a signal."""
    cases = [case for case in load_sets(split="dev") if case.kind in KINDS and not case.conversation]
    questions = [case.question for case in _spaced(cases, USERS * EACH)]
    with scripted_endpoint() as endpoint, tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "stores").symlink_to(setup.settings.data_dir / "stores", target_is_directory=True)
        began = perf_counter()
        with server(data, endpoint) as (process, address):
            started = perf_counter() - began
            sleep(IDLE_SECONDS)
            idle = resident(process.pid)
            setup.progress("asking", 0.5)
            began = perf_counter()
            with ThreadPoolExecutor(USERS) as pool:
                shares = [questions[n::USERS] for n in range(USERS)]
                found = [one for share in pool.map(lambda mine: ask_all(address, mine), shares) for one in share]
            took = perf_counter() - began
            held = resident(process.pid)
            began = perf_counter()
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=START_SECONDS)
            stopped = perf_counter() - began
    return _table(setup, started, idle, held, found, took, stopped, status)


def _table(
    setup: Setup, started: float, idle: float, held: float, found: list[tuple[str, float]], took: float,
    stopped: float, status: int,
) -> BenchTable:  # fmt: skip
    wrong = [state for state, _ in found if state not in get_args(Status)]
    failed = sum(state in {"failed", "refused"} for state, _ in found)
    times = spread([1000 * seconds for _, seconds in found])
    rows = (
        bar("start to serving, s", started, START_BAR, least=False, form="{:.1f}"),
        bar("idle memory, MB", idle, MEMORY_BAR, least=False, form="{:.0f}"),
        bar(f"errors, {USERS} operators at once", len(wrong), 0, least=False, form="{:.0f}"),
        BenchRow("answers", len(found), f"{len(found)} in {took:.1f} s; {failed} say that they could not"),
        BenchRow("an answer, median", times.median, f"{times.median:.0f} ms; 95 % within {times.p95:.0f} ms"),
        BenchRow("memory after them, MB", held, f"{held:.0f}"),
        bar("stop, s", stopped, STOP_BAR, least=False, form="{:.1f}"),
        bar("exit status", status, 0, least=False, form="{:.0f}"),
    )
    split = f"{len(found)} dev questions, {EACH} each"
    return BenchTable(
        "serve", "journey", split, setup.seed, rows, ("Scripted model over HTTP; one process, 127.0.0.1.",)
    )


@contextmanager
def server(data: Path, endpoint: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``shopops serve`` on a free port, with its own state; its process and its address.

    Raises:
        InternalError: it did not come up.
    """
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    mine = {"DATA_DIR": str(data), "MODEL": "hosted:scripted", "BASE_URL": endpoint}
    environ |= {PREFIX + name: value for name, value in mine.items()}
    command = [sys.executable, "-c", _MAIN, "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if "http://" not in line:
            raise InternalError("shopops serve did not come up.", "Run it by hand to see why.")
        address = line.split()[1]
        _until_ready(address)
        yield process, address
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _until_ready(address: str) -> None:
    end = perf_counter() + START_SECONDS
    while perf_counter() < end:
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        sleep(0.05)
    raise InternalError("shopops serve did not become ready.", "Run it by hand to see why.")


def ask_all(address: str, questions: list[str]) -> list[tuple[str, float]]:
    """One operator: the status and the seconds of each answer, asked one after the other."""
    found = []
    with httpx.Client(base_url=address, timeout=120) as client:
        for question in questions:
            began = perf_counter()
            try:
                reply = client.post("/api/v1/ask", json={"question": question})
                body = reply.json()
                told = reply.status_code == 422 and "answer" in body  # an answer that says why it could not
                status = "failed" if told else f"HTTP {reply.status_code}"
                if reply.status_code == 200:
                    status = str(body["status"])
            except (httpx.HTTPError, ValueError, KeyError) as error:
                status = type(error).__name__
            found.append((status, perf_counter() - began))
    return found


def resident(pid: int) -> float:
    """Resident memory of a process in MB, as the kernel has it."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise InternalError("The kernel does not say how much memory the server holds.")


def _spaced(cases: list[Case], count: int) -> list[Case]:
    """So many of them, evenly spread over kinds and languages; again from the start where there are fewer."""
    step = max(1, len(cases) // count)
    spread_out = cases[::step]
    return [spread_out[i % len(spread_out)] for i in range(count)]


@contextmanager
def scripted_endpoint() -> Iterator[str]:
    """An OpenAI-compatible endpoint on a free port that takes the first choice of every form; its address."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}/v1"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Endpoint(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked.get("stream"):
            self._reply(_stream("I have ordered the facts."), "text/event-stream")
            return
        schema = asked["response_format"]["json_schema"]["schema"]
        message = {"role": "assistant", "content": json.dumps(first_choice(schema, schema))}
        reply = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], **_ENVELOPE}
        self._reply(json.dumps(reply).encode(), "application/json")

    def _reply(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


_ENVELOPE = {
    "id": "scripted", "object": "chat.completion", "created": 0, "model": "scripted",
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}  # fmt: skip


def _stream(text: str) -> bytes:
    chunk = {**_ENVELOPE, "object": "chat.completion.chunk"}
    parts: list[dict[str, Any]] = [
        {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]
    lines = [f"data: {json.dumps({**chunk, 'choices': [part]})}\n\n" for part in parts]
    return ("".join(lines) + "data: [DONE]\n\n").encode()


def first_choice(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """The first value that a schema allows.

    >>> first_choice({"type": "object", "properties": {"a": {"enum": ["x", "y"]}}}, {})
    {'a': 'x'}
    """
    if "$ref" in schema:
        found: Any = root
        for name in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[name]
        return first_choice(found, root)
    for name in ("oneOf", "anyOf"):
        if name in schema:
            return first_choice(schema[name][0], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: first_choice(inner, root) for name, inner in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [first_choice(schema["items"], root)] if schema.get("minItems") else []
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(str(schema.get("type")))
