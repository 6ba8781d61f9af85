"""What goes in and comes out, as the OpenAPI document says it. The answer is that of docs/answer-json.md."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.contracts import Status
from tools.evidence import Unit

Language = Literal["en", "zh"]
Scalar = str | int | float | bool | None
StoreName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$", description="the settings' without it")]
Conversation = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._:-]{1,100}$", description="go on with this conversation; a new one without it")
]


class In(BaseModel):
    """A body that is sent; what is not declared is refused, for it would be a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Out(BaseModel):
    """A body that is answered; fields may be added."""

    model_config = ConfigDict(frozen=True)


class AskIn(In):
    """A question."""

    question: str = Field(min_length=1, max_length=2_000, description="in English or Chinese")
    store: StoreName | None = None
    as_of: date | None = Field(None, description="answer as if today were this day")
    conversation: Conversation | None = None


class CallOut(Out):
    """One tool call of a plan."""

    tool: str
    args: dict[str, Any]


class ColumnOut(Out):
    """A column of an evidence table."""

    name: str
    label: str
    unit: Unit


class EvidenceOut(Out):
    """A table with the means to reproduce it."""

    id: str
    tool: str
    args: dict[str, Any]
    title: str
    columns: list[ColumnOut]
    rows: list[list[Scalar]]
    sql: str | None
    method: str | None
    origin: Literal["recorded", "simulated"]
    truncated: bool
    quiet: bool


class CellOut(Out):
    """Where a figure came from."""

    id: str
    row: int
    column: str


class FactOut(Out):
    """One thing that the text says."""

    id: str
    value: Scalar
    unit: Unit
    text: str
    evidence: list[CellOut]


class ChartOut(Out):
    """How a table is best drawn."""

    kind: Literal["line", "bar", "number"]
    evidence: str
    x: str | None
    y: list[str]
    series: str | None


class TokensOut(Out):
    """Tokens of all calls of models."""

    prompt: int
    completion: int
    cached: int


class TimingsOut(Out):
    """Milliseconds of each stage."""

    understand: float
    plan: float
    execute: float
    compose: float
    verify: float
    total: float


class ProposalOut(Out):
    """What waits for a yes: exactly this payload is done, once."""

    id: str
    action: str
    payload: dict[str, Any] = Field(default_factory=dict)
    summary: str


class AnswerOut(Out):
    """An answer (docs/answer-json.md)."""

    id: str
    question: str
    language: Language
    store: str
    as_of: date
    status: Status
    text: str
    plan: list[CallOut]
    evidence: list[EvidenceOut]
    facts: list[FactOut]
    charts: list[ChartOut]
    suggestions: list[str]
    replaced_sentences: int
    model: str | None
    tokens: TokensOut
    timings_ms: TimingsOut
    proposals: list[ProposalOut] = Field(default_factory=list)
    conversation: str | None = Field(None, description="give it with the next question to go on")


class FeedbackIn(In):
    """A thumb on an answer."""

    rating: Literal["up", "down"]
    why: str = Field("", max_length=2_000)


class SaidOut(Out):
    """One sentence on what came of it."""

    text: str


class MeOut(Out):
    """Who asks, and what they may see and do."""

    name: str
    role: Literal["viewer", "analyst", "admin"]
    row_filters: list[dict[str, Any]]
    may_see_pii: bool


class ConversationOut(Out):
    """A conversation by its first question."""

    id: str
    title: str
    turns: int
    last: datetime


class ConversationsOut(Out):
    """A page of conversations, the latest first."""

    items: list[ConversationOut]
    next: str | None = Field(description="give it as `after` for the next page; null on the last")


class TalkOut(Out):
    """A conversation's answers in order."""

    id: str
    answers: list[AnswerOut]


class ProposalsOut(Out):
    """What waits for a yes, the latest first."""

    items: list[ProposalOut]


class DoneOut(Out):
    """What a yes did; ``file``: the name of what can be fetched at ``/proposals/{id}/file``."""

    text: str
    file: str | None = None


class Problem(Out):
    """What went wrong (RFC 9457). ``code`` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str = ""
    errors: list[dict[str, str]] = Field(default_factory=list)
    answer: str | None = Field(None, description="the id of the answer that failed or was refused")
