"""``shopops serve`` as a process: it serves, and a signal lets what is being answered finish."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from agent.evaluation.benches.serve import first_choice, server

QUESTION = "revenue in december 2017, compared with november"


class Slow(BaseHTTPRequestHandler):
    """A model that answers when it is told to."""

    came, may_answer = threading.Event(), threading.Event()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked.get("stream"):  # no prose: the facts are stated as they are
            self.send_error(400)
            return
        Slow.came.set()
        Slow.may_answer.wait(30)
        schema = asked["response_format"]["json_schema"]["schema"]
        message = {"role": "assistant", "content": json.dumps(first_choice(schema, schema))}
        body = json.dumps({
            "id": "s", "object": "chat.completion", "created": 0, "model": "scripted",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    Slow.came.clear()
    Slow.may_answer.clear()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_address[1]}/v1"
    Slow.may_answer.set()
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.mark.timeout(180)
def test_an_answer_that_is_on_its_way_arrives_after_the_signal(
    endpoint: str, tmp_path: Path, journey_folder: Path
) -> None:
    (tmp_path / "stores").symlink_to(journey_folder / "stores")
    with server(tmp_path, endpoint) as (process, address), ThreadPoolExecutor(1) as pool:
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        assert httpx.get(f"{address}/readyz").json()["parts"] == {"state": "ok", "store": "ok", "worker": "ok"}
        page = httpx.get(address)
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["content-security-policy"]
        asking = pool.submit(httpx.post, f"{address}/api/v1/ask", json={"question": QUESTION}, timeout=120)
        assert Slow.came.wait(60)
        process.send_signal(signal.SIGTERM)
        refused = _when_draining(address)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "15")
        assert not asking.done()
        Slow.may_answer.set()
        answer = asking.result(60)
        assert answer.status_code == 200
        assert "$421,882.29" in answer.json()["text"]
        assert process.wait(30) == 0


def _when_draining(address: str) -> httpx.Response:
    """The first reply to a new question that is not taken any more."""
    for _ in range(100):
        reply = httpx.post(f"{address}/api/v1/conversations", timeout=30)
        if reply.status_code == 503:
            return reply
    raise AssertionError("new requests are still taken")
