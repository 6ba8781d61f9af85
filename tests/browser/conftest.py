"""A real browser against the real chat server on this machine, with a scripted analyst behind it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from agent.ask import Analyst
from tests.browser.analyst import FakeAnalyst

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WAIT_MS = 20_000  # the shared two cores are noisy; a passing test takes a tenth of this
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Served:
    """The running chat: its address and the analyst behind it."""

    url: str
    analyst: FakeAnalyst


@dataclass
class Watched:
    """What a page did besides being looked at."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def ask(self, text: str) -> None:
        """Type a question and send it."""
        self.page.locator("#question textarea").fill(text)
        self.page.locator("#question textarea").press("Enter")

    @property
    def last(self) -> Any:
        """The last answer's message."""
        return self.page.locator("#conversation .bot-row").last


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, as the system's packages install it."""
    path = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(
            "The browser tests need Chromium: apt-get install chromium (or set CHROMIUM to its path).", pytrace=False
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The chat on a free port, in a thread."""
    import uvicorn

    from agent.interfaces.chat.server import HOST, application, listen

    analyst = FakeAnalyst()
    listening = listen(HOST, 0)
    app = application(cast(Analyst, analyst))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.started
    yield Served(f"http://{HOST}:{listening.getsockname()[1]}", analyst)
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def tab(browser: Any, served: Served) -> Iterator[Callable[..., Watched]]:
    """Open tabs, each a browser profile of its own; afterwards none has asked elsewhere or complained."""
    opened: list[Watched] = []
    contexts: list[Any] = []

    def new_tab(**options: Any) -> Watched:
        context = browser.new_context(**{"locale": "en-US", **options})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.on("request", lambda request: watched.requests.append(request.url))
        watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
        watched.page.on("console", lambda line: watched.errors.append(line.text) if line.type == "error" else None)
        watched.page.goto(served.url)
        watched.page.locator("#question textarea").wait_for()
        opened.append(watched)
        return watched

    yield new_tab
    for watched in opened:
        assert watched.requests
        elsewhere = [url for url in watched.requests if not url.startswith((served.url, "data:", "blob:"))]
        assert (elsewhere, watched.errors) == ([], [])
    for context in contexts:
        context.close()
