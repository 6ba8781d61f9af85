"""An analysis in one language as plain strings, ready for a template: nothing is left to format, look up or escape."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agent.brief.contracts import Action, Analysis, Brief, Grid, Kpi, Line, Note, Picture, Section
from agent.brief.goods import verdict_words
from agent.brief.ledger import Ledger, numeric, weekly
from agent.brief.verdicts import change_text
from agent.brief.week import week_name
from agent.brief.words import METHOD, VERDICTS, WORDS, opened_by, said, tone
from agent.contracts import Language
from agent.present.cells import NUMERIC, Cells
from db.semantic.schema import StoreSchema, Text
from models.segmentation.rfm import NAMES
from tools.evidence import Column, Evidence, Value
from tools.grammar import first_up

Draw = Callable[[Picture, Analysis, StoreSchema, Language], str]
Spark = Callable[[Kpi], str]
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~])")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto)(:)|\b(www)(\.)")


def plain(text: str) -> str:
    """A text without control characters and marks that turn its direction."""
    return _CONTROL.sub(" ", text)


def markdown(text: str) -> str:
    """A text that Markdown shows as it is: no markup, no HTML, no link that a reader's viewer would make.

    >>> markdown("a|b <script> [x](http://e.example) *c*")
    'a\\\\|b \\\\<script\\\\> \\\\[x\\\\](http\\\\://e.example) \\\\*c\\\\*'
    """
    escaped = _MARKDOWN.sub(r"\\\1", plain(text))
    return _ADDRESS.sub(lambda m: f"{m[1] or m[3]}\\{m[2] or m[4]}", escaped)


@dataclass(frozen=True, slots=True)
class Page:
    """Builds the page of one brief.

    Args:
        clean: what makes a text safe for the format: :func:`markdown`, or :func:`plain` where the template escapes.
        draw, spark: pictures as finished markup; None for a format without pictures.
    """

    brief: Brief
    schema: StoreSchema
    clean: Callable[[str], str] = plain
    draw: Draw | None = None
    spark: Spark | None = None

    def values(self) -> dict[str, Any]:
        """Everything that a template may use (docs/briefs.md lists it)."""
        brief, language = self.brief, self.brief.language
        analysis = brief.analysis
        opening = brief.through_line
        return {
            "language": "zh-CN" if language == "zh" else "en",
            "title": self._t(title_of(analysis, language)),
            "store": self._t(analysis.label.of(language)),
            "week": self._t(week_of(analysis, language)),
            "week_name": week_name(analysis.week.start),
            "headline": self._t(analysis.headline.text.of(language)),
            "opening": self._t(opening),
            "kpis": [self._kpi(kpi) for kpi in analysis.kpis],
            "has_last_year": any(kpi.last_year is not None for kpi in analysis.kpis),
            "actions": [
                {
                    "title": self._t(action.title.text.of(language)),
                    "effect": self._t(action.effect.text.of(language)),
                    "evidence": self._t(self._evidence(action)),
                    "simulated": action.simulated,
                }
                for action in analysis.actions
            ],
            "sections": [self._section(section) for section in analysis.sections],
            "notes": [self._t(note.of(language)) for note in analysis.notes],
            "method": [
                METHOD.of(language) if self.clean is markdown else self._t(METHOD.of(language).replace("`", "")),
                self._t(opened_by(brief.model).of(language)),
            ],
            "words": {name: self._t(text.of(language)) for name, text in WORDS.items()},
        }

    def _evidence(self, action: Action) -> str:
        """The titles of the tables that an action rests on, with the tool that made each."""
        language = self.brief.language
        tables = {table.id: table for table in self.brief.analysis.evidence}
        named = [tables[i] for i in action.evidence if i in tables]
        words: dict[str, str] = {}
        for table in named:
            words.setdefault(table.tool, weekly(table.title, self.brief.analysis.week).of(language))
        joint = "；" if language == "zh" else "; "
        return joint.join(f"{title} ({tool})" if tool != "brief" else title for tool, title in words.items())

    def _t(self, text: str) -> str:
        return self.clean(text)

    def _kpi(self, kpi: Kpi) -> dict[str, Any]:
        language, ledger = self.brief.language, Ledger(self.brief.analysis.currency)
        size = change_text(kpi)
        sign = "" if kpi.change is None else "+" if kpi.change > 0 else "−" if kpi.change < 0 else ""
        limits = None
        if kpi.low is not None and kpi.high is not None:
            low, high = ledger.figure(kpi.low, kpi.unit), ledger.figure(kpi.high, kpi.unit)
            limits = f"{low} – {high}"
        return {
            "name": kpi.metric,
            "label": self._t(kpi.label.of(language)),
            "now": self._t(ledger.figure(kpi.now, kpi.unit)),
            "change": self._t(f"{sign}{_short(size.of(language))}") if size else said("none", language),
            "previous": self._t(ledger.figure(kpi.previous, kpi.unit))
            if kpi.previous is not None
            else said("none", language),
            "last_year": self._t(ledger.figure(kpi.last_year, kpi.unit))
            if kpi.last_year is not None
            else said("none", language),
            "range": self._t(limits) if limits else said("none", language),
            "verdict": self._t(VERDICTS[kpi.verdict].of(language)),
            "tone": tone(kpi),
            "up": kpi.change is not None and kpi.change > 0,
            "simulated": kpi.simulated,
            "spark": self.spark(kpi) if self.spark else "",
        }

    def _section(self, section: Section) -> dict[str, Any]:
        language = self.brief.language
        told = self.brief.through_line
        fresh = [b for b in section.blocks if not (isinstance(b, Line) and b.fact.text.of(language) in told)]
        if section.blocks and not any(isinstance(b, Line | Note | Grid) for b in fresh):
            fresh = [*fresh, Note(WORDS["above"])]  # the opening told all of it
        blocks = [block for b in fresh if (block := self._block(b)) is not None]
        return {
            "name": section.name,
            "title": self._t(section.title.of(language)),
            "simulated": section.simulated,
            "missing": self._t(section.missing.of(language)) if section.missing else "",
            "blocks": blocks,
        }

    def _block(self, block: Line | Note | Grid | Picture) -> dict[str, Any] | None:
        language = self.brief.language
        if isinstance(block, Line):
            return {"kind": "line", "text": self._t(block.fact.text.of(language))}
        if isinstance(block, Note):
            return {"kind": "line", "text": self._t(block.text.of(language))}
        if isinstance(block, Grid):
            return self._grid(block.evidence)
        if self.draw is None:
            return None
        drawn = self.draw(block, self.brief.analysis, self.schema, language)
        return {"kind": "picture", "picture": drawn, "title": self._t(block.title.of(language))} if drawn else None

    def _grid(self, evidence: Evidence) -> dict[str, Any]:
        language = self.brief.language
        currency = self.schema.currency
        return {
            "kind": "table",
            "title": self._t(evidence.title.of(language)),
            "columns": [
                {"label": self._t(c.label.of(language)), "numeric": c.unit in NUMERIC, "style": _style(c)}
                for c in evidence.columns
            ],
            "rows": [
                [
                    self._t(cell_text(self.schema, language, currency, c, v))
                    for c, v in zip(evidence.columns, row, strict=True)
                ]
                for row in evidence.rows
            ],
        }


def cell_text(schema: StoreSchema, language: Language, currency: str, column: Column, value: Value) -> str:
    """One cell as the brief writes it: keys of ours in words, money of a thousand and more in whole units."""
    if isinstance(value, Text):
        return value.of(language)
    if column.name == "segment" and str(value) in NAMES:
        return first_up(NAMES[str(value)].of(language))
    if column.name == "verdict":
        return verdict_words(value).of(language)
    if value is None and column.unit in NUMERIC:
        return said("none", language)
    if column.name.startswith("change") or "__change" in column.name:
        ledger = Ledger(currency)
        return ledger.moved(value, column.unit)
    if column.unit == "currency" and numeric(value) is not None:
        return Ledger(currency).figure(value, column.unit)
    return Cells(schema, language).text(column, value)


def title_of(analysis: Analysis, language: Language) -> str:
    """``Weekly brief, 2017-W52`` with the store."""
    name = week_name(analysis.week.start)
    return f"{said('title', language)} {name}"


def week_of(analysis: Analysis, language: Language) -> str:
    """The days of the week."""
    last = analysis.week.end - timedelta(days=1)
    return f"{analysis.week.start} – {last}" if language == "en" else f"{analysis.week.start} 至 {last}"


def _style(column: Column) -> str:
    """Classes of a column: numbers to the right, and what a phone has no room for."""
    minor = column.name in ("low", "high", "redeeming_customers") or column.name.endswith("__previous")
    minor = minor or column.name == "redeeming_customers__change"
    return " ".join(name for name, wanted in (("n", column.unit in NUMERIC), ("minor", minor)) if wanted)


def _short(words: str) -> str:
    return words.replace(" percentage points", " pp")


def tables_of(sections: Sequence[Section]) -> list[Evidence]:
    """Every table that is shown."""
    return [b.evidence for s in sections for b in s.blocks if isinstance(b, Grid)]
