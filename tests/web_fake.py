"""A service on 127.0.0.1 that keeps what it is sent and answers as it is told, in place of Slack or Feishu."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

WAIT = 10.0  # seconds that a test waits at most


@dataclass(frozen=True)
class Asked:
    """One request. ``json`` is the body where it is JSON, ``form`` where it is a form."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


Answer = tuple[int, dict[str, str], Any]
Respond = Callable[[Asked], Answer | dict[str, Any] | None]


@dataclass
class Fake:
    """``respond`` gives (status, headers, JSON or text), JSON alone for 200, or None for 404."""

    respond: Respond
    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def to(self, path: str) -> list[Asked]:
        """The requests to a path, oldest first."""
        with self.news:
            return [one for one in self.asked if one.path == path]

    def until(self, true: Callable[[], bool], seconds: float = WAIT) -> None:
        """Wait until something is true of what was asked."""
        end = time.monotonic() + seconds
        while not true():
            left = end - time.monotonic()
            assert left > 0, [(one.path, one.body[:300]) for one in self.asked]
            with self.news:
                self.news.wait(min(left, 0.05))


@contextmanager
def serving(respond: Respond) -> Iterator[Fake]:
    """A fake service, stopped at the end."""
    fake = Fake(respond)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers, body)
            with fake.news:
                fake.asked.append(asked)
            found = fake.respond(asked)
            with fake.news:
                fake.news.notify_all()
            status, extra, answer = (200, {}, found) if isinstance(found, dict) else found or (404, {}, "")
            content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            kind = "text/plain" if isinstance(answer, str) else "application/json; charset=utf-8"
            for name, value in {"content-type": kind, "content-length": str(len(content)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PATCH = do_PUT = do_POST

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
