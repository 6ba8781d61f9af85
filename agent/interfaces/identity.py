"""Who asks: a token, a session, or the machine's owner where nobody else is known. The same rule for every face."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.contracts import Principal
from agent.principals import principal_of_user
from agent.service import Service
from db.errors import PermissionRefused, SignInNeeded
from db.state.accounts import Accounts
from db.state.tokens import Tokens

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

COOKIE = "shopops_session"
SECURE_COOKIE = "__Host-shopops_session"  # over https: browsers then bind it to this host and to https
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")  # a proxy speaks for someone else
_OWN_SITE = frozenset({"same-origin", "none"})


def principal_of(request: HTTPConnection, service: Service) -> Principal:
    """Who sends this request.

    A bearer token wins, then the session's cookie. With no user at all, whoever asks from this machine is its owner.
    The rights are read anew each time, so a change or a revoked token holds from the next request on.

    Raises:
        SignInNeeded: nobody is signed in, or the token does not hold.
        PermissionRefused: a page of another site sent it with this browser's cookie.
        StoreLocked, StoreError: the state cannot be read.
    """
    bearer = bearer_of(request)
    if bearer is not None:
        user = Tokens(service.state).user(bearer, "api")
        if user is None:
            raise SignInNeeded("This token does not hold.", "It may be revoked or expired: ask for a new one.")
        return principal_of_user(user)
    check_same_site(request)
    cookie = session_of(request)
    user = Tokens(service.state).user(cookie, "session") if cookie else None
    if user is not None:
        return principal_of_user(user)
    if from_this_machine(request) and not Accounts(service.state).any():
        return Principal()
    raise SignInNeeded("Nobody is signed in.", "Sign in, or send a token (Authorization: Bearer …).")


def check_same_site(request: HTTPConnection) -> None:
    """Refuse what a page of another site sends in this browser's name; programs send neither header.

    Raises:
        PermissionRefused: the request comes from elsewhere and would change something.
    """
    if request.scope.get("method", "GET") in SAFE_METHODS and request.scope["type"] != "websocket":
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    # Under our own "no-referrer" a browser sends the origin of our own forms as "null": then the other header counts.
    told = origin is not None and not (origin == "null" and site is not None)
    foreign = told and urlsplit(str(origin)).netloc.lower() != request.headers.get("host", "").lower()
    if foreign or (site is not None and site not in _OWN_SITE):
        raise PermissionRefused("This request comes from another site.", "Open ShopOps itself and try again there.")


def from_this_machine(request: HTTPConnection) -> bool:
    """Whether the other end is on this machine, and speaks for itself."""
    if any(name in request.headers for name in _FORWARDED) or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def address_of(request: HTTPConnection) -> str:
    """Where a request comes from, as it is counted: of IPv6 the network, for a host there has 2⁶⁴ addresses."""
    host = request.client.host if request.client else "-"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


def bearer_of(request: HTTPConnection) -> str | None:
    """The bearer token of a request; empty where the header is of another kind or broken."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    kind, _, secret = header.partition(" ")
    return secret.strip() if kind.casefold() == "bearer" else ""


def session_of(request: HTTPConnection) -> str | None:
    """The session's secret from its cookie."""
    return request.cookies.get(SECURE_COOKIE if is_https(request) else COOKIE)


def is_https(request: HTTPConnection) -> bool:
    """Whether the browser's connection is encrypted (a proxy says so through uvicorn's trusted headers)."""
    return request.url.scheme in {"https", "wss"}
