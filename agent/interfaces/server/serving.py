"""Run the server until a signal: then no new questions, running answers finish, and the rest is closed in order.

The first signal drains: readiness says so at once, new questions are refused, and what is being answered may finish
within ``shutdown_seconds``. A second signal ends it at once.
"""

from __future__ import annotations

import gc
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from agent.interfaces.server.application import Parts, parts_of
from agent.interfaces.web import listen
from agent.settings import Settings

CLOSING_SECONDS = 2  # open tabs hold a connection: after the answers are out it is cut
log = logging.getLogger("shopops.server")


class Draining(uvicorn.Server):
    """A server whose first signal lets answers finish.

    Args:
        drain: called in a thread of its own; returns when all is said, or when patience ends.
    """

    def __init__(self, config: uvicorn.Config, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain
        self._told = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal, leave at the second."""
        if self._told:
            self.should_exit = self.force_exit = True
            return
        self._told = True
        threading.Thread(target=self._leave, name="drain", daemon=True).start()

    def _leave(self) -> None:
        try:
            self._drain()
        finally:
            self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours instead of uvicorn's, which sends the signals on to the process when all is closed: we end with 0."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(settings: Settings, *, host: str, port: int, work: bool = True, say: Callable[[str], None] = print) -> None:
    """Serve all faces until a signal.

    Args:
        work: run schedules, alert rules and the outbox in this process as well.
        say: gets the one line that tells where it listens.

    Raises:
        SettingsError: the address cannot be used, or is open to others while nobody has to sign in.
        ShopOpsError: the state or the store cannot be opened.
    """
    listening = listen(host, port)
    gc.disable()  # what the start imports stays: looking through it again and again was a fifth of the start
    try:
        with parts_of(settings, host, work=work) as parts:
            gc.freeze()
            gc.enable()
            config = uvicorn.Config(
                parts.app, log_config=None, lifespan="on", access_log=False, timeout_graceful_shutdown=CLOSING_SECONDS
            )
            server = Draining(config, lambda: _drain(parts, settings.shutdown_seconds))
            shown = f"[{host}]" if ":" in host else host
            say(f"ShopOps: http://{shown}:{listening.getsockname()[1]}  (Ctrl-C ends it)")
            server.run(sockets=[listening])
    finally:
        gc.enable()
        listening.close()


def _drain(parts: Parts, seconds: float) -> None:
    """No new questions; wait for those that run."""
    parts.readiness.draining = True
    running = parts.telemetry.running
    if running:
        log.info("stopping: %d answers may finish", running)
    if not parts.telemetry.wait_idle(seconds):
        log.warning("stopping: answers took longer than %g s and are cut off", seconds)
