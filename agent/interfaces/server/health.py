"""Whether the process lives, whether it can work, and its figures for Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from agent.service import Service
from agent.telemetry import Telemetry
from db.errors import ShopOpsError

READY_SECONDS = 5.0  # an answer of the readiness check holds for so long: probes come every few seconds
Probe = Callable[[], str]
"""What a part says of itself; raises ShopOpsError where it cannot work."""


class Readiness:
    """Asks every part whether it can work, at most every few seconds."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        """``probes``: what each part says of itself, by name."""
        self.draining = False
        self._probes = probes
        self._known: tuple[float, bool, dict[str, str]] | None = None
        self._lock = threading.Lock()

    def check(self) -> tuple[bool, dict[str, str]]:
        """Whether all can work, and what each says."""
        with self._lock:
            if self._known is None or monotonic() - self._known[0] > READY_SECONDS:
                self._known = (monotonic(), *_asked(self._probes.items()))
            _, well, parts = self._known
        if self.draining:
            return False, {**parts, "server": "stopping"}
        return well, parts


def _asked(probes: Iterable[tuple[str, Probe]]) -> tuple[bool, dict[str, str]]:
    well, parts = True, {}
    for name, probe in probes:
        try:
            parts[name] = probe()
        except ShopOpsError as error:
            well, parts[name] = False, error.code
        except Exception:  # a probe's fault is an answer, too
            well, parts[name] = False, "internal"
    return well, parts


def store_probe(service: Service) -> Probe:
    """Whether the store of the settings can be opened and asked."""

    def probe() -> str:
        service.analyst()
        return "ok"

    return probe


def state_probe(service: Service) -> Probe:
    """Whether the state can be read."""

    def probe() -> str:
        service.state.turn("-")
        return "ok"

    return probe


def router(readiness: Readiness, telemetry: Telemetry, allowed: Callable[[Request], object]) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``.

    Args:
        allowed: raises SignInNeeded for whom the figures are not; health and readiness are everybody's.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz")
    def readyz() -> Response:
        well, parts = readiness.check()
        content: dict[str, Any] = {"status": "ready" if well else "not ready", "parts": parts}
        return JSONResponse(content, 200 if well else 503)

    @routes.get("/metrics")
    def metrics(request: Request) -> Response:
        try:
            allowed(request)
        except ShopOpsError as error:
            return JSONResponse({"error": error.code}, 401)
        return Response(telemetry.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
