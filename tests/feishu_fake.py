"""A fake Feishu on 127.0.0.1: answers as its open API does, and sends sealed events to a bot."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from types import SimpleNamespace
from typing import Any

import httpx
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.web_fake import Asked, Fake

KEY, TOKEN, SECRET = "eNcRyPt-key", "vErIfY-token", "aPp-secret"


def open_api(asked: Asked) -> Any:
    """The recorded shapes of Feishu's answers."""
    path = asked.path.removeprefix("/open-apis")
    if path == "/auth/v3/tenant_access_token/internal":
        assert asked.json == {"app_id": "cli_1", "app_secret": SECRET}
        return {"code": 0, "msg": "ok", "tenant_access_token": "t-1", "expire": 7200}
    assert asked.headers["authorization"] == "Bearer t-1"
    if path == "/bot/v3/info":
        return {"code": 0, "msg": "ok", "bot": {"app_name": "ShopOps", "open_id": "ou_bot"}}
    if path == "/im/v1/images":
        return {"code": 0, "msg": "success", "data": {"image_key": "img_v2_1"}}
    if path == "/im/v1/files":
        return {"code": 0, "msg": "success", "data": {"file_key": "file_v2_1"}}
    return {"code": 0, "msg": "success", "data": {"message_id": f"om_reply_{len(asked.body)}"}}


def sealed(event: dict[str, Any], key: str = KEY) -> bytes:
    """An event's body as Feishu encrypts it."""
    start, pad = os.urandom(16), padding.PKCS7(128).padder()
    plain = pad.update(json.dumps(event, ensure_ascii=False).encode()) + pad.finalize()
    seal = Cipher(algorithms.AES256(hashlib.sha256(key.encode()).digest()), modes.CBC(start)).encryptor()
    return json.dumps({"encrypt": base64.b64encode(start + seal.update(plain) + seal.finalize()).decode()}).encode()


class Tenant:
    """A fake Feishu that sends to a bot."""

    def __init__(self, api: Fake, bot: SimpleNamespace) -> None:
        self.api, self.bot = api, bot

    def send(self, body: bytes, stamp: str | None = None, sign: str | None = None) -> httpx.Response:
        moment, nonce = stamp if stamp is not None else str(int(time.time())), "n0nce"
        signature = hashlib.sha256(f"{moment}{nonce}{KEY}".encode() + body).hexdigest() if sign is None else sign
        headers = {"x-lark-request-timestamp": moment, "x-lark-request-nonce": nonce, "x-lark-signature": signature}
        headers = {k: v for k, v in headers.items() if v != "none"}
        return httpx.post(f"{self.bot.address}/feishu/events", content=body, headers=headers)

    def event(self, kind: str, event: dict[str, Any], event_id: str, **more: Any) -> httpx.Response:
        header = {
            "event_id": event_id,
            "event_type": kind,
            "create_time": "1700000000000",
            "token": TOKEN,
            "app_id": "cli_1",
            "tenant_key": "k1",
            **more,
        }
        return self.send(sealed({"schema": "2.0", "header": header, "event": event}))

    def message(
        self, text: str, number: str = "1", user: str = "ou_ann", group: bool = False, **more: Any
    ) -> httpx.Response:
        mention = [
            {"key": "@_user_1", "id": {"open_id": "ou_bot", "union_id": "on_1", "user_id": ""}, "name": "ShopOps"}
        ]
        message = {
            "message_id": f"om_{number}",
            "create_time": "1700000000000",
            "chat_id": "oc_1",
            "chat_type": "group" if group else "p2p",
            "message_type": "text",
            "content": json.dumps({"text": f"@_user_1 {text}" if group else text}),
            "mentions": mention if group else None,
            **more,
        }
        sender = {
            "sender_id": {"open_id": user, "union_id": "on_2", "user_id": "e1"},
            "sender_type": "user",
            "tenant_key": "k1",
        }
        return self.event("im.message.receive_v1", {"sender": sender, "message": message}, f"ev_{number}")

    def press(self, button: dict[str, Any], number: str, user: str = "ou_ann") -> httpx.Response:
        event = {
            "operator": {"open_id": user, "user_id": "e1", "tenant_key": "k1"},
            "token": "c-1",
            "action": {"value": button["value"], "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": "om_reply_9", "open_chat_id": "oc_1"},
        }
        return self.event("card.action.trigger", event, f"press_{number}")

    def cards(self, number: int = 1) -> list[dict[str, Any]]:
        """The final cards, once there are so many."""

        def final() -> list[dict[str, Any]]:
            replies = [one for one in self.api.asked if "/im/v1/messages/" in one.path]
            contents = [json.loads(one.json["content"]) for one in replies]
            return [c for c in contents if "elements" in c and not any(b["value"]["do"] == "stop" for b in buttons(c))]

        self.api.until(lambda: len(final()) >= number)
        return final()


def buttons(card: dict[str, Any]) -> list[dict[str, Any]]:
    return [button for e in card["elements"] if e["tag"] == "action" for button in e["actions"]]
