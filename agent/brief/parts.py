"""What the sections share: the frame, what the tools found, the ledger, and words for figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.brief.contracts import Kpi, Section
from agent.brief.gather import Frame
from agent.brief.jobs import Absent, Findings, Found
from agent.brief.kpis import Days
from agent.brief.ledger import Ledger
from db.semantic.schema import Text
from tools.evidence import Evidence, Value


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a section is written from."""

    frame: Frame
    findings: Findings
    ledger: Ledger
    kpis: tuple[Kpi, ...]
    figures: Evidence
    days: Days

    def found(self, name: str) -> Found | None:
        """What a job gave, None where it failed or was not asked."""
        found = self.findings.get(name)
        return found if isinstance(found, Found) else None

    def why_absent(self, *names: str) -> Text:
        """Why the first of these jobs that failed did; a job that was not even asked had nothing to ask about."""
        absent = next((f for n in names if isinstance(f := self.findings.get(n), Absent)), None)
        return absent.why if absent else Text(en="This store does not record it.", zh="本店没有这类记录。")

    def kpi(self, metric: str) -> Kpi | None:
        """A figure of the strip."""
        return next((k for k in self.kpis if k.metric == metric), None)

    def heading(self, name: str) -> Text:
        """What stands over a section."""
        return next(s.heading for s in self.frame.layout.sections if s.name == name)

    def missing(self, name: str, *jobs: str) -> Section:
        """A section that could not be computed."""
        return Section(name, self.heading(name), missing=self.why_absent(*jobs))


def label_of(desk: Desk, dimension: str, value: Value) -> Text:
    """A member in both languages, as the store's YAML names it."""
    member = desk.frame.schema.dimension(dimension).members.get(str(value))
    if member is not None and member.label is not None:
        return member.label
    return Text(en=str(value), zh=str(value))


def cut(evidence: Evidence, columns: Sequence[str], rows: int | None = None) -> Evidence:
    """The named columns and the first rows of a table, under its own id."""
    places = [next(i for i, c in enumerate(evidence.columns) if c.name == name) for name in columns]
    kept = tuple(tuple(row[i] for i in places) for row in evidence.rows[:rows])
    return replace(evidence, columns=tuple(evidence.columns[i] for i in places), rows=kept)
