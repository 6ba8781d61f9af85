"""The HTTP API over a real server: answers, streams, errors, limits, and what a leaving client does."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.answer_json import answer_object
from agent.service import Service
from db.errors import StoreMissing
from tests.serving import BASE, Slow, client, served, service_in, token_of
from tests.unit.answers import answer

QUESTION = {"question": "Revenue by department in 2017?"}


@pytest.fixture
def analyst() -> Slow:
    return Slow()


@pytest.fixture
def service(tmp_path: Path, analyst: Slow) -> Iterator[Service]:
    with service_in(tmp_path, analyst) as opened:
        yield opened


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream, without signs of life."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_an_answer_is_that_of_the_command_line_and_its_conversation(service: Service, analyst: Slow) -> None:
    given = client(service).post(f"{BASE}/ask", json=QUESTION | {"conversation": "c1", "as_of": "2017-06-01"})
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    told = given.json()
    assert told.pop("conversation") == "c1"
    assert told == answer_object(answer()) | {"id": told["id"]}
    asked = analyst.asked[0]
    assert (asked.text, asked.conversation, str(asked.as_of), asked.via) == (
        QUESTION["question"], "c1", "2017-06-01", "api",
    )  # fmt: skip
    fresh = [client(service).post(f"{BASE}/ask", json=QUESTION).json()["conversation"] for _ in range(2)]
    assert len({*fresh, None}) == 3


def test_a_stream_tells_its_stages_and_then_the_answer(service: Service) -> None:
    with served(service) as url:
        stream = httpx.post(f"{url}{BASE}/ask/stream", json={"question": "some prose"})
    assert stream.status_code == 200
    assert stream.headers["content-type"].startswith("text/event-stream")
    told = events(stream.text)
    assert [name for name, _ in told] == ["stage", "text", "answer"]
    assert told[0][1] == {"stage": "understand", "message": "reading"}
    assert told[1][1] == {"text": "Grocery led."}
    assert told[2][1]["text"] == answer().text


def test_the_first_stage_is_out_while_the_analyst_still_thinks(service: Service, analyst: Slow) -> None:
    with served(service) as url, httpx.Client(timeout=30) as http:
        with http.stream("POST", f"{url}{BASE}/ask/stream", json={"question": "wait"}) as stream:
            lines = stream.iter_lines()  # held: an iterator that is dropped closes the connection
            assert next(lines) == "event: stage"
            assert not analyst.stopped.is_set()
        assert analyst.stopped.wait(20)


@pytest.mark.parametrize("path", ["/ask", "/ask/stream"])
def test_a_client_that_leaves_stops_its_question(service: Service, analyst: Slow, path: str) -> None:
    with served(service) as url:
        where, body = httpx.URL(url), b'{"question": "wait"}'
        head = f"POST {BASE}{path} HTTP/1.1\r\nHost: {where.host}:{where.port}\r\nContent-Type: application/json\r\n"
        with socket.create_connection((where.host, where.port), timeout=20) as connection:
            connection.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            assert analyst.thinking.wait(20)  # and not before: a loaded machine takes its time
        assert analyst.stopped.wait(20)
        assert httpx.post(f"{url}{BASE}/ask", json=QUESTION).status_code == 200


def test_many_ask_at_once(service: Service) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with served(service) as url, httpx.Client(timeout=20) as http, ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(http.post, f"{url}{BASE}/ask", json={"question": f"revenue {i}"}) for i in range(40)]
        told = [reply.result().json()["question"] for reply in asked]
    assert told == [f"revenue {i}" for i in range(40)]


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        ({}, 422, "usage", "body.question: field required."),
        ({"question": ""}, 422, "usage", "at least 1 character"),
        ({"question": "x" * 2_001}, 422, "usage", "at most 2000 characters"),
        ({"question": "x", "frob": 1}, 422, "usage", "body.frob"),
        ({"question": "x", "store": "../../etc/passwd"}, 422, "usage", "body.store"),
        ({"question": "x", "conversation": "a b"}, 422, "usage", "body.conversation"),
        ({"question": "x", "as_of": "yesterday"}, 422, "usage", "body.as_of"),
        ([1], 422, "usage", "body"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place(service: Service, body: Any, status: int, code: str, says: str) -> None:
    told = client(service).post(f"{BASE}/ask", json=body)
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert (told.json()["status"], told.json()["code"]) == (status, code)
    assert says in told.json()["detail"]


def test_a_body_that_is_no_json(service: Service) -> None:
    kind = {"content-type": "application/json"}
    for body in (b"{", b'{"question": "\xff"}', b"nul"):
        told = client(service).post(f"{BASE}/ask", content=body, headers=kind)
        assert told.status_code == 400
        assert told.json()["code"] == "unreadable"
    assert client(service).post(f"{BASE}/ask", content=b"question=x").status_code == 422


def test_a_body_that_is_too_large_is_not_read(service: Service) -> None:
    kind = {"content-type": "application/json"}
    assert client(service).post(f"{BASE}/ask", content=b" " * 70_000, headers=kind).status_code == 413

    def drip() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 1_000

    with served(service) as url:
        told = httpx.post(f"{url}{BASE}/ask", content=drip(), headers=kind)
    assert told.status_code == 413
    assert told.json()["code"] == "too_large"


def test_a_fault_of_ours_is_one_sentence(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    told = client(service).post(f"{BASE}/ask", json={"question": "fail"})
    assert told.status_code == 500
    assert told.json()["code"] == "internal"
    stream = client(service).post(f"{BASE}/ask/stream", json={"question": "fail"})
    assert events(stream.text)[-1] == ("problem", {
        "type": "about:blank", "title": "A fault of ours", "status": 500, "code": "internal",
        "detail": "A fault of ours.",
    })  # fmt: skip
    for said in (told.text, stream.text):
        assert "secret" not in said
        assert "Traceback" not in said
    assert "a secret detail" in caplog.text


def test_an_answer_that_failed_is_a_problem_with_its_code(service: Service, analyst: Slow) -> None:
    from dataclasses import replace

    def ask(question: Any, *_: Any, **__: Any) -> Any:
        code, text = question.text.split(" ", 1)
        status = "refused" if code in ("sql_refused", "permission_refused") else "failed"
        return replace(answer(), id=question.id, status=status, error=code, text=text)

    analyst.ask = ask  # type: ignore[method-assign]
    for code, status in (
        ("sql_refused", 403), ("permission_refused", 403), ("question", 422), ("as_of", 422), ("unknown_member", 422),
        ("store_locked", 503), ("store_timeout", 503), ("model_unavailable", 503), ("artifact_missing", 503),
        ("internal", 500),
    ):  # fmt: skip
        told = client(service).post(f"{BASE}/ask", json={"question": f"{code} One sentence."})
        assert (told.status_code, told.json()["code"], told.json()["detail"]) == (status, code, "One sentence.")
        assert told.json()["answer"].startswith("q")
        assert ("retry-after" in told.headers) == (code in ("store_locked", "store_timeout", "model_unavailable"))


def test_a_store_that_is_not_there(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> Any:
        raise StoreMissing("There is no store 'nix'.", "The demo store is 'journey'.")

    monkeypatch.setattr(service, "analyst", missing)
    told = client(service).post(f"{BASE}/ask", json=QUESTION | {"store": "nix"})
    assert (told.status_code, told.json()["code"]) == (404, "store_missing")
    stream = client(service).post(f"{BASE}/ask/stream", json=QUESTION | {"store": "nix"})
    assert [(name, data["code"]) for name, data in events(stream.text)] == [("problem", "store_missing")]


def test_addresses_and_methods_that_are_not_there(service: Service) -> None:
    http = client(service)
    for path in ("/nothing", "/", "/ask/", "/answers/x/y/z"):
        assert http.get(f"{BASE}{path}").status_code in (404, 405)
        assert http.get(f"{BASE}{path}").headers["content-type"] == "application/problem+json"
    told = http.get(f"{BASE}/ask")
    assert (told.status_code, told.headers["allow"]) == (405, "POST")


def test_asking_too_often(tmp_path: Path, analyst: Slow) -> None:
    with service_in(tmp_path, analyst, question_limit="2/minute", request_limit="4/minute") as service:
        ann, bob = token_of(service, "ann"), token_of(service, "bob")
        http = client(service)

        def ask(token: str) -> httpx.Response:
            return http.post(f"{BASE}/ask", json=QUESTION, headers={"Authorization": f"Bearer {token}"})

        assert [ask(ann).status_code for _ in range(3)] == [200, 200, 429]
        refused = ask(ann)
        assert refused.json()["code"] == "too_often"
        assert 1 <= int(refused.headers["retry-after"]) <= 61
        assert ask(bob).status_code == 200
        me = http.get(f"{BASE}/me", headers={"Authorization": f"Bearer {ann}"})
        assert me.status_code == 429  # the fifth request of any kind


def test_an_address_that_asks_too_often(tmp_path: Path, analyst: Slow) -> None:
    with service_in(tmp_path, analyst, address_limit="3/minute") as service:
        token_of(service, "ann")
        http = client(service, "so_wrong")
        assert [http.get(f"{BASE}/me").status_code for _ in range(4)] == [401, 401, 401, 429]


def test_the_document_is_served_without_sign_in_and_without_pages_from_elsewhere(service: Service) -> None:
    token_of(service, "ann")
    http = client(service)
    made = http.get(f"{BASE}/openapi.json").json()
    assert made["openapi"].startswith("3.")
    assert {"/api/v1/ask", "/api/v1/ask/stream", "/api/v1/answers/{answer}"} <= set(made["paths"])
    for path in ("/docs", "/redoc", "/openapi.json", f"{BASE}/docs"):
        assert http.get(path).status_code == 404
