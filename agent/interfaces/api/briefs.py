"""Weekly briefs: list, read, fetch as a file, have one written."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from starlette.responses import FileResponse, Response

from agent.interfaces.api.bodies_shop import BriefIn, BriefOut, BriefsOut
from agent.interfaces.api.documents import FAILURES
from agent.interfaces.api.store import StoreQuery
from agent.interfaces.asking import gone, unless_gone
from agent.interfaces.guard import Guard, principal_of_request
from agent.interfaces.problems import NotFound
from agent.service import Service

Number = Annotated[int, Path(ge=1, le=2**53)]
KINDS = {"md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8", "pdf": "application/pdf"}
FILES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The brief.", "content": {kind.split(";")[0]: {} for kind in KINDS.values()}}
}
# A brief is a page of its own: with its styles and pictures inside, without scripts, and nothing from elsewhere.
_ALONE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"


def add_to(routes: APIRouter, guard: Guard) -> None:
    """Add the operations."""
    service = guard.service

    @routes.get("/briefs", response_model=BriefsOut, responses=FAILURES, tags=["briefs"])
    def list_briefs(request: Request, store: StoreQuery = None) -> Mapping[str, Any]:
        """Your own briefs of a store."""
        from db.state.briefs import Briefs

        name = store or service.settings.store
        kept = Briefs(service.state.engine).of(name, principal_of_request(request).name)
        return {"items": [_shown(brief) for brief in kept]}

    @routes.post("/briefs", status_code=201, response_model=BriefOut, responses=FAILURES, tags=["briefs"])
    async def write(request: Request, body: BriefIn) -> Response:
        """Have a brief written; it takes up to a minute. Closing the connection stops it."""
        who = principal_of_request(request)
        guard.question(who)

        def work(cancel: threading.Event) -> Mapping[str, Any]:
            from agent.brief import write_brief
            from db.state.briefs import Briefs

            brief = write_brief(service, body.store, body.week, language=body.language, principal=who, cancel=cancel)
            return _shown(Briefs(service.state.engine).get(brief.number, who.name), whole=True)

        made = await unless_gone(work, lambda: gone(request.receive))
        if made is None:
            return Response(status_code=499)
        return JSONResponse(BriefOut.model_validate(made).model_dump(mode="json"), 201)

    @routes.get("/briefs/{number}", response_model=BriefOut, responses=FAILURES, tags=["briefs"])
    def get_brief(request: Request, number: Number) -> Mapping[str, Any]:
        """One of your own briefs."""
        return _shown(_found(service, number, principal_of_request(request).name), whole=True)

    @routes.get("/briefs/{number}/{form}", responses=FAILURES | FILES, tags=["briefs"], response_class=Response)
    def get_brief_file(request: Request, number: Number, form: Literal["md", "html", "pdf"]) -> Response:
        """One of your own briefs as a file."""
        brief = _found(service, number, principal_of_request(request).name)
        folder = service.settings.data_dir.resolve()
        path = (folder / str(brief.files.get(form, ""))).resolve()
        if form not in brief.files or not path.is_relative_to(folder) or not path.is_file():
            raise NotFound("This brief has no such file.", "Its JSON lists the formats.")
        own = {"Cache-Control": "no-store", "Content-Security-Policy": _ALONE}
        kind = "attachment" if form != "html" else "inline"
        return FileResponse(
            path, media_type=KINDS[form], filename=path.name, headers=own, content_disposition_type=kind
        )


def _found(service: Service, number: int, name: str) -> Any:
    from db.state.briefs import Briefs

    brief = Briefs(service.state.engine).get(number, name)
    if brief is None:
        raise NotFound("There is no such brief of yours.", "GET /briefs lists them.")
    return brief


def _shown(brief: Any, whole: bool = False) -> Mapping[str, Any]:
    return {
        "number": brief.id,
        "store": brief.store,
        "week": brief.week,
        "language": brief.language,
        "title": brief.content.get("title", ""),
        "formats": sorted(brief.files),
        "created_at": brief.created_at,
        "content": dict(brief.content) if whole else None,
    }
