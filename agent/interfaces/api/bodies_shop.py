"""What the shop has, as the OpenAPI document says it: catalogue, alerts, rules, schedules, briefs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from agent.interfaces.api.bodies import In, Language, Out, StoreName


class MetricOut(Out):
    """A number that a store can compute, and what it can be split by."""

    name: str
    label: str
    description: str
    unit: str
    good: Literal["up", "down", "neutral"]
    origin: Literal["recorded", "simulated"]
    dimensions: list[str]


class DimensionOut(Out):
    """Something that a metric can be split or filtered by."""

    name: str
    label: str
    kind: str
    grain: str | None
    pii: Literal["none", "pseudonym", "personal"]


class ToolOut(Out):
    """A tool, and when it is used."""

    name: str
    when: str
    writes: bool


class UnavailableOut(Out):
    """What a store's data cannot answer, and why."""

    label: str
    why: str


class CatalogueOut(Out):
    """What a store can be asked. ``data_start <= day < data_end``."""

    store: str
    label: str
    description: str
    currency: str
    as_of: date
    data_start: date
    data_end: date
    metrics: list[MetricOut]
    dimensions: list[DimensionOut]
    tools: list[ToolOut]
    unavailable: list[UnavailableOut]


class AlertOut(Out):
    """Something that should be looked at; customers under pseudonyms."""

    number: int
    store: str
    kind: str
    source: str
    row: str
    moment: str
    score: float
    payload: dict[str, Any]
    status: str
    rule: int | None
    created_at: datetime
    resolved_at: datetime | None


class AlertsOut(Out):
    """A page of alerts, the newest first."""

    items: list[AlertOut]
    next: str | None = Field(description="give it as `after` for the next page; null on the last")


class RuleOut(Out):
    """An alert rule. ``state``: ok or red."""

    number: int
    store: str
    owner: str
    kind: str
    definition: dict[str, Any]
    channels: list[str]
    enabled: bool
    state: str


class RulesOut(Out):
    """Alert rules, the oldest first."""

    items: list[RuleOut]


class ScheduleOut(Out):
    """What runs when: ``cron`` in ``timezone``."""

    number: int
    store: str
    owner: str
    kind: str
    cron: str
    timezone: str
    payload: dict[str, Any]
    enabled: bool
    due_from: datetime


class SchedulesOut(Out):
    """Schedules, the oldest first."""

    items: list[ScheduleOut]


class BriefIn(In):
    """A brief to be written."""

    week: date | None = Field(None, description="any day of it; the last full week without it")
    language: Language = "en"
    store: StoreName | None = None


class BriefOut(Out):
    """A weekly brief. ``content``: its words, facts and claims; ``formats``: what can be fetched as a file."""

    number: int
    store: str
    week: date
    language: str
    title: str
    formats: list[str]
    created_at: datetime
    content: dict[str, Any] | None = None


class BriefsOut(Out):
    """Your own briefs of a store, the newest week first."""

    items: list[BriefOut]
