"""Feishu's envelope: the signature of a request, its age, and its encrypted body. Anything doubtful is refused."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from agent.interfaces.bots.shape import Refused, Request
from agent.settings_bots import FeishuBot

FRESH = 600  # seconds that a signed request may be old, or early
_STAMP = re.compile(r"[0-9]{1,12}")
_BLOCK = 16


def opened(request: Request, options: FeishuBot, now: float) -> dict[str, Any]:
    """The event inside a request that Feishu sent.

    Signed first, opened then. Only the check of the address, when it is set in Feishu's console, comes unsigned: it
    must hold the verification token and does nothing.

    Raises:
        Refused: it is not Feishu's, for another application, or too old.
    """
    key = options.encrypt_key.get_secret_value()
    signed = _signed(request, key, now)
    event = _decrypted(request.body, key)
    header = event.get("header")
    header = header if isinstance(header, dict) else {}
    if not _same(header.get("token", event.get("token")), options.verification_token.get_secret_value()):
        raise Refused
    if event.get("type") == "url_verification":
        return event
    if not signed or not _same(header.get("app_id"), options.app_id):
        raise Refused
    return event


def signature(stamp: str, nonce: str, key: str, body: bytes) -> str:
    """Feishu's signature of a request."""
    return hashlib.sha256(f"{stamp}{nonce}{key}".encode() + body).hexdigest()


def _signed(request: Request, key: str, now: float) -> bool:
    """Whether it carries a signature; one that is wrong or too old is refused."""
    found = request.headers.get("x-lark-signature")
    if found is None:
        return False
    stamp, nonce = request.headers.get("x-lark-request-timestamp", ""), request.headers.get("x-lark-request-nonce", "")
    if not _STAMP.fullmatch(stamp) or abs(now - int(stamp)) > FRESH:
        raise Refused
    if not _same(found, signature(stamp, nonce, key, request.body)):
        raise Refused
    return True


def _same(found: object, expected: str) -> bool:
    return isinstance(found, str) and hmac.compare_digest(found.encode(), expected.encode())


def _decrypted(body: bytes, key: str) -> dict[str, Any]:
    """The JSON of ``{"encrypt": …}``: AES-256-CBC under the SHA-256 of the key, the first block its start."""
    try:
        outer = json.loads(body)
        sealed = base64.b64decode(outer["encrypt"], validate=True)
        cipher = Cipher(algorithms.AES256(hashlib.sha256(key.encode()).digest()), modes.CBC(sealed[:_BLOCK]))
        opener, unpad = cipher.decryptor(), padding.PKCS7(_BLOCK * 8).unpadder()
        plain = unpad.update(opener.update(sealed[_BLOCK:]) + opener.finalize()) + unpad.finalize()
        event = json.loads(plain)
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise Refused from None
    if not isinstance(event, dict):
        raise Refused
    return event
