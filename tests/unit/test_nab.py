"""NAB's scoring against cases worked out by hand, and the online detector: no look-ahead, memory, restart."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.evaluation.benches import BenchSkipped, Setup, run_bench
from agent.evaluation.benches.anomalies import CorpusUnreadable
from agent.settings import Settings
from db.errors import AnalysisError
from models.timeseries import nab
from models.timeseries.anomaly_tails import Tail
from models.timeseries.detectors import MOST, OnlineDetector

START = datetime(2024, 1, 1)


def scored(rows: int, alarms: dict[int, float], *windows: tuple[int, int]) -> nab.Scored:
    """A file where the detector speaks at a few rows only."""
    scores = np.zeros(rows)
    for row, score in alarms.items():
        scores[row] = score
    return nab.Scored("folder/file.csv", scores, windows)


def worth(position: float) -> float:
    return 2 / (1 + math.exp(5 * position)) - 1


def test_perfect_and_null() -> None:
    """Speaking first in each window is 100, never speaking 0."""
    file = scored(100, {40: 1.0, 70: 1.0}, (40, 49), (70, 79))
    assert nab.best([file]).score == pytest.approx(100.0)
    assert nab.best([scored(100, {}, (40, 49))]).score == 0.0


def test_by_hand() -> None:
    """A late find and two false alarms: one long before any window, one close behind it."""
    file = scored(100, {20: 1.0, 44: 1.0, 52: 1.0}, (40, 49))
    found = worth(-6 / 10) / worth(-1)  # six rows are left of ten
    raw = found - 0.11 + 0.11 * worth(3 / 9)  # three rows behind a window nine rows long
    outcome = nab.at([file], 1.0)
    assert outcome.score == pytest.approx(100 * (raw + 1) / 2)
    assert (outcome.found, outcome.windows, outcome.false_alarms) == (1, 1, 2)


def test_only_the_earliest_find_counts() -> None:
    early, both = scored(100, {41: 1.0}, (40, 49)), scored(100, {41: 1.0, 45: 1.0}, (40, 49))
    assert nab.at([early], 1.0).score == nab.at([both], 1.0).score


def test_missed_window_costs_fn() -> None:
    """One of two windows missed: 1 − fn against 2 at best and −2·fn at worst."""
    file = scored(100, {40: 1.0}, (40, 49), (70, 79))
    assert nab.at([file], 1.0).score == pytest.approx(50.0)
    assert nab.at([file], 1.0, nab.LOW_FN).score == pytest.approx(100 * (1 - 2 + 4) / 6)


def test_probation_counts_for_nothing() -> None:
    """The first 15 %: neither a false alarm nor a find."""
    assert nab.at([scored(100, {3: 1.0, 14: 1.0, 40: 1.0}, (40, 49))], 1.0).score == pytest.approx(100.0)
    assert nab.at([scored(100, {15: 1.0, 40: 1.0}, (40, 49))], 1.0).false_alarms == 1


def test_threshold_is_one_for_all_files() -> None:
    """The best threshold keeps the find of one file and drops the false alarms of the other."""
    files = [scored(100, {40: 0.9}, (40, 49)), scored(100, dict.fromkeys(range(20, 60), 0.5))]
    outcome = nab.best(files)
    assert (outcome.threshold, outcome.score, outcome.false_alarms) == (0.9, 100.0, 0)


def test_left_out_threshold() -> None:
    """Each folder is scored at what is best for the other: here too high for one, too low for the other."""
    loud, quiet = scored(100, {40: 9.0, 20: 5.0}, (40, 49)), scored(100, {40: 3.0}, (40, 49))
    outcome = nab.leave_out({"loud": [loud], "quiet": [quiet]})
    assert outcome.found == 1  # quiet's 3 stays below loud's 9
    assert outcome.false_alarms == 1  # loud's 5 passes quiet's 3


@given(st.lists(st.floats(0, 1), min_size=40, max_size=80), st.integers(12, 20), st.integers(2, 10))
@settings(max_examples=40, deadline=None)
def test_sweep_is_what_each_threshold_gives(values: list[float], first: int, width: int) -> None:
    """The sweep's running sums against a plain count at the same threshold."""
    scores = np.round(np.array(values), 1)
    window = (first, first + width)
    for outcome in nab.sweep([nab.Scored("f", scores, (window,))])[1:]:
        rows = [r for r in range(nab.probation_rows(len(scores)), len(scores)) if scores[r] >= outcome.threshold]
        inside = [r for r in rows if window[0] <= r <= window[1]]
        raw = worth((inside[0] - window[1] - 1) / (width + 1)) / worth(-1) if inside else -1.0
        for row in set(rows) - set(inside):
            behind = (row - window[1]) / width
            raw += 0.11 * (worth(behind) if row > window[1] and behind < 3 else -1.0)
        assert outcome.score == pytest.approx(100 * (raw + 1) / 2)


