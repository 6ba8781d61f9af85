"""What can be opened under an answer: plan, SQL, definitions, origin, timings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from typing import Any

from agent.contracts import Answer, Language
from agent.interfaces.chat import words
from db.semantic.schema import StoreSchema
from tools.evidence import Evidence


def how_html(answer: Answer, schema: StoreSchema) -> str:
    """How it was computed, closed at first."""
    language = answer.language
    sources = dict.fromkeys(_source(e, language) for e in answer.evidence)  # tables of one call share theirs
    parts = [_plan(answer), *sources, _definitions(answer, schema)]
    parts.append(_timings(answer))
    return f'<details class="so-how"><summary>{words.HOW.of(language)}</summary>{"".join(parts)}</details>'


def _plan(answer: Answer) -> str:
    if answer.plan is None:
        return ""
    language = answer.language
    by = words.PLANNED_BY[answer.plan.source].of(language)
    model = f" · {answer.model}" if answer.model and answer.plan.source == "model" else ""
    calls = "".join(f"<pre>{escape(call.tool)} {escape(_json(call.args))}</pre>" for call in answer.plan.calls)
    return f"<h4>{words.PLAN.of(language)}</h4><p>{escape(by + model)}</p>{calls}"


def _json(args: Mapping[str, Any]) -> str:
    return json.dumps(dict(args), ensure_ascii=False, default=str, indent=1)


def _source(evidence: Evidence, language: Language) -> str:
    origin = words.ORIGIN[evidence.origin].of(language)
    what = "SQL" if evidence.sql else words.METHOD.of(language)
    return f"<h4>{what} · {origin}</h4><pre>{escape(evidence.sql or evidence.method or '')}</pre>"


def _definitions(answer: Answer, schema: StoreSchema) -> str:
    named = [n for e in answer.evidence for n in (*e.args.get("metrics", ()), e.args.get("metric"))]
    known = [schema.metrics[name] for name in dict.fromkeys(named) if name in schema.metrics]
    if not known:
        return ""
    language = answer.language
    rows = "".join(
        f"<dt>{escape(m.label.of(language))}</dt><dd>{escape(m.description.of(language))}</dd>" for m in known
    )
    return f"<h4>{words.DEFINITIONS.of(language)}</h4><dl>{rows}</dl>"


def _timings(answer: Answer) -> str:
    language = answer.language
    spent = asdict(answer.timings)
    parts = [
        f"{words.STAGE_NAMES[name].of(language)} {spent[name]:,.0f} ms" for name in words.STAGE_NAMES if spent[name]
    ]
    return f"<h4>{words.TIMINGS.of(language)}</h4><p>{escape(' · '.join(parts))}</p>" if parts else ""
