"""All bots of one process: which are set, and where they listen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi import Request as WebRequest
from fastapi import Response as WebResponse
from starlette.concurrency import run_in_threadpool

from agent.interfaces.bots.desk import Desk
from agent.interfaces.bots.shape import Bot, Refused, Request, Response
from agent.service import Service
from db.errors import StoreError

if TYPE_CHECKING:
    from agent.interfaces.bots.slack import SlackSocket

MOST_BYTES = 1024 * 1024  # of a request; services send a few KB


class Bots:
    """Opens what the settings name; without any it imports none of the services' libraries."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self._desk = Desk(service)
        self._http: list[Bot] = []
        self._socket: SlackSocket | None = None
        if settings.slack is not None:
            from agent.interfaces.bots.slack import Slack

            slack = Slack(settings.slack, self._desk)
            self._socket = slack.socket()
            if settings.slack.signing_secret is not None:
                self._http.append(slack)
        if settings.feishu is not None:
            from agent.interfaces.bots.feishu import Feishu

            self._http.append(Feishu(settings.feishu, self._desk))
        if settings.dingtalk is not None:
            from agent.interfaces.bots.dingtalk import DingTalk

            self._http.append(DingTalk(settings.dingtalk, self._desk))

    @property
    def any(self) -> bool:
        """Whether a bot is set at all."""
        return bool(self._http) or self._socket is not None

    def router(self) -> APIRouter:
        """One POST endpoint a bot."""
        router = APIRouter(include_in_schema=False)
        for bot in self._http:
            router.add_api_route(bot.path, _endpoint(bot), methods=["POST"])
        return router

    def start(self) -> None:
        """Open Socket Mode where it is set."""
        if self._socket is not None:
            self._socket.start()

    def stop(self, seconds: float) -> None:
        """End within about so many seconds."""
        if self._socket is not None:
            self._socket.close()
        self._desk.close(seconds)


def _endpoint(bot: Bot) -> Callable[[WebRequest], Awaitable[WebResponse]]:
    async def endpoint(request: WebRequest) -> WebResponse:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return WebResponse(status_code=413)
        seen = Request({name.lower(): value for name, value in request.headers.items()}, bytes(body))
        answer = await run_in_threadpool(_received, bot, seen)
        return WebResponse(answer.body, answer.status, dict(answer.headers), answer.media_type)

    return endpoint


def _received(bot: Bot, request: Request) -> Response:
    try:
        return bot.receive(request)
    except Refused:
        return Response(401)
    except StoreError:  # the service sends it again, and then there may be room
        return Response(503, headers={"retry-after": "5"})
