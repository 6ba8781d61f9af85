"""Write a brief: analyse the week once, put it into each language and format, keep it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from agent.ask import Analyst
from agent.brief import claims
from agent.brief.analyse import Kept, analyse
from agent.brief.contracts import FORMATS, Analysis, Brief, Claim, Format
from agent.brief.files import file_name, folder_of, put_files
from agent.brief.gather import Frame
from agent.brief.layout import load_layout
from agent.brief.message import mail_of, summary_of
from agent.brief.opening import write_opening
from agent.brief.page import title_of
from agent.brief.render import rendered
from agent.brief.week import choose_week
from agent.contracts import Language, Principal
from agent.execute import Desk, Limits
from agent.service import Service
from db.errors import Cancelled
from db.semantic.query import Interval
from db.semantic.schema import Text
from db.state.briefs import Briefs, KeptBrief
from tools.evidence import Value

Report = Callable[[Text, float], None]
ROWS = 20_000  # a table of departments by week is longer than what evidence keeps for a screen
OPERATOR = Principal()


def _silent(said: Text, fraction: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written.

    Attributes:
        week: any day of it; None is the last full week before ``as_of``, which is the store's clock without it.
        model: False writes it without any language model. out: a further folder for the files.
    """

    store: str | None = None
    week: date | None = None
    as_of: date | None = None
    languages: tuple[Language, ...] = ("en",)
    formats: tuple[Format, ...] = FORMATS
    principal: Principal = OPERATOR
    model: bool = True
    out: Path | None = None


def write_brief(
    service: Service,
    store: str | None = None,
    week: date | None = None,
    as_of: date | None = None,
    language: Language = "en",
    formats: tuple[Format, ...] = FORMATS,
    principal: Principal = OPERATOR,
    cancel: threading.Event | None = None,
    model: bool = True,
) -> Brief:
    """One brief in one language; see :func:`write_briefs`."""
    order = Order(store, week, as_of, (language,), formats, principal, model)
    return write_briefs(service, order, cancel=cancel)[0]


def write_briefs(
    service: Service, order: Order, report: Report = _silent, cancel: threading.Event | None = None
) -> tuple[Brief, ...]:
    """Write the brief of a week in each language, keep it in the state, and its files in the data folder.

    A format that this machine cannot make (PDF without Pango) is left out and told in ``Brief.unwritten``.

    Raises:
        AsOfError: the week is not whole within the data. SettingsError: a template or the sections' file is broken.
        Cancelled: stopped; nothing was written. AnalysisError, StoreError…: what :func:`analyse` raises.
    """
    start, cancel = perf_counter(), cancel or threading.Event()
    analyst = service.analyst(order.store)
    name = analyst.store.schema.name
    own = service.settings.data_dir / "brief" / name
    layout = load_layout(own)
    period = choose_week(analyst.store, order.week, order.as_of)
    kept = _kept(service, name, order.principal)
    analysis = analyse(Frame(analyst.store, period, layout), _desk(analyst, order, period, cancel), kept, report)
    work = _Work(service, analyst, order, own, report, cancel, start)
    return tuple(work.write(analysis, language) for language in order.languages)


def _desk(analyst: Analyst, order: Order, period: Interval, cancel: threading.Event) -> Desk:
    limits = Limits(analyst.limits.model_seconds, analyst.limits.query_seconds, ROWS)
    return Desk(analyst.store, order.principal, limits, period.end, analyst.workspace, cancel)


@dataclass(frozen=True, slots=True)
class _Work:
    """What the briefs of one order share."""

    service: Service
    analyst: Analyst
    order: Order
    own: Path
    report: Report
    cancel: threading.Event
    start: float

    def write(self, analysis: Analysis, language: Language) -> Brief:
        """One language: opening, formats, files, state."""
        brief = self._opened(analysis, language)
        self.report(Text(en="laying it out", zh="排版"), 1.0)
        schema = self.analyst.store.schema
        brief = replace(brief, summary=summary_of(brief, schema), mail=mail_of(brief, schema, self.own))
        contents, unwritten = rendered(brief, schema, self.own, self.order.formats)
        if self.cancel.is_set():
            raise Cancelled("Stopped.", "Nothing was written.")
        files = self._put(brief, contents)
        brief = replace(brief, files=files, unwritten=unwritten, seconds=perf_counter() - self.start)
        return replace(brief, number=_keep(self.service, brief, self.order.principal))

    def _opened(self, analysis: Analysis, language: Language) -> Brief:
        self.report(Text(en="writing the opening", zh="撰写开头"), 1.0)
        model = self.analyst.model if self.order.model else None
        opening = write_opening(analysis, language, model, lambda: self.analyst.words.lexicon.vocabulary, self.cancel)
        title = title_of(analysis, language)
        return Brief(analysis, language, opening.text, opening.model, opening.replaced, title=title)

    def _put(self, brief: Brief, contents: Mapping[Format, bytes]) -> dict[Format, Path]:
        week, name = brief.analysis.week.start, brief.analysis.store
        names = {kind: file_name(name, week, brief.language, kind) for kind in contents}
        named = {names[kind]: content for kind, content in contents.items()}
        paths = put_files(folder_of(self.service.settings.data_dir, name, week, self.order.principal), named)
        if self.order.out is not None:
            put_files(self.order.out, named)
        return {kind: paths[names[kind]] for kind in contents}


def _kept(service: Service, store: str, principal: Principal) -> Kept:
    """Claims of earlier briefs, of a week written in both languages once."""
    found: dict[date, Sequence[Claim]] = {}
    for brief in Briefs(service.state.engine).of(store, principal.name):
        found.setdefault(brief.week, [claims.from_json(c) for c in brief.content.get("claims", ())])
    return tuple(found.items())


def _keep(service: Service, brief: Brief, principal: Principal) -> int:
    now, analysis = datetime.now(UTC), brief.analysis
    data = service.settings.data_dir
    files: dict[str, str] = {kind: str(path.relative_to(data)) for kind, path in brief.files.items()}
    kept = KeptBrief(analysis.store, analysis.week.start, brief.language, principal.name, _content(brief), files, now)
    number = Briefs(service.state.engine).put(kept)
    said = {"store": analysis.store, "week": str(analysis.week.start), "language": brief.language, "brief": number}
    service.state.append_audit(principal.name, "write_brief", said, now)
    return number


def _content(brief: Brief) -> dict[str, Any]:
    """What the state keeps of a brief: its words, its facts with their cells, and its claims. Pseudonyms only."""
    analysis, language = brief.analysis, brief.language
    return {
        "title": brief.title,
        "headline": analysis.headline.text.of(language),
        "opening": brief.through_line,
        "summary": brief.summary,
        "model": brief.model,
        "replaced": brief.replaced,
        "seconds": round(brief.seconds, 1),
        "kpis": [
            {"metric": k.metric, "now": _json(k.now, language), "change": k.change, "verdict": k.verdict}
            for k in analysis.kpis
        ],
        "actions": [
            {"kind": a.kind, "title": a.title.text.of(language), "effect": a.effect.text.of(language)}
            for a in analysis.actions
        ],
        "facts": [
            {
                "id": f.id, "text": f.text.of(language), "value": _json(f.value, language), "unit": f.unit,
                "evidence": [[c.evidence, c.row, c.column] for c in f.cells],
            }
            for f in analysis.facts
        ],
        "claims": [claims.to_json(claim) for claim in analysis.claims],
    }  # fmt: skip


def _json(value: Value, language: Language) -> object:
    if isinstance(value, Text):
        return value.of(language)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
