"""The online detector on NAB's labelled series: one threshold for all, and that of the other folders."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter

import numpy as np

from agent.evaluation.benches import BenchRow, BenchTable, Setup, bar
from db.errors import ShopOpsError
from models.timeseries import nab
from models.timeseries.detectors import ALARM, OnlineDetector

BAR = 60.0  # NAB, standard profile; published: ARTime 74.9, HTM 70, Skyline 58.2, RCF 51.7
_ARTIFICIAL = "artificial"  # the folders with and without anomalies are one kind of series


class CorpusUnreadable(ShopOpsError):
    """The labelled series are not as NAB keeps them."""

    code = "corpus"


def run(setup: Setup) -> BenchTable:
    """Score every file row by row, each from its own past alone; only the threshold is chosen over files."""
    folder = setup.folder("nab_dev")
    files = tuple(_files(folder))
    start, rows = perf_counter(), 0
    groups: dict[str, list[nab.Scored]] = {}
    for index, (name, times, values, windows) in enumerate(files):
        setup.progress(f"detect {name}", index / len(files))
        group = name.split("/")[0]
        group = _ARTIFICIAL if group.startswith(_ARTIFICIAL) else group
        groups.setdefault(group, []).append(nab.Scored(name, detect(times, values), windows))
        rows += len(values)
    seconds = perf_counter() - start
    every = [file for group in groups.values() for file in group]
    found, left_out = nab.best(every), nab.leave_out(groups)
    table = [
        bar("NAB score, standard profile", found.score, BAR, form="{:.1f}"),
        bar("with the threshold of the other folders", left_out.score, BAR, form="{:.1f}"),
        bar(f"at the detector's own alarm ({ALARM})", nab.at(every, ALARM).score, BAR, form="{:.1f}"),
        _row("reward low FP", nab.best(every, nab.LOW_FP).score, "{:.1f}"),
        _row("reward low FN", nab.best(every, nab.LOW_FN).score, "{:.1f}"),
        BenchRow("windows found", found.found, f"{found.found} of {found.windows}"),
        _row("false alarms", found.false_alarms, "{:.0f}"),
        *(_row(f"{name} alone", nab.at(group, found.threshold).score, "{:.1f}") for name, group in groups.items()),
        _row("microseconds a row", 1e6 * seconds / max(rows, 1), "{:.0f}"),
    ]
    return BenchTable(
        "anomalies",
        f"nab_dev, {len(every)} series, {rows:,} rows, {found.windows} windows",
        "online; the first 15 % of a series to learn from",
        setup.seed,
        tuple(table),
        (f"threshold chosen over the corpus, as NAB does: {found.threshold:.1f}", "the detector has no random part"),
    )


def detect(times: Sequence[datetime], values: Sequence[float]) -> np.ndarray:
    """The score of each row."""
    detector = OnlineDetector(nab.probation_rows(len(values)))
    return np.array([detector.update(t, v).value for t, v in zip(times, values, strict=True)])


def _row(measured: str, value: float, form: str) -> BenchRow:
    return BenchRow(measured, value, form.format(value))


_File = tuple[str, list[datetime], list[float], tuple[tuple[int, int], ...]]


def _files(folder: Path) -> Iterator[_File]:
    """Name, times, values and labelled windows (first and last row) of each file.

    Raises:
        CorpusUnreadable: a file or label that cannot be read.
    """
    try:
        labels = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
        for name, windows in sorted(labels.items()):
            with (folder / name).open(encoding="utf-8", newline="") as lines:
                rows = list(csv.DictReader(lines))
            times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
            limits = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in windows]
            yield name, times, [float(row["value"]) for row in rows], tuple(_window(times, *w) for w in limits)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusUnreadable(
            "The labelled series cannot be read.", "Keep them as NAB does: windows.json beside folders of CSV files."
        ) from error


def _window(times: Sequence[datetime], first: datetime, last: datetime) -> tuple[int, int]:
    inside = [row for row, time in enumerate(times) if first <= time <= last]
    if not inside:
        raise ValueError(f"no row lies between {first} and {last}")
    return inside[0], inside[-1]
