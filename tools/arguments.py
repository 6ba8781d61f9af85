"""The arguments that tools share. The planner fills a field by its name, so one name means one thing in every tool.

| field | type | filled from |
| --- | --- | --- |
| metric | str | the metric that the words name, else the store's first |
| time, compare | Interval or None | the periods of the question (``compare``: where a baseline is asked or implied) |
| horizon | Interval or None | a period in the future ("next week", 下个月); ``time`` is then the past before it |
| filters | tuple[Filter, …] | the members named ("in produce") |
| dimensions | tuple[str, …] | the splits named ("by store") |
| customers, products, orders | tuple[str, …] | ids in the words ("customer 718"), or a column of an earlier step |
| campaign | str or None | "campaign 18" |
| limit | int | "top 10", 五个 |
| budget | Decimal or None | "with $500" |
| text | str | the clause itself: a question for the handbook, or a customer's message in quotes |
| an enum (Literal) | str | the tool's ``choices`` |
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Ids = Annotated[tuple[str, ...], Field(max_length=1_000_000)]


class Arguments(BaseModel):
    """Base of every tool's arguments: frozen, and nothing that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FromStep(Arguments):
    """A column of an earlier call's result: ``{"from_step": 1, "column": "customer"}``; steps count from 1."""

    from_step: int = Field(ge=1)
    column: str
