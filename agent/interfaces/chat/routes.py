"""What the page fetches beside Gradio's stream: its frame, its script and style, the tabs, and tables as files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from agent.contracts import Answer
from agent.interfaces.chat import words
from agent.interfaces.chat.tabs import ADMINS_ONLY, NotFound, action
from agent.interfaces.chat.tabs.connect import forget_folder, look
from agent.interfaces.chat.tabs.proposals import exported
from agent.interfaces.chat.uploads import MOST_FILES, check_length, received
from agent.interfaces.chat.views.shell import shell_html
from agent.interfaces.chat.visit import Recent, Visit, visit_of
from agent.kept import answer_of
from agent.present.sheets import CSV, XLSX, csv_bytes, xlsx_bytes
from agent.service import Service
from db.errors import ShopOpsError, SignInNeeded
from db.state.answers import Answers

OURS = "x-shopops"  # a header that no other site's page can send without being asked first (CORS)
SCRIPTS = ("start.js", "thread.js", "answer.js", "chart.js", "draw.js", "panels.js")
STYLES = ("base.css", "thread.css", "panels.css")
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}  # the address changes with the content
_PRIVATE = {"cache-control": "no-store"}
log = logging.getLogger("shopops.chat")


@lru_cache(maxsize=2)
def asset(names: tuple[str, ...]) -> bytes:
    """Files of the static folder, one behind the other."""
    folder = files("agent.interfaces.chat") / "static"
    return b"\n".join((folder / name).read_bytes() for name in names)


def version() -> str:
    """Changes with script and style."""
    return sha256(asset(SCRIPTS) + asset(STYLES)).hexdigest()[:12]


def router(service: Service, recent: Recent) -> APIRouter:
    """The routes under /chat."""
    routes, desk = APIRouter(prefix="/chat", include_in_schema=False), _Desk(service, recent)
    routes.add_api_route("/app.js", script, methods=["GET"])
    routes.add_api_route("/app.css", style, methods=["GET"])
    routes.add_api_route("/frame", desk.frame, methods=["GET"])
    routes.add_api_route("/do/{name}", desk.do, methods=["POST"])
    routes.add_api_route("/upload", desk.upload, methods=["POST"])
    routes.add_api_route("/answers/{answer_id}/{evidence_id}.{ending}", desk.table, methods=["GET"])
    routes.add_api_route("/exports/{name}", desk.export, methods=["GET"])
    routes.add_api_route("/briefs/{number}.{kind}", desk.brief, methods=["GET"])
    return routes


def script() -> Response:
    """The page's script."""
    return Response(asset(SCRIPTS), media_type="text/javascript", headers=_FOREVER)


def style() -> Response:
    """The page's style."""
    return Response(asset(STYLES), media_type="text/css", headers=_FOREVER)


