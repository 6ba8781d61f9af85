"""The hosted client over real HTTP against an endpoint that behaves, and against one that misbehaves in every way."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from db.errors import Cancelled, ModelReplyError, ModelUnavailable, SettingsError, ShopOpsError
from models.llm import HostedOptions, Message, Prompt, open_model
from models.llm.hosted import HostedModel

KEY = "sk-never-show-this-4711"
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
PROMPT = Prompt((Message("system", "Count."),), (Message("user", "How many?"),))


class Endpoint:
    """An OpenAI-compatible server on loopback; ``behave`` answers each request, all requests are kept."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.behave: Callable[[BaseHTTPRequestHandler, dict[str, Any]], None] = reply('{"n":3}')
        self.release = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(body)
                endpoint.keys.append(self.headers.get("Authorization"))
                try:
                    endpoint.behave(self, body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def reply(text: str | None, finish: str = "stop") -> Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]:
    def behave(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
        cached = {"cached_tokens": 4}
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12, "prompt_tokens_details": cached}
        whole = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice]}
        send(handler, 200, json.dumps({**whole, "usage": usage}).encode())

    return behave


def fail(status: int, text: str = "", **headers: str) -> Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]:
    body = json.dumps({"error": {"message": text or f"no, and your key is {KEY}", "type": "x"}}).encode()
    return lambda handler, _body: send(handler, status, body, **headers)


def raw(body: bytes) -> Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]:
    return lambda handler, _body: send(handler, 200, body)


def hang_up(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
    handler.close_connection = True


def first(*behaviours: Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]) -> Callable[..., None]:
    queue = list(behaviours)
    return lambda handler, body: (queue.pop(0) if len(queue) > 1 else queue[0])(handler, body)


