"""All operations of the API, and its OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match

from agent.interfaces import problems
from agent.interfaces.api import asking, briefs, documents, kept, store, work
from agent.interfaces.guard import guard_of, guarded_route
from agent.service import Service

PREFIX = "/api/v1"
ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
PARTS = (asking, kept, store, work, briefs)  # a new part is one file and one word here


def router(service: Service) -> APIRouter:
    """Every operation under ``/api/v1``, what is not there included, so that no other face answers for it."""
    guard = guard_of(service)
    routes = APIRouter(prefix=PREFIX, route_class=guarded_route(guard))
    for part in PARTS:
        part.add_to(routes, guard)
    offered = [route for route in routes.routes if isinstance(route, APIRoute)]
    for route in offered:
        route.operation_id = route.operation_id or route.name
    made: dict[str, Any] = {}

    async def openapi() -> Response:
        """The document of the API; needs no sign-in, for it tells nothing of this shop."""
        if not made:
            made.update(documents.document(list(offered)))
        return JSONResponse(made)

    async def elsewhere(request: Request) -> Response:
        return problems.problem(_missing(request, offered))

    plain: dict[str, Any] = {"include_in_schema": False, "route_class_override": APIRoute}
    routes.add_api_route("/openapi.json", openapi, methods=["GET"], **plain)
    routes.add_api_route("/{rest:path}", elsewhere, methods=ANY_METHOD, **plain)
    return routes


def _missing(request: Request, offered: list[APIRoute]) -> problems.NotFound | problems.NotThatWay:
    methods: list[str] = []
    for route in offered:
        found: BaseRoute = route
        if found.matches(request.scope)[0] is Match.PARTIAL:
            methods += sorted(route.methods or ())
    if methods:
        return problems.NotThatWay(tuple(dict.fromkeys(methods)))
    return problems.NotFound("There is nothing at this address.", f"{PREFIX}/openapi.json lists what there is.")
