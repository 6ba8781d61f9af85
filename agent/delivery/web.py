"""Post to addresses that administrators set: https to the services' own hosts, in time, without redirects.

A webhook's address is a secret, so no error and no log line names it; callers say what they post to ("Feishu").
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx

from agent.addresses import is_loopback
from db.errors import DeliveryError, DeliveryRefused

SECONDS: Final = httpx.Timeout(10.0, connect=5.0)
FILE_SECONDS: Final = httpx.Timeout(60.0, connect=5.0)  # for a call that carries a file
MOST_WAIT = 3600.0  # seconds; a longer Retry-After is taken for a mistake
_MOST_ANSWER = 256 * 1024  # bytes of an answer that are read
T = TypeVar("T")


class _NoAddresses(logging.Filter):
    """httpx writes every address that it asks at level INFO."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


logging.getLogger("httpx").addFilter(_NoAddresses())


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered. ``json`` is empty where it is no JSON object."""

    status: int
    json: Mapping[str, Any]
    text: str


def checked(address: str, what: str, hosts: tuple[str, ...], loopback: bool = False) -> str:
    """The address, if a message may go there.

    Args:
        hosts: the service's own; these and those below them are allowed.
        loopback: lets it be http or https on this machine as well (for trials).

    Raises:
        DeliveryRefused: it is no https address of these hosts.
    """
    scheme, host = _parts(address, what)
    if loopback and scheme in {"http", "https"} and is_loopback(host):
        return address
    if scheme != "https":
        raise DeliveryRefused(f"The address of {what} must start with https://.", "Copy it anew.")
    if not any(host == known or host.endswith(f".{known}") for known in hosts):
        raise DeliveryRefused(f"The address is not one of {what}.", "Copy it anew.")
    return address


def checked_api(address: str, what: str) -> str:
    """The address of an API that the administrator set: https, or http on this machine; of any host, for a service may
    be installed in one's own network.

    Raises:
        DeliveryRefused: it is neither.
    """
    scheme, host = _parts(address, what)
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise DeliveryRefused(f"The address of {what} must start with https://.", "Correct it in shopops.toml.")
    return address


def _parts(address: str, what: str) -> tuple[str, str]:
    """Scheme and host. Raises DeliveryRefused."""
    try:
        parts = urlsplit(address)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host = ""
    if not host or parts.username is not None:
        raise DeliveryRefused(f"The address of {what} is not a web address.", "Copy it anew.")
    return parts.scheme, host


def post(
    address: str,
    what: str,
    body: Mapping[str, Any] | None = None,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    codes_of_its_own: bool = False,
) -> Reply:
    """Send JSON, or a form with files, to an address that was checked.

    Args:
        codes_of_its_own: an answer 4xx is handed back where it is JSON, since its code says more.

    Raises:
        DeliveryError: it cannot be reached in time, is busy (429) or broken (5xx).
        DeliveryRefused: it answers 3xx or 4xx.
    """
    try:
        with (
            httpx.Client(timeout=FILE_SECONDS if files else SECONDS, follow_redirects=False) as client,
            client.stream(method, address, json=body, headers=headers, data=form, files=files) as response,
        ):
            content = bytearray()
            for piece in response.iter_bytes():
                content += piece
                if len(content) > _MOST_ANSWER:
                    raise DeliveryError(f"{what} answered with too much.")
            reply = _reply(response.status_code, bytes(content))
            wait = retry_after(response.headers.get("retry-after"))
    except httpx.TimeoutException:
        raise DeliveryError(f"{what} did not answer in time.") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise DeliveryError(f"{what} cannot be reached ({type(error).__name__}).") from None
    if codes_of_its_own and 400 <= reply.status < 500 and reply.status != 429 and reply.json:
        return reply
    return _judged(reply, what, wait)


def patiently(
    call: Callable[[], T], tries: int, longest: float = 30.0, sleep: Callable[[float], None] = time.sleep
) -> T:
    """Call until it works: again after what may pass, as late as the service asks (else 1, 2, 4… seconds), if it asks
    for no more than ``longest`` seconds.

    Raises:
        DeliveryError: it did not work in so many tries. DeliveryRefused: at once.
    """
    for number in range(tries):
        try:
            return call()
        except DeliveryRefused:
            raise
        except DeliveryError as error:
            wait = float(2**number) if error.retry_after is None else error.retry_after
            if number + 1 == tries or wait > longest:
                raise
            sleep(wait)
    raise AssertionError("no try was made")


def retry_after(text: str | None) -> float | None:
    """The seconds of a ``Retry-After`` header; None where there is none or it is a date or nonsense."""
    try:
        seconds = float(text) if text else None
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds <= MOST_WAIT else None


def _reply(status: int, content: bytes) -> Reply:
    text = content.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    return Reply(status, parsed if isinstance(parsed, dict) else {}, text)


def _judged(reply: Reply, what: str, wait: float | None) -> Reply:
    if reply.status == 429:
        raise DeliveryError(f"{what} asks us to slow down.", retry_after=wait)
    if reply.status >= 500 or reply.status == 408:
        raise DeliveryError(f"{what} is out of order (HTTP {reply.status}).", retry_after=wait)
    if not 200 <= reply.status < 300:
        raise DeliveryRefused(f"{what} refused the message (HTTP {reply.status}).", "Check the channel's address.")
    return reply
