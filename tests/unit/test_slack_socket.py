"""Slack's Socket Mode over a real WebSocket on 127.0.0.1: events, their acknowledgement, a connection that breaks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from agent.interfaces import bots
from tests.bots import opened
from tests.slack_fake import slack_api
from tests.web_fake import Asked, serving

APP_TOKEN = "xapp-aPp-secret"


class Socket:
    """The other end of Socket Mode."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.acknowledged: list[dict[str, Any]] = []
        self.news = threading.Condition()
        self.address = ""

    def talk(self, connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}))
        with self.news:
            self.connections.append(connection)
            self.news.notify_all()
        try:
            for message in connection:
                with self.news:
                    self.acknowledged.append(json.loads(message))
                    self.news.notify_all()
        except ConnectionClosed:
            return

    def until(self, true: Any) -> None:
        with self.news:
            assert self.news.wait_for(true, 15), self.acknowledged

    def send(self, envelope: str, event: dict[str, Any], attempt: int = 0) -> None:
        payload = {
            "type": "event_callback",
            "team_id": "T1",
            "api_app_id": "A1",
            "event_id": f"Ev{event['ts']}",
            "event": event,
        }
        frame = {
            "type": "events_api",
            "envelope_id": envelope,
            "payload": payload,
            "accepts_response_payload": False,
            "retry_attempt": attempt,
            "retry_reason": "timeout" if attempt else "",
        }
        self.connections[-1].send(json.dumps(frame))


@contextmanager
def socket_mode() -> Iterator[Socket]:
    socket = Socket()
    with serve(socket.talk, "127.0.0.1", 0) as server:
        socket.address = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/link?ticket=t"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield socket
        finally:
            server.shutdown()
            thread.join()


def test_events_come_and_are_acknowledged_over_the_socket(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    failed = threading.Event()

    with socket_mode() as socket:

        def respond(asked: Asked) -> Any:
            if asked.path == "/api/apps.connections.open":
                assert asked.headers["authorization"] == f"Bearer {APP_TOKEN}"
                if not failed.is_set():
                    failed.set()
                    return 503, {}, "not yet"
                return {"ok": True, "url": socket.address}
            return slack_api(asked)

        with serving(respond) as api:
            slack = {"bot_token": "xoxb-1", "app_token": APP_TOKEN, "api": f"{api.address}/api/"}
            with opened(tmp_path, slack=slack) as (service, analyst):
                assert not bots.router(service).routes, "no endpoint without a signing secret"
                before = time.monotonic()
                bots.start(service)
                assert time.monotonic() - before < 0.5, "the server's start does not wait for Slack"
                socket.until(lambda: bool(socket.connections))
                event = {
                    "type": "message",
                    "channel_type": "im",
                    "user": "U1",
                    "text": "who",
                    "ts": "1.1",
                    "channel": "D1",
                }
                socket.send("e1", event)
                socket.until(lambda: [a["envelope_id"] for a in socket.acknowledged] == ["e1"])
                api.until(lambda: any("viewer" in str(one.body) for one in api.asked))
                socket.send("e2", event, attempt=1)
                socket.until(lambda: len(socket.acknowledged) == 2)
                socket.send("e3", {**event, "ts": "1.2"})
                socket.until(lambda: len(socket.acknowledged) == 3)
                api.until(lambda: len(analyst.asked) == 2)
    assert APP_TOKEN not in caplog.text
