"""A real browser against the real chat server on this machine, with a scripted analyst behind it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from agent.ask import Analyst
from agent.memory import Memory
from agent.ports import Observer
from agent.service import Service
from agent.settings import Settings
from db.state import State
from db.state.answers import Answers
from tests.browser.analyst import FakeAnalyst

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WAIT_MS = 20_000  # the shared two cores are noisy; a passing test takes a tenth of this
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class FakeService(Service):
    """The real state, and a scripted analyst for every store and model."""

    def __init__(self, settings: Settings, state: State, observer: Observer | None = None) -> None:
        super().__init__(settings, state, observer)
        self.fake = FakeAnalyst(Memory(state, answers=Answers(state)))
        self.models: list[str | None] = []

    def analyst(self, store: str | None = None, model: str | None = None) -> Analyst:
        self.models.append(model)
        return cast(Analyst, self.fake)


@dataclass
class Served:
    """The running chat: its address and the analyst behind it."""

    url: str
    service: FakeService

    @property
    def analyst(self) -> FakeAnalyst:
        return self.service.fake


@dataclass
class Watched:
    """What a page did besides being looked at."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def ask(self, text: str) -> None:
        """Type a question and send it."""
        self.page.locator("#question").fill(text)
        self.page.locator("#question").press("Enter")

    @property
    def last(self) -> Any:
        """The last turn."""
        return self.page.locator(".so-turn").last


@contextmanager
def serve(data: Path) -> Iterator[Served]:
    """The chat on a free port, in a thread, over the state of a data folder."""
    import uvicorn

    from agent.interfaces.chat.server import HOST, application
    from agent.interfaces.web import listen

    service = FakeService.open(Settings(data_dir=data, cache_dir=data / "cache"))
    listening = listen(HOST, 0)
    server = uvicorn.Server(uvicorn.Config(application(service), log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.started
    yield Served(f"http://{HOST}:{listening.getsockname()[1]}", service)
    server.should_exit = True
    thread.join(10)
    service.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, as the system's packages install it."""
    path = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(
            "The browser tests need Chromium: apt-get install chromium (or set CHROMIUM to its path).", pytrace=False
        )
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The chat without any user: whoever asks from this machine is its owner."""
    with serve(tmp_path_factory.mktemp("chat")) as running:
        yield running


class Tabs:
    """Opens tabs; at the end none may have asked elsewhere or complained."""

    def __init__(self, browser: Any, url: str, profile: Any = None) -> None:
        self._browser, self._url, self._profile = browser, url, profile
        self._opened: list[Watched] = []
        self._contexts: list[Any] = []

    def __call__(self, path: str = "", **options: Any) -> Watched:
        """A page at ``path``; in a profile of its own where it has options."""
        context = self._profile if self._profile and not options else None
        if context is None:
            context = self._browser.new_context(**{"locale": "en-US", **options})
            context.set_default_timeout(WAIT_MS)
            self._contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.on("request", lambda request: watched.requests.append(request.url))
        watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
        watched.page.on("console", lambda line: watched.errors.append(line.text) if line.type == "error" else None)
        watched.page.goto(self._url + path)
        self._opened.append(watched)
        return watched

    def ready(self, *args: Any, **options: Any) -> Watched:
        """As calling it, and the page stands."""
        watched = self(*args, **options)
        watched.page.locator("#question").wait_for(state="attached")
        return watched

    def close(self) -> None:
        """Close all, and hold them to their promises."""
        for watched in self._opened:
            assert watched.requests
            elsewhere = [url for url in watched.requests if not url.startswith((self._url, "data:", "blob:"))]
            assert (elsewhere, watched.errors) == ([], [])
            if not watched.page.is_closed():
                watched.page.close()
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="session")
def profile(browser: Any) -> Iterator[Any]:
    """A browser profile for all tests that need nothing of their own: Gradio's script is read from its cache."""
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture
def tab(browser: Any, profile: Any, served: Served) -> Iterator[Callable[..., Watched]]:
    """Tabs of the chat without sign-in."""
    tabs = Tabs(browser, served.url, profile)
    yield tabs.ready
    tabs.close()
