"""The evaluation questions are well-formed, plentiful, split cleanly, and their figures can be computed again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.evals.build import AS_OF, KINDS, finding, stats
from tools.registry import TOOLS, tool

EVALS = Path(__file__).parent.parent / "evals"
FILES = ("en.dev", "en.dev.2", "en.test", "zh.dev", "zh.dev.2", "zh.test")
STATUSES = {"answered", "clarify", "out_of_scope", "refused", "failed"}
Line = dict[str, Any]


def read(name: str) -> list[Line]:
    return [json.loads(line) for line in (EVALS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


LINES = [line for name in FILES for line in read(name)]


def findings(expect: Line) -> list[Line]:
    """Everything in an expectation that the oracle computed."""
    own = [expect] if "query" in expect else []
    return [*own, *expect.get("parts", []), *expect.get("alternatives", [])]


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(line["id"] for line in LINES).items() if count > 1] == []


@pytest.mark.parametrize("name", FILES)
def test_lines_say_where_they_belong(name: str) -> None:
    language, split, *_ = name.split(".")
    for line in read(name):
        assert (line["language"], line["split"]) == (language, split), line["id"]
        assert line["as_of"] == AS_OF or line["as_of"].startswith("2017-"), line["id"]
        assert line["id"].startswith(f"{language}-")


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["id"]))
def test_an_expectation_can_be_graded(line: Line) -> None:
    expect = line["expect"]
    assert line["question"].strip() == line["question"] != ""
    assert set(expect["status"]) <= STATUSES
    assert expect["status"]
    if expect.get("calls"):
        for call in [*expect["calls"], *(call for plan in expect.get("calls_or", []) for call in plan)]:
            assert set(call["args"]) <= set(tool(call["tool"]).arguments.model_fields), line["id"]
    elif expect["status"] == ["answered"]:
        assert expect["text_values"], "an answer must state something"
        assert findings(expect)
    for found in findings(expect):
        assert bool(found.get("values")) != bool(found.get("rows")), "either values or rows"
        if "rows" in found:
            assert {len(row) for row in found["rows"]} == {len(found["columns"])}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_are_enough_of_each_kind(language: str) -> None:
    kinds = Counter(line["kind"] for line in LINES if line["language"] == language)
    assert sum(kinds.values()) >= 135
    assert set(KINDS.values()) <= set(kinds)
    assert min(kinds.values()) >= 6
    written = {name for name in TOOLS if tool(name).writes}  # one set for the three of them
    assert all(kinds[name] >= 20 for name in TOOLS if name not in {"query_metrics", "run_sql"} | written)
    assert kinds["write"] >= 20


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_third_is_held_out_of_each_kind(language: str) -> None:
    # The later set, whose names begin with `more-`, is for tuning only.
    drawn = [
        line for line in LINES if not line["id"].startswith(f"{language}-more-") and not line["expect"].get("calls")
    ]
    for kind in KINDS.values():
        splits = Counter(line["split"] for line in drawn if (line["language"], line["kind"]) == (language, kind))
        assert 0.25 <= splits["test"] / splits.total() <= 0.42, kind


def test_the_later_set_is_for_tuning_only() -> None:
    later = [line for line in LINES if line["id"].split("-")[1] == "more"]
    assert len(later) >= 220
    assert {line["split"] for line in later} == {"dev"}


def test_no_question_conversation_or_pair_is_on_both_sides() -> None:
    for field in ("question", "conversation", "pair"):
        sides: dict[str, set[str]] = {}
        for line in LINES:
            # A follow-up such as "and by store?" may recur; its conversation tells it apart.
            if field in line and not (field == "question" and "conversation" in line):
                sides.setdefault(line[field], set()).add(line["split"])
        assert [name for name, found in sides.items() if len(found) > 1] == []


def test_pairs_expect_the_same_in_both_languages() -> None:
    pairs: dict[str, list[Line]] = {}
    for line in LINES:
        if "pair" in line:
            pairs.setdefault(line["pair"], []).append(line)
    assert len(pairs) >= 60
    for name, both in pairs.items():
        assert {line["language"] for line in both} == {"en", "zh"}, name
        assert both[0]["expect"] == both[1]["expect"], name


@pytest.mark.slow
def test_figures_come_out_the_same_again() -> None:
    computed = [found for line in LINES for found in findings(line["expect"])]
    for found in computed[:: len(computed) // 12]:
        assert finding(found["query"]).items() <= found.items()


@pytest.mark.slow
def test_the_oracle_knows_the_published_totals() -> None:
    totals = {"revenue": 4596039.58, "orders": 155848, "customers": 2469}
    for metric, total in totals.items():
        assert finding({"m": metric})["values"][0]["value"] == pytest.approx(total, abs=0.005)


def test_stats_counts_every_line() -> None:
    assert sum(int(cell) for cell in stats().splitlines()[-1].split()[1:]) == len(LINES)