# ------------------------------------------------------------------------------------------------------- the detector


def stream(rows: int, seed: int = 0) -> list[tuple[datetime, float]]:
    """Hours of a shop: a day's rhythm with noise."""
    noise = np.random.default_rng(seed).normal(0, 1, rows)
    return [
        (START + timedelta(hours=h), 100 + 30 * math.sin(2 * math.pi * h / 24) + 2 * float(noise[h]))
        for h in range(rows)
    ]


def alarms(rows: list[tuple[datetime, float]], calibrate: int = 240) -> list[int]:
    detector = OnlineDetector(calibrate)
    return [i for i, (time, value) in enumerate(rows) if detector.update(time, value).alarm]


@pytest.mark.parametrize(
    ("start", "length", "fault"), [(700, 1, "spike"), (1_002, 10, "rise stays out"), (1_200, 300, "new level")]
)
def test_planted_faults_are_found_once(start: int, length: int, fault: str) -> None:
    """Each fault is an alarm near its start, and a burst is one, not many."""
    rows = stream(1_500)
    for i in range(start, start + length):
        time, value = rows[i]
        rows[i] = (time, 70.0 if fault == "rise stays out" else value * (3.0 if fault == "spike" else 1.8))
    near = [i for i in alarms(rows) if start <= i < start + 30]
    assert 1 <= len(near) <= 3


def test_quiet_stream_has_hardly_an_alarm() -> None:
    assert sum(len(alarms(stream(1_500, seed))) for seed in range(3)) <= 2


def test_no_look_ahead() -> None:
    """What comes later does not change what was said before."""
    rows = stream(600)
    changed = rows[:500] + [(time, value * 5) for time, value in rows[500:]]
    one, other = OnlineDetector(200), OnlineDetector(200)
    assert [one.update(*r) for r in rows[:500]] == [other.update(*r) for r in changed[:500]]


@pytest.mark.parametrize("stop", [50, 199, 200, 450])
def test_state_survives_a_restart(stop: int) -> None:
    """A detector restored from its text says what the other would have said, in calibration and after."""
    rows = [(t, v * (4 if i == 480 else 1)) for i, (t, v) in enumerate(stream(600))]
    whole, before = OnlineDetector(200), OnlineDetector(200)
    expected = [whole.update(*row) for row in rows]
    said = [before.update(*row) for row in rows[:stop]]
    after = OnlineDetector.from_json(before.to_json())
    assert said + [after.update(*row) for row in rows[stop:]] == expected


def test_memory_is_bounded() -> None:
    """The state does not grow with the stream, however long the calibration that is asked for."""
    detector = OnlineDetector(100)
    sizes = []
    for i, row in enumerate(stream(3_000)):
        detector.update(*row)
        if i in (1_000, 2_999):
            sizes.append(len(detector.to_json()))
    assert sizes[1] < sizes[0] * 1.1 < 20_000
    assert OnlineDetector(10**9).calibrate == MOST


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_missing_value_is_no_alarm(value: float | None) -> None:
    detector = OnlineDetector(100)
    for row in stream(200):
        detector.update(*row)
    state = detector.to_json()
    assert detector.update(START + timedelta(hours=200), value).alarm is False
    assert detector.to_json() == state


