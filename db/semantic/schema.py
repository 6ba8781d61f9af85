"""The store YAML as types: what a store measures and by what it can be split."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Origin = Literal["recorded", "simulated"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Strict):
    """The same words in both languages."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """The words in ``language`` ("en" or "zh")."""
        return self.zh if language == "zh" else self.en


class Words(_Strict):
    """Synonyms by language; matched without regard to case, plural or full/half width."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()


class Metric(_Strict):
    """One number that the store can compute, at any grain."""

    name: str = ""
    label: Text
    synonyms: Words = Words()
    description: Text
    unit: Literal["currency", "count", "ratio", "number"]
    good: Literal["up", "down", "neutral"] = "up"
    table: str | None = None  # fact table of a base metric
    expr: str | None = None  # see compiler: aggregate over the fact table's columns
    where: str | None = None
    numerator: str | None = None  # a ratio names two metrics
    denominator: str | None = None
    additive: bool = False
    origin: Origin = "recorded"


class Member(_Strict):
    """One value of a dimension with the words people use for it."""

    label: Text | None = None
    synonyms: Words = Words()


class Dimension(_Strict):
    """Something a metric can be split or filtered by."""

    name: str = ""
    label: Text
    synonyms: Words = Words()
    kind: Literal["member", "time", "number"] = "member"
    table: str | None = None
    column: str | None = None
    grain: Literal["hour", "day", "weekday", "week", "month", "quarter", "year"] | None = None
    ordered: tuple[str, ...] = ()  # natural order of members ("Under 15K" before "15-24K")
    pii: Literal["none", "pseudonym", "personal"] = "none"
    members: dict[str, Member] = Field(default_factory=dict)


class Unavailable(_Strict):
    """Something operators ask for that this store's data cannot answer, and why."""

    label: Text
    synonyms: Words
    why: Text
