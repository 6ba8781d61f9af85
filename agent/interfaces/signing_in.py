"""The sign-in page, signing in and signing out. Plain HTML without a script; both languages."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.interfaces import identity
from agent.interfaces.signing_in_page import Said, page, spoken
from agent.interfaces.throttle import Throttle
from agent.service import Service
from db.errors import PermissionRefused, ShopOpsError, SignInNeeded, UsageError
from db.state.accounts import Accounts, User, user_name
from db.state.tokens import LONGEST, Tokens

PATH, OUT = "/signin", "/signout"
FORM_BYTES = 4_096  # a name, a password and where to go
# Failed tries. By address and name: guessing at one account. By address: going through names. By name: many addresses
# at one account; wide, for whoever fills it keeps the user out as well.
BY_BOTH, BY_ADDRESS, BY_NAME = "5/minute;20/hour", "20/minute;100/hour", "100/hour"
log = logging.getLogger("shopops.signin")


def router(service: Service) -> APIRouter:
    """``GET /signin``, ``POST /signin`` and ``POST /signout``."""
    routes, desk = APIRouter(include_in_schema=False), _Desk(service)
    routes.add_api_route(PATH, desk.show, methods=["GET"])
    routes.add_api_route(PATH, desk.sign_in, methods=["POST"])
    routes.add_api_route(OUT, desk.sign_out, methods=["POST"])
    return routes


def ask_to_sign_in(request: HTTPConnection) -> Response:
    """Where a browser that is not signed in is sent."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{PATH}?next={quote(here, safe='')}", status_code=303)


class _Desk:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._both, self._address, self._name = Throttle(BY_BOTH), Throttle(BY_ADDRESS), Throttle(BY_NAME)

    async def show(self, request: Request) -> Response:
        """The page; who is signed in already goes on."""
        goal = _goal(request.query_params.get("next", "/"))
        try:
            await run_in_threadpool(identity.principal_of, request, self._service)
        except SignInNeeded:
            return _page(request, goal)
        except ShopOpsError:
            return _page(request, goal, "unavailable", 503)
        return RedirectResponse(goal, status_code=303)

    async def sign_in(self, request: Request) -> Response:
        """Name and password against a session's cookie."""
        try:
            identity.check_same_site(request)
        except PermissionRefused:
            return _page(request, "/", "foreign", 403)
        form = await _form(request)
        if form is None:
            return _page(request, "/", "unreadable", 413)
        name, password, goal = form.get("name", ""), form.get("password", ""), _goal(form.get("next", "/"))
        address = identity.address_of(request)
        keys = ((self._both, f"{address} {_key(name)}"), (self._address, address), (self._name, _key(name)))
        wait = max(throttle.wait([key]) for throttle, key in keys)
        if wait:
            return _page(request, goal, "throttled", 429, name, {"Retry-After": str(wait)})
        for throttle, key in keys:  # counted before it is known: tries at once do not slip through
            throttle.count([key])
        try:
            user = await run_in_threadpool(Accounts(self._service.state).check, name, password)
            if user is None:
                await run_in_threadpool(self._failed, name)
                return _page(request, goal, "wrong", 401, name)
            self._both.forget([keys[0][1]])
            return await run_in_threadpool(self._signed_in, request, user, goal)
        except ShopOpsError:
            return _page(request, goal, "unavailable", 503, name)

    async def sign_out(self, request: Request) -> Response:
        """End the session and take the cookie back."""
        try:
            identity.check_same_site(request)
            secret = identity.session_of(request)
            if secret:
                await run_in_threadpool(Tokens(self._service.state).close_session, secret)
        except PermissionRefused:
            return _page(request, "/", "foreign", 403)
        except ShopOpsError:
            return _page(request, "/", "unavailable", 503)
        response = RedirectResponse(PATH, status_code=303)
        _set_cookie(response, request, "", 0)
        return response

    def _signed_in(self, request: Request, user: User, goal: str) -> Response:
        tokens, old = Tokens(self._service.state), identity.session_of(request)
        if old:
            tokens.close_session(old)
        response = RedirectResponse(goal, status_code=303)
        _set_cookie(response, request, tokens.open_session(user), int(LONGEST.total_seconds()))
        return response

    def _failed(self, name: str) -> None:
        """Into the trail, under the user's name only where there is one: people type passwords into the wrong box."""
        known = Accounts(self._service.state).find(name)
        self._service.state.append_audit(known.name if known else "nobody", "sign_in_failed", {}, datetime.now(UTC))


def _set_cookie(response: Response, request: Request, secret: str, seconds: int) -> None:
    https = identity.is_https(request)
    response.set_cookie(
        identity.SECURE_COOKIE if https else identity.COOKIE,
        secret, max_age=seconds, path="/", secure=https, httponly=True, samesite="lax",
    )  # fmt: skip


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a small form; None where it is too large or none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES:
            return None
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=10)
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items()}


def _key(name: str) -> str:
    """The name as it is counted: however it is written, it is the same account."""
    try:
        return user_name(name)
    except UsageError:
        return "-"


def _goal(path: str) -> str:
    """Where to go afterwards: a place of this server and no other."""
    local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if local and not path.startswith(PATH) else "/"


def _page(
    request: Request,
    goal: str,
    said: Said = "nothing",
    status: int = 200,
    name: str = "",
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    language = spoken(request.query_params.get("language"), request.headers.get("accept-language", ""))
    own = {
        # Stricter than the other pages: no script at all, and nothing is kept by browser or proxy.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Cookie",
        **(headers or {}),
    }
    return HTMLResponse(page(language, goal, said, name), status, own)
