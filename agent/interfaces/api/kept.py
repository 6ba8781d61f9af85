"""What was answered: one's own answers, their tables as files, thumbs, and conversations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from agent.contracts import Principal
from agent.feedback import stands_alone
from agent.interfaces.api.bodies import AnswerOut, ConversationsOut, FeedbackIn, SaidOut, TalkOut
from agent.interfaces.api.documents import FAILURES
from agent.interfaces.guard import Guard, principal_of_request
from agent.interfaces.problems import NotFound
from agent.present.sheets import CSV, XLSX, csv_bytes, xlsx_bytes
from agent.service import Service

AnswerId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._:-]{1,200}$")]
TalkId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._:-]{1,200}$")]
EvidenceId = Annotated[str, Path(pattern=r"^e[0-9]{1,4}[a-z]?$")]
Form = Literal["csv", "xlsx"]
WAITS = "Thank you. Once an administrator agrees, this question will be answered without a model."
NOTED = "Thank you; noted."
KINDS: dict[Form, str] = {"csv": CSV, "xlsx": XLSX}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The table.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def add_to(routes: APIRouter, guard: Guard) -> None:
    """Add the operations. Synchronous: the framework runs them in its threads."""
    service = guard.service

    @routes.get("/answers/{answer}", response_model=AnswerOut, responses=FAILURES, tags=["answers"])
    def get_answer(request: Request, answer: AnswerId) -> Mapping[str, Any]:
        """One of your own answers again, customers under pseudonyms."""
        return _shown(service, _kept(service, answer, principal_of_request(request)))

    @routes.get("/answers/{answer}/evidence/{evidence}", responses=FAILURES | FILES, tags=["answers"],
                response_class=Response)  # fmt: skip
    def get_evidence(
        request: Request, answer: AnswerId, evidence: EvidenceId, form: Annotated[Form, Query(alias="format")] = "csv"
    ) -> Response:
        """One table of an answer as a file: ``csv`` or ``xlsx``."""
        from agent.kept import answer_of

        found = answer_of(_kept(service, answer, principal_of_request(request)))
        table = next((item for item in found.evidence if item.id == evidence), None)
        if table is None:
            raise NotFound("This answer has no such table.", "Its JSON lists them under evidence.")
        make = csv_bytes if form == "csv" else xlsx_bytes
        name = f'attachment; filename="{answer}-{evidence}.{form}"'
        return Response(make(table, found.language), media_type=KINDS[form], headers={"Content-Disposition": name})

    @routes.put("/answers/{answer}/feedback", response_model=SaidOut, responses=FAILURES, tags=["answers"])
    def put_feedback(request: Request, answer: AnswerId, body: FeedbackIn) -> Mapping[str, str]:
        """A thumb on one of your own answers. Up waits for an administrator's review; down says why."""
        turn = service.state.turn(answer)
        if turn is None or turn.principal != principal_of_request(request).name:
            raise NotFound("There is no such answer of yours.", "Give the id that the answer shows.")
        service.state.add_feedback(answer, body.rating, body.why, datetime.now(UTC))
        return {"text": WAITS if body.rating == "up" and stands_alone(turn) else NOTED}

    @routes.get("/conversations", response_model=ConversationsOut, responses=FAILURES, tags=["conversations"])
    def list_conversations(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        after: Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before")] = None,
    ) -> Mapping[str, Any]:
        """Your own conversations of every face, the latest first."""
        from db.state.conversations import Conversations

        found, then = Conversations(service.state).page(principal_of_request(request).name, limit, after)
        return {"items": found, "next": str(then) if then else None}

    @routes.get("/conversations/{conversation}", response_model=TalkOut, responses=FAILURES, tags=["conversations"])
    def get_conversation(request: Request, conversation: TalkId) -> Mapping[str, Any]:
        """The answers of one of your own conversations, in order."""
        from db.state.answers import Answers

        found = Answers(service.state).of_conversation(conversation, principal_of_request(request).name)
        if not found:
            raise NotFound("There is no such conversation of yours.", "GET /conversations lists them.")
        return {"id": conversation, "answers": [_shown(service, kept) for kept in found]}

    @routes.delete("/conversations/{conversation}", status_code=204, responses=FAILURES, tags=["conversations"])
    def delete_conversation(request: Request, conversation: TalkId) -> None:
        """Delete one of your own conversations, with its answers and thumbs."""
        from db.state.answers import Answers

        name = principal_of_request(request).name
        if not Answers(service.state).forget(conversation, name, datetime.now(UTC)):
            raise NotFound("There is no such conversation of yours.", "GET /conversations lists them.")


def _kept(service: Service, answer: str, principal: Principal) -> Mapping[str, Any]:
    from db.state.answers import Answers

    kept = Answers(service.state).get(answer, principal.name)
    if kept is None:
        raise NotFound("There is no such answer of yours.", "Give the id that the answer shows.")
    return kept


def _shown(service: Service, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """A kept answer without what only a page needs, and with its conversation."""
    turn = service.state.turn(kept["id"])
    talk = {"conversation": turn.conversation if turn else None}
    return {name: value for name, value in kept.items() if name != "page"} | talk
