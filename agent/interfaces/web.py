"""What every face in a browser shares: the socket, the hosts it answers to, and the headers that protect a page."""

from __future__ import annotations

import errno
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from db.errors import SettingsError

# The browser itself holds the promise: whatever a page or an answer names, only this server is asked.
# Vega compiles its expressions and Gradio writes styles and scripts inline, hence the two 'unsafe' words.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"referrer-policy", b"same-origin"),  # nothing elsewhere; under "no-referrer" the sign-in form has Origin: null
    (b"x-content-type-options", b"nosniff"),
)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, never listened on by itself


def listen(host: str, port: int) -> socket.socket:
    """A socket on that address, taken before anything slow is opened. Port 0 takes any free one.

    Raises:
        SettingsError: the port is taken or not allowed, or the host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP by name: asyncio turns Nagle off for such sockets only, and each piece of a stream would wait 40 ms
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        number = getattr(error, "errno", None)
        if number == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} is taken.", f"End what uses it, or give another port, e.g. {port + 1}."
            ) from None
        if number == errno.EACCES:
            raise SettingsError(f"Port {port} needs more rights.", "Give a port of 1024 or more.") from None
        raise SettingsError(
            f"ShopOps cannot listen on {host}:{port}.", "Give 127.0.0.1 and a port up to 65535."
        ) from None
    return listening


def trusted(app: App, host: str, public: str | None = None) -> App:
    """The same application, answering to its own names only.

    A page elsewhere must not reach this server through a name of its own that resolves here (DNS rebinding).

    Args:
        host: the address that it listens on. public: the name under which a proxy makes it known.
    """
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    names = [*LOCAL_NAMES, host, *([public] if public else [])]
    return TrustedHostMiddleware(app, ["*"] if host in EVERYWHERE else [*dict.fromkeys(names)])


def guarded(app: App) -> App:
    """The same application with the protecting headers on every response."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await app(scope, receive, with_headers if scope["type"] == "http" else send)

    return answer
