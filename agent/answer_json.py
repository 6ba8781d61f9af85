"""The JSON of an answer: the stable contract of ``shopops ask --json``, documented in docs/answer-json.md."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from agent.contracts import Answer, Proposal, Timings
from tools.evidence import Chart, Evidence, Fact, worded

STAGES = ("understand", "plan", "execute", "compose", "verify", "total")


def answer_json(answer: Answer, indent: int | None = None) -> str:
    """An answer as JSON text: one line without ``indent``; Chinese stays readable."""
    return json.dumps(answer_object(answer), ensure_ascii=False, allow_nan=False, indent=indent)


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer as plain JSON values, keys in the documented order.

    Labels and texts are in the answer's language. Decimals become JSON numbers, dates ISO 8601 text. The suggestions of
    a clarifying question are its readings, each a question that can be asked as it stands.
    """
    calls = answer.plan.calls if answer.plan else ()
    return {
        "id": answer.id,
        "question": answer.question,
        "language": answer.language,
        "store": answer.store,
        "as_of": answer.as_of.isoformat(),
        "status": answer.status,
        "text": answer.text,
        "plan": [{"tool": call.tool, "args": _plain(call.args)} for call in calls],
        "evidence": [_evidence(item, answer.language) for item in answer.evidence],
        "facts": [_fact(item, answer.language) for item in answer.facts],
        "charts": [_chart(item.chart) for item in answer.evidence if item.chart],
        "suggestions": list(answer.suggestions) or _readings(answer),
        "replaced_sentences": answer.replaced_sentences,
        "model": answer.model,
        "tokens": {
            "prompt": answer.tokens.prompt,
            "completion": answer.tokens.completion,
            "cached": answer.tokens.cached,
        },
        "timings_ms": _timings(answer.timings),
        "proposals": [_proposal(item, answer.language) for item in answer.proposals],
    }


def _readings(answer: Answer) -> list[str]:
    return [option.question for option in answer.plan.options] if answer.plan else []


def _evidence(item: Evidence, language: str) -> dict[str, Any]:
    return {
        "id": item.id,
        "tool": item.tool,
        "args": _plain(item.args),
        "title": item.title.of(language),
        "columns": [{"name": c.name, "label": c.label.of(language), "unit": c.unit} for c in item.columns],
        "rows": [[_plain(worded(value, language)) for value in row] for row in item.rows],
        "sql": item.sql,
        "method": item.method,
        "origin": item.origin,
        "truncated": item.truncated,
        "quiet": item.quiet,
    }


def _fact(fact: Fact, language: str) -> dict[str, Any]:
    return {
        "id": fact.id,
        "value": _plain(worded(fact.value, language)),
        "unit": fact.unit,
        "text": fact.text.of(language),
        "evidence": [{"id": cell.evidence, "row": cell.row, "column": cell.column} for cell in fact.cells],
    }


def _proposal(item: Proposal, language: str) -> dict[str, Any]:
    summary = item.summary.of(language)
    return {"id": item.id, "action": item.action, "payload": _plain(item.payload), "summary": summary}


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "kind": chart.kind,
        "evidence": chart.evidence,
        "x": chart.x,
        "y": list(chart.y),
        "series": chart.series,
    }


def _timings(timings: Timings) -> dict[str, float]:
    return {stage: round(getattr(timings, stage), 1) for stage in STAGES}


def _plain(value: Any) -> Any:
    """A value as JSON knows it; what is not a number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        value = float(value) if value.is_finite() else None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value