def test_flat_line_then_a_step() -> None:
    """A line without any noise is quiet, and its first move is an alarm."""
    rows = [(START + timedelta(minutes=5 * i), 45.0) for i in range(400)]
    assert alarms(rows, 100) == []
    assert alarms([*rows, (START + timedelta(minutes=2_000), 46.0)], 100) == [400]


def test_days_are_held_against_their_weekday() -> None:
    """Daily rows: a Monday as large as a Saturday is odd, a Saturday is not."""
    week = [100.0, 102, 101, 103, 105, 300, 290]
    noise = np.random.default_rng(1).normal(0, 2, 200)
    rows = [(START + timedelta(days=i), week[i % 7] + float(noise[i])) for i in range(182)]
    assert alarms(rows, 70) == []
    assert alarms([*rows, (START + timedelta(days=182), 300.0)], 70) == [182]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 99}', '{"version": 1, "calibrate": 100}'])
def test_damaged_state_is_refused(text: str) -> None:
    with pytest.raises(AnalysisError, match="cannot be read"):
        OnlineDetector.from_json(text)


def test_too_short_a_calibration_is_refused() -> None:
    with pytest.raises(AnalysisError, match="30 rows"):
        OnlineDetector(10)


def test_tail_of_a_known_distribution() -> None:
    """Of exponential values a one-in-ten-thousand is told within a factor of three."""
    values = np.random.default_rng(0).exponential(1.0, 20_000)
    tail = Tail.fitted(list(values[:5_000]), 1e-6)
    for value in values[5_000:]:
        tail.score(float(value))
    assert tail.score(math.log(10_000)) == pytest.approx(4.0, abs=0.5)
    assert tail.score(1.0) == 0.0


# ---------------------------------------------------------------------------------------------------------- the bench


def corpus(folder: Path, windows: object) -> Setup:
    """A corpus of two small files, one with a planted spike."""
    (folder / "nab_dev" / "realShop").mkdir(parents=True)
    (folder / "nab_dev" / "artificialShop").mkdir()
    for name, spike in (("realShop/a.csv", 400), ("artificialShop/b.csv", -1)):
        lines = [f"{t:%Y-%m-%d %H:%M:%S},{v * (5 if i == spike else 1):.3f}" for i, (t, v) in enumerate(stream(600))]
        (folder / "nab_dev" / name).write_text("\n".join(["timestamp,value", *lines]), encoding="utf-8")
    (folder / "nab_dev" / "windows.json").write_text(json.dumps(windows), encoding="utf-8")
    return Setup(Settings(), folder)


def test_bench_on_a_small_corpus(tmp_path: Path) -> None:
    window = [f"{START + timedelta(hours=h):%Y-%m-%d %H:%M:%S.000000}" for h in (390, 420)]
    table = run_bench("anomalies", corpus(tmp_path, {"realShop/a.csv": [window], "artificialShop/b.csv": []}))
    rows = {row.measured: row for row in table.rows}
    assert rows["windows found"].shown == "1 of 1"
    assert rows["NAB score, standard profile"].value > 80
    assert "2 series" in table.data


def test_bench_without_its_data(tmp_path: Path) -> None:
    with pytest.raises(BenchSkipped, match="nab_dev"):
        run_bench("anomalies", Setup(Settings(), tmp_path))


def test_bench_with_labels_of_other_files(tmp_path: Path) -> None:
    with pytest.raises(CorpusUnreadable):
        run_bench("anomalies", corpus(tmp_path, {"realShop/missing.csv": []}))
    elsewhere = [["2030-01-01 00:00:00", "2030-01-02 00:00:00"]]
    with pytest.raises(CorpusUnreadable):
        run_bench("anomalies", corpus(tmp_path / "other", {"realShop/a.csv": elsewhere}))
