"""Write the question sets: ``python -m tests.evals.build [--check | --stats]``.

Reads the hand-written questions in ``source/*.yaml``, computes every expectation with :mod:`tests.evals.oracle`, and
writes ``{en,zh}.{dev,dev.2,test}.jsonl``. The same sources always give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tests.evals.calls import wanted
from tests.evals.names import key, spoken
from tests.evals.oracle import PARTS_OF_DAY_OR_WEEK, TIME, UNITS, answer, listed

HERE = Path(__file__).parent
AS_OF = "2018-01-01"
LANGUAGES = ("en", "zh")
SEED = "shopops-evals-1"
TOLERANCE = 0.001
# Ranked names are all to be said up to here; of a longer ranking the first.
SPOKEN_ROWS = 5
# A longer table is checked by its first rows only: products cap what they hand back.
CHECKED_ROWS = 20
LONG = 60
KINDS = {
    "lookup": "lookup", "ranking": "ranking", "trend": "trend", "compare": "compare", "share": "share",
    "filter": "filter", "ratio": "ratio", "follow_up": "follow_up", "several": "several_in_one",
    "clarify": "clarify", "out_of_scope": "out_of_scope", "dates": "date_arithmetic", "typos": "typos",
    "mixed": "mixed",
}  # fmt: skip
# One file a tool: `tool_` by who built the tool, for tuning; `fresh_tool_` by somebody who had not seen it, of which
# every second one is held out; `third_tool_` and `sealed_tool_` by yet another hand, each question saying its own
# `split`: the second is held out and read by nobody who tunes.
TOOL_SETS = (
    "tool_",
    "fresh_tool_",
    "third_tool_",
    "sealed_tool_",
    "fourth_tool_",
    "seventh_tool_",
    "eighth_tool_",
    "ninth_tool_",
    "tenth_tool_",
    "eleventh_tool_",
    "twelfth_tool_",
)
SECOND = ("W11", "W12")  # keys that stand in a second file of the tuning split: none may grow past a megabyte
NO_DATA = [
    "no data", "no purchases", "no sales", "no records", "no figures", "there is no", "has no", "holds no",
    "outside", "data starts", "data begins", "没有", "无数据", "暂无", "数据范围", "超出",
]  # fmt: skip
NOTHING = ["zero", "no orders", *NO_DATA]

Record = dict[str, Any]


def records() -> list[Record]:
    """Every graded line of both languages, in the order of the sources, with its split."""
    lines: list[Record] = []
    for name, kind in KINDS.items():
        entries = _entries(name)
        held_out = _held_out(entries)
        # A later set is for tuning only; it stays out of the draw, so that the held-out third never moves.
        for entry in [*entries, *_entries(f"more_{name}")]:
            split = "test" if entry["k"] in held_out else "dev"
            lines.extend(_lines(entry, kind, split))
    for prefix in TOOL_SETS:
        for path in sorted((HERE / "source").glob(f"{prefix}*.yaml")):
            for place, entry in enumerate(_entries(path.stem)):
                split = "test" if prefix.startswith("fresh") and place % 2 else "dev"
                if prefix.startswith(("third", "sealed", "fourth", "seventh", "eighth")):
                    split = _own_split(entry)
                lines.extend(_lines(entry, path.stem.removeprefix(prefix), split))
    return lines


def _entries(name: str) -> list[Record]:
    entries: list[Record] = yaml.safe_load((HERE / "source" / f"{name}.yaml").read_text(encoding="utf-8"))
    if name.startswith("more_") and any(entry.get("split") != "dev" for entry in entries):
        raise ValueError(f"every question of {name}.yaml must say `split: dev`")
    return entries


def _own_split(entry: Record) -> str:
    if entry.get("split") not in ("dev", "test"):
        raise ValueError(f"{entry['k']} must say `split: dev` or `split: test`")
    return str(entry["split"])


def _held_out(entries: list[Record]) -> set[str]:
    """Choose a third by a seeded hash, apart for pairs and for single-language questions; conversations stay whole."""
    strata: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        strata["+".join(_languages(entry))].append(entry["k"])
    chosen: set[str] = set()
    for names in strata.values():
        ranked = sorted(names, key=lambda name: hashlib.sha256(f"{SEED}:{name}".encode()).hexdigest())
        chosen.update(ranked[: round(len(names) / 3)])
    return chosen


def _languages(entry: Record) -> tuple[str, ...]:
    first = entry["turns"][0] if "turns" in entry else entry
    return tuple(language for language in LANGUAGES if language in first)


def _lines(entry: Record, kind: str, split: str) -> Iterator[Record]:
    languages = _languages(entry)
    turns = entry.get("turns", [entry])
    for number, turn in enumerate(turns, 1):
        name = f"{entry['k']}-{number}" if "turns" in entry else entry["k"]
        expect = expectation(turn)
        for language in languages:
            line: Record = {"id": f"{language}-{name}", "language": language, "kind": kind, "split": split}
            line["question"] = turn[language]
            if "turns" in entry:
                line["conversation"] = f"{language}-{entry['k']}"
            if len(languages) == 2:
                line["pair"] = name
            yield {**line, "as_of": str(turn.get("as_of", entry.get("as_of", AS_OF))), "expect": expect}


def expectation(turn: Record) -> Record:
    """What a right answer holds, computed by the oracle; see README.md for the fields."""
    if "ask" not in turn and "nodata" not in turn:
        return wanted(turn)
    expect: Record = {"status": turn.get("status", ["answered"])}
    asks = listed(turn.get("ask", []))
    if turn.get("nodata"):
        expect["status"] = ["answered", "clarify", "failed"]
        expect["no_data"] = True
    if len(asks) == 1:
        expect.update(finding(asks[0]))
    elif asks:
        expect["parts"] = [finding(ask) for ask in asks]
        expect["text_values"] = [said for part in expect["parts"] for said in part["text_values"]]
    if turn.get("nodata"):
        expect["text_values"] = [*expect.get("text_values", []), NO_DATA]
    if "or" in turn:
        expect["alternatives"] = [finding(ask) for ask in turn["or"]]
    return expect


def finding(ask: Record) -> Record:
    """Values or rows to be found in the evidence, and what the text must state, for one ``ask``."""
    table = answer(ask)
    keys = listed(ask.get("by", "all"))
    # YAML reads a whole day as a date; JSON has only text.
    written = {name: str(value) if name in ("p", "vs") else value for name, value in ask.items()}
    found: Record = {"query": written, "tolerance": TOLERANCE}
    if keys == ["all"]:
        return {**found, **_figures(table, ask)}
    rows = [
        [key(name, row[name]) for name in keys] + [_number(row[name]) for name in table.columns[len(keys) :]]
        for row in table.to_dict("records")
    ]
    ranked = "top" in ask or "bottom" in ask
    # Of "which one is the most" a longer list is as right, in any order; the text must name the one.
    single = ask.get("top") == 1 or ask.get("bottom") == 1
    bounded = ranked or "above" in ask or "below" in ask
    if ask.get("either"):
        # Figures that one split or several single questions would both bring.
        return {**found, **_loose(rows, found["query"])}
    found["rows"] = rows if len(rows) <= LONG else rows[:CHECKED_ROWS]
    found["order_matters"] = not single and (ranked or keys[0] in TIME)
    found["exact_rows"] = not single and bounded
    found["columns"] = [*keys, *table.columns[len(keys) :]]
    return {**found, "text_values": _said(rows, ask, len(keys))}


def _figures(table: pd.DataFrame, ask: Record) -> Record:
    if len(table) != 1:
        raise ValueError(f"no figure for {ask}")
    row = {name: _number(table[name].iloc[0]) for name in table.columns if name != "all"}
    unit = {"share": "ratio", "previous": UNITS[listed(ask["m"])[0]]}
    values = [{"label": name, "value": value, "unit": unit.get(name) or UNITS[name]} for name, value in row.items()]
    said: list[Any] = [value or [value, *NOTHING] for value in row.values()]
    if "vs" in ask:
        now, before = values[0]["value"], row["previous"]
        # Either the earlier figure or the change makes the comparison.
        said = [said[0], [before, _number(abs(now - before)), _number(abs(now / before - 1))]]
    return {"values": values, "text_values": said}


def _loose(rows: list[list[Any]], ask: Record) -> Record:
    values = [{"label": str(row[0]), "value": row[1], "unit": UNITS[ask["m"]]} for row in rows]
    return {"values": values, "text_values": [row[1] or [row[1], *NOTHING] for row in rows]}


def _said(rows: list[list[Any]], ask: Record, width: int) -> list[Any]:
    """What the text must state of a table: ranked names with their figures, a trend's ends, else the largest member."""
    dimension = listed(ask["by"])[0]
    if "top" in ask or "bottom" in ask:
        told = rows if len(rows) <= SPOKEN_ROWS else rows[:1]
        if ask.get("order") == "change":
            return [spoken(dimension, told[0][0]), [told[0][1], _number(told[0][1] - told[0][2])]]
        return [said for row in told for said in (spoken(dimension, row[0]), row[width])]
    if "above" in ask or "below" in ask:
        return [[len(rows), spoken(dimension, rows[0][0])]] if rows else [[0, "no", "没有"]]
    if ask.get("running"):
        return [rows[-1][width]]
    if len(rows) <= 3:
        return [row[width] for row in rows]
    figures = [row[width] for row in rows]
    if dimension in TIME or dimension in PARTS_OF_DAY_OR_WEEK:
        low = min(figures)
        # The lowest day is the one that the shop was shut, or the lowest on which it sold: both are right.
        return [max(figures), low if low else [low, min(figure for figure in figures if figure)]]
    best = max(rows, key=lambda row: row[width])
    return [spoken(dimension, best[0]), best[width]]


