"""The Slack bot by slack-bolt: mention, direct message and /ask, over HTTP or Socket Mode."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from agent.contracts import Language
from agent.delivery.slack_api import SECONDS, SlackApi, quiet
from agent.interfaces.bots import slack_blocks, words
from agent.interfaces.bots.desk import Desk, Rules
from agent.interfaces.bots.shape import Ask, Decide, Incoming, Refused, Request, Response, Stop
from agent.interfaces.bots.slack_outlet import Asked, Pressed, SlackOutlet
from agent.settings_bots import SlackBot
from agent.understand.text import detect_language

TRIES = 4  # of a call that Slack had no time for
_LINK = re.compile(r"<(?P<sign>[@#!]?)(?P<target>[^|>]*)(?:\|(?P<label>[^>]*))?>")
_STAMP = re.compile(r"[0-9]{1,12}")
_OWN_SUBTYPES = frozenset({"file_share", "thread_broadcast"})  # other subtypes are edits, joins and bots
Body = Mapping[str, Any]


class Slack:
    """One workspace's bot."""

    source = "slack"
    path = "/slack/events"

    def __init__(self, options: SlackBot, desk: Desk) -> None:
        self._options, self._desk = options, desk
        self._rules = Rules(options.users, options.personal, options.store)
        self._api = SlackApi(options.bot_token, options.api, TRIES)
        secret = options.signing_secret.get_secret_value() if options.signing_secret else ""
        self._verifier = SignatureVerifier(secret) if secret else None
        self._app = App(
            name="shopops",
            signing_secret=secret,
            authorize=_authorized,
            process_before_response=True,  # an event that cannot be claimed is answered 500: Slack sends it again
            logger=quiet,
        )
        self._listen()

    def _listen(self) -> None:
        app = self._app
        app.event("app_mention")(self._mentioned)
        app.event("message")(self._messaged)
        app.event(re.compile(".*"))(_nothing)
        app.command("/ask")(self._commanded)
        app.action(re.compile(rf"{slack_blocks.ASK}_\d+"))(self._chose)
        app.action(re.compile(rf"{slack_blocks.YES}|{slack_blocks.NO}"))(self._decided)
        app.action(slack_blocks.STOP)(self._stopped)

    def receive(self, request: Request) -> Response:
        """Verify the signature and hand over to Bolt. Raises Refused."""
        stamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        try:
            body = request.body.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused from None
        if self._verifier is None or not _STAMP.fullmatch(stamp) or not signature.isascii():
            raise Refused
        if not self._verifier.is_valid(body, stamp, signature):
            raise Refused
        try:
            asked = BoltRequest(body=body, headers=dict(request.headers))
        except ValueError:
            return Response(400)
        answer = self._app.dispatch(asked)
        kind = answer.headers.get("content-type", ["text/plain"])[0]
        again = {"x-slack-no-retry": "1"} if "x-slack-retry-num" in request.headers and answer.status == 200 else {}
        return Response(answer.status, answer.body or "", kind, again)

    def socket(self) -> SlackSocket | None:
        """Socket Mode, where it is set."""
        token = self._options.app_token
        return SlackSocket(self._app, token.get_secret_value(), self._options.api) if token else None

    def _mentioned(self, event: Body) -> None:
        if not _from_a_bot(event):
            self._ask(event, str(event["channel"]), private=False)

    def _messaged(self, event: Body) -> None:
        subtype = event.get("subtype")
        if event.get("channel_type") == "im" and not _from_a_bot(event) and subtype in (None, *_OWN_SUBTYPES):
            self._ask(event, str(event["channel"]), private=True)

    def _ask(self, event: Body, channel: str, private: bool) -> None:
        moment = str(event["ts"])
        outlet = SlackOutlet(self._api, channel, str(event.get("thread_ts") or moment))
        does = Ask(plain(str(event.get("text") or "")))
        # Named by the message, not by the event: a mention in direct messages comes as two events.
        self._desk.take(
            Incoming(self.source, f"{channel}:{moment}", str(event["user"]), does, private), outlet, self._rules
        )

    def _commanded(self, ack: Callable[..., Any], command: Body) -> None:
        user, channel, text = str(command["user_id"]), str(command["channel_id"]), plain(str(command.get("text") or ""))
        if not text.strip():
            ack(response_type="ephemeral", text=f"{words.HELP.en}\n{words.HELP.zh}")
            return
        language: Language = "zh" if detect_language(text) == "zh" else "en"
        outlet = SlackOutlet(self._api, channel, None, Asked(user, text, language))
        private = channel.startswith("D")
        incoming = Incoming(self.source, f"command:{command['trigger_id']}", user, Ask(text), private)
        self._desk.take(incoming, outlet, self._rules)
        ack()

    def _chose(self, ack: Callable[..., Any], body: Body) -> None:
        action, user = body["actions"][0], str(body["user"]["id"])
        text = str(action["value"])
        place = f"{body['channel']['id']}:{body['container']['message_ts']}"
        # Named by the button and not by the press: of two quick presses one is answered.
        self._pressed(body, f"{place}:{action['action_id']}:{user}", Ask(text), at_once=action["block_id"] == "choices")
        ack()

    def _decided(self, ack: Callable[..., Any], body: Body) -> None:
        action = body["actions"][0]
        language, proposal = json.loads(action["value"])
        does = Decide(str(proposal), action["action_id"] == slack_blocks.YES, "zh" if language == "zh" else "en")
        self._pressed(body, _press(body), does, at_once=False)
        ack()

    def _stopped(self, ack: Callable[..., Any], body: Body) -> None:
        language: Language = "zh" if body["actions"][0]["value"] == "zh" else "en"
        self._pressed(body, _press(body), Stop(language), at_once=False)
        ack()

    def _pressed(self, body: Body, event: str, does: Ask | Decide | Stop, *, at_once: bool) -> None:
        channel, message, user = str(body["channel"]["id"]), body.get("message") or {}, str(body["user"]["id"])
        moment = str(body["container"]["message_ts"])
        thread = str(message.get("thread_ts") or body["container"].get("thread_ts") or moment)
        action = body["actions"][0]
        label = str(action["text"]["text"])
        pressed = Pressed(user, moment, list(message.get("blocks") or ()), str(action["block_id"]), label, at_once)
        outlet = SlackOutlet(self._api, channel, thread, pressed=pressed)
        incoming = Incoming(self.source, event, user, does, channel.startswith("D"))
        self._desk.take(incoming, outlet, self._rules)


