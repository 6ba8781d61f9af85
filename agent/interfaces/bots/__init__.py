"""Bots of Slack, Feishu (Lark) and DingTalk: their endpoints, Slack's Socket Mode, and an end that loses no answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from fastapi import APIRouter

    from agent.interfaces.bots.face import Bots
    from agent.service import Service

__all__ = ["router", "start", "stop"]

_open: WeakKeyDictionary[Service, Bots] = WeakKeyDictionary()
_lock = threading.Lock()


def router(service: Service) -> APIRouter:
    """The endpoints of the bots that are set; each verifies who sends, so no sign-in stands before them."""
    return _bots(service).router()


def start(service: Service) -> None:
    """Open Slack's Socket Mode where it is set; returns at once."""
    _bots(service).start()


def stop(service: Service, seconds: float = 10.0) -> None:
    """Take nothing more, let answers under way finish for so long, and close Socket Mode."""
    with _lock:
        bots = _open.pop(service, None)
    if bots is not None:
        bots.stop(seconds)


def _bots(service: Service) -> Bots:
    from agent.interfaces.bots.face import Bots

    with _lock:
        found = _open.get(service) or Bots(service)
        if found.any:  # else there is nothing to stop, and nothing to hold on to
            _open[service] = found
        return found