def _number(value: Any) -> int | float:
    if pd.isna(value):
        raise ValueError("a figure is missing")
    figure = round(float(value), 9)
    return int(figure) if figure.is_integer() else figure


def files() -> dict[str, str]:
    """The files by name, as text."""
    kinds = ("dev", "dev.2", "test")
    parts: dict[str, list[str]] = {f"{lang}.{kind}.jsonl": [] for lang in LANGUAGES for kind in kinds}
    for line in records():
        second = line["split"] == "dev" and line["id"].partition("-")[2].startswith(SECOND)
        name = f"{line['language']}.{line['split']}{'.2' if second else ''}.jsonl"
        parts[name].append(json.dumps(line, ensure_ascii=False))
    return {name: "\n".join(lines) + "\n" for name, lines in parts.items()}


def differing() -> list[str]:
    """Names of the files on disk that differ from what the sources give."""
    return [
        name
        for name, text in files().items()
        if not (HERE / name).is_file() or (HERE / name).read_text(encoding="utf-8") != text
    ]


def stats() -> str:
    """Counts by kind, language and split, from the files on disk."""
    counted: Counter[tuple[str, str]] = Counter()
    for path in sorted(HERE.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            language, split, *_ = path.name.split(".")
            counted[json.loads(line)["kind"], f"{language}.{split}"] += 1
    columns = ["en.dev", "en.test", "zh.dev", "zh.test"]
    kinds = list(dict.fromkeys([*KINDS.values(), *(kind for kind, _ in counted)]))
    rows = [[kind, *(counted[kind, column] for column in columns)] for kind in kinds]
    totals = ["all", *(sum(counted[kind, column] for kind in kinds) for column in columns)]
    return "\n".join("".join(f"{cell!s:>16}" for cell in row) for row in [["kind", *columns], *rows, totals])


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` say which differ (status 1), or with ``--stats`` count what is there."""
    if arguments == ["--stats"]:
        print(stats())
    elif arguments == ["--check"]:
        wrong = differing()
        print(f"differ from the sources: {', '.join(wrong)}" if wrong else "up to date")
        return 1 if wrong else 0
    elif not arguments:
        for name, text in files().items():
            (HERE / name).write_text(text, encoding="utf-8")
        print(stats())
    else:
        print("usage: python -m tests.evals.build [--check | --stats]")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
