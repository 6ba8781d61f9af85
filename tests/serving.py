"""A service with users, and a real server on this machine, for the tests of API, MCP and sign-in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.contracts import Answer, Question
from agent.interfaces import api, mcp, signing_in
from agent.interfaces.web import listen
from agent.service import Service
from agent.settings import Settings
from db.semantic.query import Filter
from db.state.accounts import Accounts, Role
from db.state.tokens import Tokens
from models.llm.base import Capabilities
from models.llm.bridge import ChatLanguageModel
from models.llm.scripted import Asked, ChatScripted, Reply
from tests.unit.answers import answer

BASE = "/api/v1"
LOCAL = ("127.0.0.1", 50000)


def service_in(folder: Path, analyst: Any = None, **settings: Any) -> Service:
    """A service over a state in ``folder``; ``analyst`` answers for the settings' store."""
    service = Service.open(Settings(**{"data_dir": folder, "cache_dir": folder / "cache", **settings}))
    if analyst is not None:
        service.analyst = lambda store=None, model=None: analyst  # type: ignore[method-assign]
    return service


def shop_in(folder: Path, journey: Path, **settings: Any) -> Service:
    """A service over the demo store, with a state of its own in ``folder``, and a model that takes the first choice."""
    (folder / "stores").symlink_to(journey / "stores")
    service = service_in(folder, cache_dir=journey / "cache", model="local:none", **settings)
    model = ChatLanguageModel("scripted", FirstChoice(), Capabilities())
    service.analyst()._model = lambda: model
    return service


def application(service: Service) -> FastAPI:
    """API, MCP and sign-in, as the server has them."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(signing_in.router(service))
    app.include_router(api.router(service))
    mcp.mount(app, service)
    return app


def client(service: Service, token: str | None = None, **options: Any) -> TestClient:
    """A client in this process, from this machine, with a token where one is given."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return TestClient(application(service), client=LOCAL, headers=headers, follow_redirects=False, **options)


def token_of(
    service: Service, name: str, role: Role = "analyst", only: tuple[Filter, ...] = (), pii: bool = False
) -> str:
    """A new user without a password, and their token."""
    Accounts(service.state).add(name, role, None, only, pii)
    return Tokens(service.state).create(name, "test", timedelta(days=1))


@contextmanager
def served(service: Service) -> Iterator[str]:
    """The application behind a real server; its address."""
    import uvicorn

    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(application(service), log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


class FirstChoice(ChatScripted):
    """Fills every field of a form with the first of its choices."""

    def reply_to(self, asked: Asked) -> Reply:
        """The filled form."""
        parts = (asked.schema or {}).get("properties", {})
        return {
            name: {slot: spec["enum"][0] for slot, spec in part["properties"].items()} for name, part in parts.items()
        }


@dataclass
class Slow:
    """An analyst who answers at once, or who thinks until stopped where the question says "wait"."""

    memory: Any = None
    asked: list[Question] = field(default_factory=list)
    thinking: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def ask(
        self, question: Question, progress: Any = None, cancel: threading.Event | None = None, on_text: Any = None
    ) -> Answer:
        self.asked.append(question)
        if progress:
            progress("understand", "reading")
        if "wait" in question.text:
            self.thinking.set()
            if cancel is not None and cancel.wait(50):
                self.stopped.set()
        if on_text and "prose" in question.text:
            on_text("Grocery led.")
        if "fail" in question.text:
            raise RuntimeError("a secret detail")
        from dataclasses import replace

        return replace(answer(), id=question.id, question=question.text)

    def close(self) -> None:
        """Nothing is open."""