class SlackSocket:
    """The connection of Socket Mode, kept open; it is made in the background, so that Slack's absence stops nobody."""

    def __init__(self, app: App, token: str, address: str) -> None:
        client = WebClient(base_url=address, timeout=SECONDS, logger=quiet, retry_handlers=[])
        self._handler = SocketModeHandler(app, token, logger=quiet, web_client=client)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="slack-socket", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether events can come in right now."""
        return bool(self._handler.client.is_connected())

    def close(self) -> None:
        """End the connection."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(SECONDS)
        self._handler.close()  # type: ignore[no-untyped-call]

    def _connect(self) -> None:
        wait = 1.0
        while not self._ended.is_set():
            try:
                self._handler.connect()  # type: ignore[no-untyped-call]
                return
            except Exception as error:  # whatever it is, later may be better; its text may hold the address
                quiet.error("Slack's Socket Mode cannot be reached (%s).", type(error).__name__)
            self._ended.wait(wait)
            wait = min(wait * 2, 60.0)


def plain(text: str) -> str:
    """What a person typed, from Slack's markup.

    >>> plain("<@U1> sales of <#C2|shoes> &amp; <http://a.example|boots> <!here>?")
    'sales of #shoes & boots ?'
    """

    def shown(found: re.Match[str]) -> str:
        if found["sign"] in {"@", "!"}:
            return ""
        return f"{found['sign']}{found['label'] or found['target']}"

    return unescape(_LINK.sub(shown, text)).strip()


def _authorized(team_id: str | None = None, enterprise_id: str | None = None) -> AuthorizeResult:
    """Bolt asks whose token to use; it is handed none, since all calls are made by :class:`SlackApi`."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="unused")  # noqa: S106


def _press(body: Body) -> str:
    action = body["actions"][0]
    return (
        f"press:{body['channel']['id']}:{body['container']['message_ts']}:{action['action_id']}:{action['action_ts']}"
    )


def _from_a_bot(event: Body) -> bool:
    return bool(event.get("bot_id")) or not event.get("user")


def _nothing() -> None:
    """Other events are acknowledged, so that Slack does not send them again."""