def stream(words: list[str], wait: threading.Event | None = None) -> Callable[..., None]:
    """Server-sent events; with ``wait`` the stream stands still after its first word."""

    def behave(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        for word in words:
            choice = {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}
            handler.wfile.write(f"data: {json.dumps({**whole, 'choices': [choice]})}\n\n".encode())
            handler.wfile.flush()
            if wait is not None:
                wait.wait(20)
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
        handler.wfile.write(
            f"data: {json.dumps({**whole, 'choices': [], 'usage': usage})}\n\ndata: [DONE]\n\n".encode()
        )
        handler.close_connection = True

    return behave


def torn_stream(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    """One word, and then less than the promised length."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": "one "}, "finish_reason": None}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": body["model"], "choices": [choice]}
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
    handler.close_connection = True


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    thread = threading.Thread(target=endpoint.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield endpoint
    endpoint.release.set()
    endpoint.server.shutdown()
    thread.join()
    endpoint.server.server_close()


@pytest.fixture
def model(endpoint: Endpoint) -> Iterator[HostedModel]:
    options = HostedOptions(endpoint.url, SecretStr(KEY))
    opened = open_model("hosted:big-model", folder=Path("unused"), hosted=options)
    assert isinstance(opened, HostedModel)
    opened._sleep = lambda _seconds: None
    yield opened
    opened.close()


def test_json_with_usage(endpoint: Endpoint, model: HostedModel) -> None:
    answer = model.complete_json(PROMPT, SCHEMA)
    assert answer.data == {"n": 3}
    assert (answer.usage.prompt, answer.usage.completion, answer.usage.cached) == (7, 5, 4)
    sent = endpoint.requests[0]
    assert sent["model"] == "big-model"
    assert [(m["role"], m["content"]) for m in sent["messages"]] == [("system", "Count."), ("user", "How many?")]
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert sent["temperature"] == 0
    assert endpoint.keys == [f"Bearer {KEY}"]
    assert (model.name, model.capabilities.local, model.capabilities.rounds) == ("hosted:big-model", False, 4)


def test_our_own_mark_is_not_sent(endpoint: Endpoint, model: HostedModel) -> None:
    model.complete_json(PROMPT, SCHEMA)
    assert "shopops" not in json.dumps(endpoint.requests)


def test_text_is_streamed(endpoint: Endpoint, model: HostedModel) -> None:
    endpoint.behave = stream(["Sales ", "rose."])
    pieces = list(model.stream_text(PROMPT))
    assert [piece.text for piece in pieces] == ["Sales ", "rose.", ""]
    assert pieces[-1].usage is not None
    assert pieces[-1].usage.completion == 2


@pytest.mark.parametrize(
    ("behave", "error", "says", "requests"),
    [
        (fail(401), ModelUnavailable, "refused the key (HTTP 401)", 1),
        (fail(403), ModelUnavailable, "refused the key (HTTP 403)", 1),
        (fail(404), ModelUnavailable, "does not know hosted:big-model", 1),
        (fail(400), ModelReplyError, "refused the request (HTTP 400)", 1),
        (fail(429), ModelUnavailable, "rate limited", 3),
        (fail(429, Retry_After="3600"), ModelUnavailable, "It asks to wait 3600 s.", 1),
        (fail(429, Retry_After="soon"), ModelUnavailable, "rate limited", 3),
        (fail(500), ModelUnavailable, "failed on its side (HTTP 500)", 3),
        (fail(503), ModelUnavailable, "failed on its side (HTTP 503)", 3),
        (hang_up, ModelUnavailable, "broke the connection", 3),
        (raw(b"<html>login</html>"), ModelReplyError, "no chat completion", 1),
        (raw(b"{}"), ModelReplyError, "no chat completion", 1),
        (raw(b""), ModelReplyError, "no chat completion", 1),
        (reply("Sure! Here is"), ModelReplyError, "not JSON", 1),
        (reply("[1]"), ModelReplyError, "not a JSON object", 1),
        (reply(None), ModelReplyError, "replied with nothing", 1),
        (reply(""), ModelReplyError, "replied with nothing", 1),
        (reply('{"n":', "length"), ModelReplyError, "more tokens than it may", 1),
    ],
)
def test_a_bad_endpoint_is_one_sentence(
    endpoint: Endpoint,
    model: HostedModel,
    behave: Callable[..., None],
    error: type[ShopOpsError],
    says: str,
    requests: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    endpoint.behave = behave
    with caplog.at_level(logging.DEBUG), pytest.raises(error) as caught:
        model.complete_json(PROMPT, SCHEMA)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(endpoint.requests) == requests
    shown = f"{caught.value!r}{caught.value.__context__!r}{caplog.text}{model.chat!r}{model!r}"
    assert KEY not in shown


@pytest.mark.parametrize("trouble", [fail(429, Retry_After="2"), fail(502), hang_up])
def test_passing_trouble_is_tried_again(endpoint: Endpoint, model: HostedModel, trouble: Callable[..., None]) -> None:
    waited: list[float] = []
    model._sleep = waited.append
    endpoint.behave = first(trouble, reply('{"n":1}'))
    assert model.complete_json(PROMPT, SCHEMA).data == {"n": 1}
    assert waited in ([2.0], [0.5])


def test_nobody_there() -> None:
    options = HostedOptions("http://127.0.0.1:1/v1", SecretStr(KEY), retries=0)
    model = open_model("hosted:m", folder=Path("unused"), hosted=options)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        model.complete_json(PROMPT, SCHEMA)
    model.close()


def test_a_slow_endpoint_is_left(endpoint: Endpoint, model: HostedModel) -> None:
    endpoint.behave = lambda _handler, _body: bool(endpoint.release.wait(20)) and None
    start = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"did not reply (within 0\.3 s|in time)"):
        model.complete_json(PROMPT, SCHEMA, timeout=0.3)
    assert time.monotonic() - start < 3


def test_cancel_does_not_wait_for_the_endpoint(endpoint: Endpoint, model: HostedModel) -> None:
    cancel = threading.Event()
    endpoint.behave = lambda _handler, _body: cancel.set() or (endpoint.release.wait(20) and None)
    with pytest.raises(Cancelled):
        model.complete_json(PROMPT, SCHEMA, cancel=cancel)


def test_cancel_in_the_middle_of_a_text(endpoint: Endpoint, model: HostedModel) -> None:
    cancel = threading.Event()
    endpoint.behave = stream(["one ", "two "], wait=endpoint.release)
    pieces = model.stream_text(PROMPT, cancel=cancel)
    assert next(pieces).text == "one "
    cancel.set()
    with pytest.raises(Cancelled):
        next(pieces)


def test_a_text_that_stands_still_ends(endpoint: Endpoint, model: HostedModel) -> None:
    endpoint.behave = stream(["one ", "two "], wait=endpoint.release)
    pieces = model.stream_text(PROMPT, timeout=0.5)
    assert next(pieces).text == "one "
    with pytest.raises(ModelUnavailable, match="did not reply"):
        next(pieces)


def test_a_text_that_breaks_off_is_not_begun_again(endpoint: Endpoint, model: HostedModel) -> None:
    endpoint.behave = torn_stream
    pieces = model.stream_text(PROMPT)
    assert next(pieces).text == "one "
    with pytest.raises(ModelUnavailable, match="broke the connection"):
        next(pieces)
    assert len(endpoint.requests) == 1


def test_the_way_of_asking_for_json_is_found_once(endpoint: Endpoint, model: HostedModel) -> None:
    def picky(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if body["response_format"] != {"type": "json_object"}:
            fail(400, "Invalid response_format: json_schema is not supported")(handler, body)
        else:
            reply('{"n":9}')(handler, body)

    endpoint.behave = picky
    assert model.complete_json(PROMPT, SCHEMA).data == {"n": 9}
    assert model.complete_json(PROMPT, SCHEMA).data == {"n": 9}
    formats = [request["response_format"]["type"] for request in endpoint.requests]
    assert formats == ["json_schema", "json_object", "json_object", "json_object"]
    assert '"additionalProperties": false' in endpoint.requests[-1]["messages"][-1]["content"]
    assert {request["model"] for request in endpoint.requests} == {"big-model"}


def test_an_endpoint_that_takes_no_json_at_all(endpoint: Endpoint, model: HostedModel) -> None:
    endpoint.behave = fail(400, "response_format is not supported")
    with pytest.raises(ModelReplyError, match="refused the request"):
        model.complete_json(PROMPT, SCHEMA)
    assert len(endpoint.requests) == 3


def test_a_key_of_the_environment_is_not_sent(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = open_model("hosted:m", folder=Path("unused"), hosted=HostedOptions(endpoint.url))
    model.complete_json(PROMPT, SCHEMA)
    model.close()
    assert KEY not in str(endpoint.keys)


@pytest.mark.parametrize("url", ["", "ftp://x/v1", "localhost:8000", f"http://u:{KEY}@127.0.0.1/v1"])
def test_a_base_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_model("hosted:m", folder=Path("unused"), hosted=HostedOptions(url))
    assert KEY not in str(caught.value)


def test_hosted_needs_an_endpoint() -> None:
    with pytest.raises(SettingsError, match="needs an endpoint"):
        open_model("hosted:m", folder=Path("unused"))
