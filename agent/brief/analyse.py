"""The analysis of one week: tools in, sections, actions and claims out. No language model takes part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from agent.brief import campaigns, claims, customers, goods, moved, outlook, risk, unusual
from agent.brief.actions import recommend
from agent.brief.contracts import Analysis, Claim, Section
from agent.brief.gather import Frame, analyses, figures, open_days
from agent.brief.jobs import run_jobs
from agent.brief.kpis import key_figures, read_days
from agent.brief.ledger import Ledger
from agent.brief.parts import Desk
from agent.brief.verdicts import headline
from agent.execute import Desk as Bench
from db.errors import AnalysisError
from db.semantic.schema import Text

Report = Callable[[Text, float], None]
Kept = Iterable[tuple[date, Sequence[Claim]]]


def analyse(frame: Frame, bench: Bench, kept: Kept, report: Report) -> Analysis:
    """Everything that a brief of this week says, in both languages.

    Args:
        bench: the store, the principal and the limits under which every tool runs.
        kept: claims of earlier briefs with the Monday of each one's week.

    Raises:
        AnalysisError: not even the main figure can be read. Cancelled: the operator stopped it.
    """
    ledger = Ledger(frame.schema.currency)
    first = figures(frame)
    counted = _Counter(report, len(first))
    findings = run_jobs(first, bench, 1, counted)
    shut = read_days(findings).shut(frame)
    like = open_days(frame, shut)
    counted.expect(len(like))
    findings |= run_jobs(like, bench, 1 + len(first), counted)
    kpis, table = key_figures(frame, findings)
    if not kpis:
        raise AnalysisError(
            "None of the brief's key figures can be read for that week.",
            'Ask for one: shopops ask "revenue last week".',
        )
    ledger.keep(table)
    second = analyses(frame, kpis, shut)
    counted.expect(len(second))
    findings |= run_jobs(second, bench, 1 + len(first) + len(like), counted)
    desk = Desk(frame, findings, ledger, kpis, table, read_days(findings))
    return _put_together(desk, bench, list(kept))


def _put_together(desk: Desk, bench: Bench, kept: list[tuple[date, Sequence[Claim]]]) -> Analysis:
    frame, ledger = desk.frame, desk.ledger
    head = headline(desk, desk.kpis[0])
    departments, members, members_table = goods.departments(desk)
    ahead, expected = outlook.write(desk)
    written: dict[str, Callable[[], Section]] = {
        "claims": lambda: claims.write(
            desk, claims.due(kept, frame.week), any(m < frame.week.start for m, _ in kept), bench
        ),
        "moved": lambda: moved.write(desk),
        "unusual": lambda: unusual.write(desk),
        "departments": lambda: departments,
        "products": lambda: goods.products(desk),
        "customers": lambda: customers.write(desk),
        "campaigns": lambda: campaigns.write(desk),
        "risk": lambda: risk.write(desk),
        "outlook": lambda: ahead,
    }
    sections = tuple(written[s.name]() for s in frame.layout.sections)
    actions = recommend(desk, members, members_table, expected)
    return Analysis(
        store=frame.schema.name,
        label=frame.schema.label,
        currency=frame.schema.currency,
        week=frame.week,
        data=frame.store.data_range,
        headline=head,
        kpis=desk.kpis,
        figures=desk.figures,
        sections=sections,
        actions=actions,
        claims=claims.claims_of(actions, expected.claim if expected else None),
        evidence=tuple(ledger.tables),
        facts=tuple(ledger.facts),
        notes=_notes(desk),
    )


def _notes(desk: Desk) -> tuple[Text, ...]:
    """What a reader must know of the figures: no last year, simulated data."""
    notes = []
    if all(kpi.last_year is None for kpi in desk.kpis):
        notes.append(
            Text(
                en="The store's data does not reach back to the same week a year before, so nothing is compared with "
                "last year, and what is usual carries no season.",
                zh="本店数据不足一年，没有去年同周可比，正常区间也未计入季节因素。",
            )
        )
    if any(kpi.simulated for kpi in desk.kpis):
        notes.append(
            Text(en="Figures marked as simulated rest on simulated data.", zh="标有模拟字样的数字来自模拟数据。")
        )
    return tuple(notes)


class _Counter:
    """Progress of the jobs as a fraction; safe from two threads."""

    def __init__(self, report: Report, expected: int) -> None:
        self._report, self._expected, self._done = report, expected, 0
        self._lock = threading.Lock()

    def expect(self, more: int) -> None:
        """More jobs have come up."""
        self._expected += more

    def __call__(self, said: Text, done: int) -> None:
        with self._lock:
            self._done += done
            fraction = self._done / max(self._expected, 1)
        self._report(said, fraction)
