"""An answer as it is kept between runs, and back: the documented JSON, and beside it what only a page shows again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from agent.answer_json import STAGES, answer_object
from agent.contracts import Answer, Call, Option, Plan, Proposal, Timings
from db.semantic.schema import Text
from models.llm.base import Usage
from tools.evidence import Cell, Chart, Column, Evidence, Fact


def kept_answer(answer: Answer) -> dict[str, Any]:
    """An answer as plain JSON values; labels and texts in its own language only."""
    plan = answer.plan
    options = [{"label": o.label.of(answer.language), "question": o.question} for o in plan.options] if plan else []
    kept = answer_object(answer)
    for call in kept["plan"]:
        call["args"].pop("text", None)  # a customer's own words are nobody's to keep
    return kept | {
        "page": {
            "source": plan.source if plan else None,
            "message": plan.message.of(answer.language) if plan and plan.message else None,
            "options": options,
            "corrections": [list(pair) for pair in answer.corrections],
            "error": answer.error,
            "proposals": [
                {"id": p.id, "action": p.action, "summary": p.summary.of(answer.language)} for p in answer.proposals
            ],
        }
    }


def answer_of(kept: Mapping[str, Any]) -> Answer:
    """The answer that was kept. What it does not hold (the other language, a proposal's payload) is empty."""
    page = kept.get("page", {})
    charts = {chart["evidence"]: _chart(chart) for chart in kept["charts"]}
    tokens, spent = kept["tokens"], kept["timings_ms"]
    return Answer(
        id=kept["id"],
        question=kept["question"],
        language="zh" if kept["language"] == "zh" else "en",
        store=kept["store"],
        as_of=date.fromisoformat(kept["as_of"]),
        status=kept["status"],
        text=kept["text"],
        plan=_plan(kept, page),
        evidence=tuple(_evidence(item, charts.get(item["id"])) for item in kept["evidence"]),
        facts=tuple(_fact(item) for item in kept["facts"]),
        suggestions=() if page.get("options") else tuple(kept["suggestions"]),
        replaced_sentences=kept["replaced_sentences"],
        model=kept["model"],
        tokens=Usage(tokens["prompt"], tokens["completion"], tokens["cached"]),
        timings=Timings(*(spent[stage] for stage in STAGES)),
        error=page.get("error"),
        corrections=tuple((wrong, right) for wrong, right in page.get("corrections", ())),
        proposals=tuple(Proposal(p["id"], p["action"], {}, _same(p["summary"])) for p in page.get("proposals", ())),
    )


def _same(words: str) -> Text:
    return Text(en=words, zh=words)


def _plan(kept: Mapping[str, Any], page: Mapping[str, Any]) -> Plan | None:
    if not page.get("source"):
        return None
    asked_back: Literal["clarify", "out_of_scope"] | None = (
        kept["status"] if kept["status"] in ("clarify", "out_of_scope") else None
    )
    return Plan(
        asked_back or "run",
        tuple(Call(call["tool"], call["args"]) for call in kept["plan"]),
        _same(page["message"]) if page.get("message") else None,
        tuple(Option(_same(o["label"]), o["question"]) for o in page.get("options", ())),
        page["source"],
    )


def _evidence(item: Mapping[str, Any], chart: Chart | None) -> Evidence:
    return Evidence(
        id=item["id"],
        tool=item["tool"],
        args=item["args"],
        title=_same(item["title"]),
        columns=tuple(Column(c["name"], _same(c["label"]), c["unit"]) for c in item["columns"]),
        rows=tuple(tuple(row) for row in item["rows"]),
        sql=item["sql"],
        method=item["method"],
        origin=item["origin"],
        truncated=item["truncated"],
        quiet=item.get("quiet", False),
        chart=chart,
    )


def _chart(item: Mapping[str, Any]) -> Chart:
    return Chart(item["kind"], item["evidence"], item["x"], tuple(item["y"]), item["series"])


def _fact(item: Mapping[str, Any]) -> Fact:
    cells = tuple(Cell(c["id"], c["row"], c["column"]) for c in item["evidence"])
    return Fact(item["id"], item["value"], item["unit"], _same(item["text"]), cells)