class _Desk:
    """What is done for whoever sends a request; what went wrong becomes one sentence."""

    def __init__(self, service: Service, recent: Recent) -> None:
        self._service, self._recent = service, recent

    def frame(self, request: Request) -> Response:
        """What stands around the conversation."""
        return self._done(request, lambda visit: HTMLResponse(shell_html(visit), headers=_PRIVATE))

    def do(self, name: str, request: Request, asked: dict[str, Any]) -> Response:
        """An action of a tab."""
        if request.headers.get(OURS) != "1":
            return JSONResponse({"error": "Use the page."}, 403)

        def work(visit: Visit) -> Response:
            if name in ADMINS_ONLY and not visit.admin:
                raise NotFound(name)
            return JSONResponse(action(name)(visit, asked), headers=_PRIVATE)

        return self._done(request, work)

    async def upload(self, request: Request) -> Response:
        """Files of an administrator's own shop: looked at, and shown."""
        if request.headers.get(OURS) != "1":
            return JSONResponse({"error": "Use the page."}, 403)
        visit = await run_in_threadpool(self._admin, request)
        if isinstance(visit, Response):
            return visit
        try:
            check_length(request)
            async with request.form(max_files=MOST_FILES, max_fields=10) as form:
                files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
                paths = await received(files, visit.service.settings.stores_folder)
                asked = {name: str(form.get(name, "")) for name in ("name", "currency")}
        except ShopOpsError as error:
            return JSONResponse({"error": str(error)}, 400, headers=_PRIVATE)
        except HTTPException:
            return JSONResponse({"error": "The form cannot be read."}, 400, headers=_PRIVATE)

        def work(_: Visit) -> Response:
            try:
                return JSONResponse(look(visit, paths, asked), headers=_PRIVATE)
            finally:
                forget_folder(paths[0].parent)

        return await run_in_threadpool(self._done, request, work)

    def _admin(self, request: Request) -> Visit | Response:
        """The administrator who asks, or what anybody else is told."""
        found: list[Visit] = []

        def check(visit: Visit) -> Response:
            if not visit.admin:
                raise NotFound("upload")
            found.append(visit)
            return Response()

        refused = self._done(request, check)
        return found[0] if found else refused

    def table(self, answer_id: str, evidence_id: str, ending: str, request: Request) -> Response:
        """A table of an answer as CSV or Excel."""
        return self._done(request, lambda visit: _file(visit, answer_id, evidence_id, ending))

    def export(self, name: str, request: Request) -> Response:
        """The file of an export that was confirmed."""
        return self._done(request, lambda visit: _download(exported(visit, name)))

    def brief(self, number: int, kind: str, request: Request) -> Response:
        """A brief's file."""
        return self._done(request, lambda visit: _brief(visit, number, kind))

    def _done(self, request: Request, work: Callable[[Visit], Response]) -> Response:
        language = "en"
        try:
            visit = visit_of(request, self._service, self._recent)
            language = visit.language
            return work(visit)
        except SignInNeeded as error:
            return JSONResponse({"error": str(error)}, 401, headers=_PRIVATE)
        except NotFound:
            return JSONResponse({"error": words.GONE.of(language)}, 404, headers=_PRIVATE)
        except ShopOpsError as error:
            return JSONResponse({"error": str(error)}, 400, headers=_PRIVATE)
        except Exception:
            log.exception("the page's %s failed", request.url.path)
            return JSONResponse({"error": words.FAULT.of(language)}, 500, headers=_PRIVATE)


def _brief(visit: Visit, number: int, kind: str) -> Response:
    """A brief's file, always as a download: its HTML is not opened on this page's origin."""
    from agent.interfaces.chat.tabs.briefs import found, kept_file

    path = kept_file(visit, found(visit, number), kind)
    if path is None:
        raise NotFound(kind)
    return _download(path)


def _download(path: Path) -> Response:
    return FileResponse(path, media_type="application/octet-stream", filename=path.name, headers=_PRIVATE)


def _file(visit: Visit, answer_id: str, evidence_id: str, ending: str) -> Response:
    answer = visit.recent.get(visit.principal.name, answer_id) or _kept(visit, answer_id)
    evidence = next((e for e in answer.evidence if e.id == evidence_id), None)
    if evidence is None or ending not in ("csv", "xlsx"):
        raise NotFound(evidence_id)
    name = f"{answer_id}-{evidence_id}.{ending}"
    headers = _PRIVATE | {"content-disposition": f'attachment; filename="{name}"'}
    if ending == "csv":
        return Response(csv_bytes(evidence, answer.language), media_type=CSV, headers=headers)
    return Response(xlsx_bytes(evidence, answer.language), media_type=XLSX, headers=headers)


def _kept(visit: Visit, answer_id: str) -> Answer:
    """An answer of an earlier run, under pseudonyms. Raises NotFound: there is none, or it is another's."""
    found = Answers(visit.service.state).get(answer_id, visit.principal.name)
    if found is None:
        raise NotFound(answer_id)
    return answer_of(found)
