"""What works without being asked: proposals and the yes to them, alerts, rules, schedules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse, Response

from agent.contracts import Principal
from agent.interfaces.api.bodies import DoneOut, Language, ProposalsOut
from agent.interfaces.api.bodies_shop import AlertsOut, RulesOut, SchedulesOut
from agent.interfaces.api.documents import FAILURES
from agent.interfaces.api.store import StoreQuery
from agent.interfaces.guard import Guard, principal_of_request
from agent.interfaces.problems import Conflict, NotFound
from agent.present.sheets import XLSX
from agent.service import Service

ProposalId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
FILES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {kind: {} for kind in (XLSX, "text/csv", "application/zip")}}
}
After = Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before")]


def add_to(routes: APIRouter, guard: Guard) -> None:
    """Add the operations. Synchronous: the framework runs them in its threads."""
    service = guard.service

    @routes.get("/proposals", response_model=ProposalsOut, responses=FAILURES, tags=["proposals"])
    def list_proposals(request: Request, language: Language = "en") -> Mapping[str, Any]:
        """What waits for your yes."""
        from agent.actions import Actions

        waiting = Actions(service).waiting(principal_of_request(request))
        return {
            "items": [
                {"id": p.id, "action": p.action, "payload": dict(p.payload), "summary": p.summary.of(language)}
                for p in waiting
            ]
        }

    @routes.post("/proposals/{proposal}/confirm", response_model=DoneOut, responses=FAILURES, tags=["proposals"])
    def confirm(request: Request, proposal: ProposalId, language: Language = "en") -> Mapping[str, Any]:
        """Do exactly what the proposal says. Said twice, it is done once."""
        return _decide(service, proposal, principal_of_request(request), language, "confirm")

    @routes.post("/proposals/{proposal}/decline", response_model=DoneOut, responses=FAILURES, tags=["proposals"])
    def decline(request: Request, proposal: ProposalId, language: Language = "en") -> Mapping[str, Any]:
        """Let the proposal go."""
        return _decide(service, proposal, principal_of_request(request), language, "decline")

    @routes.get("/proposals/{proposal}/file", responses=FAILURES | FILES, tags=["proposals"], response_class=Response)
    def get_file(request: Request, proposal: ProposalId) -> Response:
        """The file that your yes to an export made."""
        from db.state.proposals import Proposals

        kept = Proposals(service.state.engine).find(proposal, principal_of_request(request).name)
        folder = service.settings.data_dir / "exports"
        made = sorted(folder.glob(f"*/*-{kept.id}.*")) if kept is not None and kept.status == "done" else []
        if not made:
            raise NotFound("There is no such file of yours.", "It is there after the yes to an export.")
        return FileResponse(made[0], filename=made[0].name, headers={"Cache-Control": "no-store"})

    @routes.get("/alerts", response_model=AlertsOut, responses=FAILURES, tags=["alerts"])
    def list_alerts(
        request: Request,
        store: StoreQuery = None,
        status: Literal["open", "all"] = "open",
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        after: After = None,
    ) -> Mapping[str, Any]:
        """Alerts of a store, the newest first; with a part of the store, those of your own rules."""
        from db.state.told import told_alerts

        who = principal_of_request(request)
        owner = who.name if who.row_filters else None
        name = store or service.settings.store
        found, then = told_alerts(service.state.engine, name, owner, status == "open", limit, after)
        return {"items": found, "next": str(then) if then else None}

    @routes.get("/alert-rules", response_model=RulesOut, responses=FAILURES, tags=["alerts"])
    def list_rules(request: Request, store: StoreQuery = None) -> Mapping[str, Any]:
        """Your own alert rules; an admin sees everyone's."""
        from db.state.alert_rules import AlertRules

        return {"items": _own(AlertRules(service.state.engine).all(store), principal_of_request(request))}

    @routes.get("/schedules", response_model=SchedulesOut, responses=FAILURES, tags=["schedules"])
    def list_schedules(request: Request) -> Mapping[str, Any]:
        """Your own schedules; an admin sees everyone's."""
        from db.state.schedules import Schedules

        return {"items": _own(Schedules(service.state.engine).all(), principal_of_request(request))}


def _own(items: Iterable[Any], who: Principal) -> list[Any]:
    return [item for item in items if who.role == "admin" or item.owner == who.name]


def _decide(
    service: Service, proposal: str, who: Principal, language: Language, decision: Literal["confirm", "decline"]
) -> Mapping[str, Any]:
    from agent.actions import Actions
    from db.errors import ProposalError
    from db.state.proposals import Proposals

    if Proposals(service.state.engine).find(proposal, who.name) is None:
        raise NotFound("You have no such proposal.", "GET /proposals lists what waits.")
    actions = Actions(service)
    try:
        done = actions.confirm(proposal, who) if decision == "confirm" else actions.decline(proposal, who)
    except ProposalError as error:
        raise Conflict(error.message, error.hint) from None
    return {"text": done.text.of(language), "file": done.file.name if done.file else None}
