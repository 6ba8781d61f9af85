"""What stands before every operation: size, limits, who asks; and every end as an answer or a problem document."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakValueDictionary

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive

from agent.contracts import Principal
from agent.interfaces import problems
from agent.interfaces.identity import address_of, principal_of
from agent.interfaces.throttle import Throttle
from agent.service import Service
from db.errors import ShopOpsError
from db.state.accounts import OPERATOR

LARGEST_BODY = 64 * 1024  # bytes; a question has 2,000 characters
log = logging.getLogger("shopops.api")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Guard:
    """Limits and identity of one service's API and MCP server."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self.service = service
        self._address = Throttle(settings.address_limit)
        self._requests = Throttle(settings.request_limit)
        self._questions = Throttle(settings.question_limit)

    async def admit(self, request: Request) -> Principal:
        """Who asks, where they may ask now.

        Raises:
            SignInNeeded, PermissionRefused: as :func:`agent.interfaces.identity.principal_of`.
            TooOften: the address or the principal asks too often.
        """
        address = address_of(request)
        waits = self._address.wait([address])
        if waits:
            raise problems.TooOften(waits)
        try:
            principal = await run_in_threadpool(principal_of, request, self.service)
        except ShopOpsError:
            self._address.count([address])
            raise
        if principal.name != OPERATOR:  # the machine's owner is not kept from the own machine
            self._address.count([address])
            self._take(self._requests, principal)
        return principal

    def question(self, principal: Principal) -> None:
        """Count what makes work: a question, a tool, a brief. Raises TooOften."""
        if principal.name != OPERATOR:
            self._take(self._questions, principal)

    @staticmethod
    def _take(throttle: Throttle, principal: Principal) -> None:
        waits = throttle.take([principal.name])
        if waits:
            raise problems.TooOften(waits)


_GUARDS: WeakValueDictionary[int, Guard] = WeakValueDictionary()  # a guard that is in use keeps its service, and its id


def guard_of(service: Service) -> Guard:
    """The one guard of a service: API and MCP count together."""
    guard = _GUARDS.get(id(service))
    if guard is None:
        guard = _GUARDS[id(service)] = Guard(service)
    return guard


def guarded_route(guard: Guard) -> type[APIRoute]:
    """The class of routes whose every request passes the guard; the principal is in ``request.state.principal``."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            handler = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    request.state.principal = await guard.admit(request)
                    response = await handler(Request(request.scope, _limited(request)))
                    response.headers.setdefault("Cache-Control", "no-store")
                    return response
                except ShopOpsError as error:
                    return problems.problem(error)
                except RequestValidationError as error:
                    return problems.invalid(error)
                except HTTPException as error:
                    return problems.of_status(error.status_code)
                except ClientDisconnect:
                    return Response(status_code=499)  # nobody reads it
                except Exception:
                    log.exception("%s %s failed", request.method, self.path)
                    return problems.of_status(500)

            return answer

    return Guarded


def principal_of_request(request: Request) -> Principal:
    """The principal that the guard found."""
    found: Principal = request.state.principal
    return found


def _limited(request: Request) -> Receive:
    """The request's messages, up to the largest body."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > LARGEST_BODY:
        raise problems.TooLarge(f"A request has at most {LARGEST_BODY // 1024} KB.", "Send less at once.")
    read = 0

    async def receive() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            raise HTTPException(413)  # the framework lets no other error through while it reads a body
        return message

    return receive
