"""What the one process adds to the faces: doors, draining, health, figures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from agent.addresses import is_loopback
from agent.interfaces.server.application import draining, measured, refuse_open_doors
from agent.interfaces.server.health import Readiness, router
from agent.interfaces.server.observing import StateFigures
from agent.service import Service
from agent.settings import Settings
from agent.telemetry import Telemetry
from db.errors import SettingsError, SignInNeeded, StoreLocked
from db.state.accounts import Accounts


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service.open(Settings(data_dir=tmp_path, cache_dir=tmp_path)) as opened:
        yield opened


def get(app: object, path: str, method: str = "GET") -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path)

    return asyncio.run(ask())


def fine() -> str:
    return "ok"


def locked() -> str:
    raise StoreLocked("Another process holds ann@example.com's store.")


def health(readiness: Readiness, telemetry: Telemetry | None = None, allowed: bool = True) -> FastAPI:
    def who(_request: object) -> object:
        if not allowed:
            raise SignInNeeded("Sign in.")
        return None

    app = FastAPI()
    app.include_router(router(readiness, telemetry or Telemetry(), who))
    return app


def test_it_is_ready_when_every_part_can_work() -> None:
    reply = get(health(Readiness({"state": fine, "store": fine})), "/readyz")
    assert (reply.status_code, reply.json()) == (200, {"status": "ready", "parts": {"state": "ok", "store": "ok"}})


def test_a_part_that_cannot_work_is_named_by_its_code_and_not_by_its_words() -> None:
    reply = get(health(Readiness({"state": fine, "store": locked, "worker": lambda: str(1 / 0)})), "/readyz")
    assert reply.status_code == 503
    assert reply.json()["parts"] == {"state": "ok", "store": "store_locked", "worker": "internal"}


def test_while_it_is_being_stopped_it_is_not_ready_but_lives() -> None:
    readiness = Readiness({"state": fine})
    readiness.draining = True
    app = health(readiness)
    assert get(app, "/readyz").status_code == 503
    assert get(app, "/readyz").json()["parts"]["server"] == "stopping"
    assert get(app, "/healthz").json() == {"status": "ok"}


def test_new_questions_are_refused_while_it_is_being_stopped() -> None:
    readiness = Readiness({})
    app = FastAPI()
    app.add_api_route("/ask", lambda: {"ok": True}, methods=["POST", "GET"])
    whole = draining(app, readiness)
    assert get(whole, "/ask", "POST").status_code == 200
    readiness.draining = True
    refused = get(whole, "/ask", "POST")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "15")
    assert get(whole, "/ask").status_code == 200  # what is being answered is still being read


def test_requests_are_counted_by_route_and_never_by_path() -> None:
    telemetry, app = Telemetry(), FastAPI()
    app.add_api_route("/answers/{answer}", lambda answer: {"id": answer})
    whole = measured(app, telemetry)
    get(whole, "/answers/secret-1")
    get(whole, "/nowhere/ann@example.com")
    text = telemetry.exposition().decode()
    assert 'shopops_http_requests_total{method="GET",route="/answers/{answer}",status="200"} 1.0' in text
    assert 'route="other",status="404"' in text
    assert "secret" not in text
    assert "ann" not in text


def test_figures_are_for_those_who_may() -> None:
    assert get(health(Readiness({}), allowed=False), "/metrics").status_code == 401
    reply = get(health(Readiness({})), "/metrics")
    assert reply.status_code == 200
    assert "shopops_questions_running" in reply.text


def test_the_states_figures_are_read_when_asked(service: Service) -> None:
    telemetry = Telemetry()
    telemetry.add(StateFigures(service))
    assert 'shopops_deliveries{status="dead"} 0.0' in telemetry.exposition().decode()


def test_others_are_let_in_only_where_somebody_has_to_sign_in(service: Service) -> None:
    refuse_open_doors(service, "127.0.0.1")
    with pytest.raises(SettingsError, match="nobody would have to sign in"):
        refuse_open_doors(service, "0.0.0.0")
    Accounts(service.state).add("ann", "admin", password="correct horse battery")  # type: ignore[call-arg]
    refuse_open_doors(service, "0.0.0.0")


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.4", False), ("shop.example", False), ("localhost.example", False)],
)  # fmt: skip
def test_which_hosts_are_this_machines_own(host: str, own: bool) -> None:
    assert is_loopback(host) is own
