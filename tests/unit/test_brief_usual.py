"""What a brief calls usual: the control limits, told apart from the product's own arithmetic."""

from __future__ import annotations

import random
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.brief.usual import usual


def test_the_limits_are_the_level_and_three_sigma_of_the_moving_ranges() -> None:
    weeks = [100.0, 104, 98, 101, 97, 103, 99, 102, 100, 105]
    ranges = [4.0, 6, 3, 4, 6, 4, 3, 2, 5]
    limits = usual([*weeks, 90])
    assert limits is not None
    assert limits.centre == median(weeks)
    assert limits.high - limits.centre == pytest.approx(3.145 * median(ranges))
    assert (limits.verdict(90), limits.verdict(100), limits.verdict(120)) == ("usual", "usual", "high")
    assert limits.verdict(80) == "low"


def test_a_short_history_calls_nothing_usual() -> None:
    assert usual([5.0] * 8) is None
    assert usual([None, None, *[5.0] * 7, 5.0]) is None


def test_one_wild_week_widens_the_limits_little() -> None:
    calm = [100.0 + (i % 3) for i in range(20)]
    wild = [*calm[:10], 400.0, *calm[11:]]
    a, b = usual([*calm, 130]), usual([*wild, 130])
    assert a is not None
    assert b is not None
    assert b.verdict(130) == "high"
    assert b.high - b.low < 2 * (a.high - a.low) + 4


def test_with_a_last_year_the_season_is_in_the_level() -> None:
    """A peak in the same week of every year is usual; the same peak elsewhere is not."""
    draw = random.Random(3)
    year = [100.0] * 52
    year[50] = 180.0
    weeks = [value * draw.uniform(0.98, 1.02) for value in year + year[:51]]
    peak = usual(weeks)
    assert peak is not None
    assert peak.seasonal
    assert peak.verdict(weeks[-1]) == "usual"
    ordinary = usual([*weeks[:100], weeks[49] * 1.8])
    assert ordinary is not None
    assert ordinary.verdict(weeks[49] * 1.8) == "high"


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # on a busy machine drawing is slow
@given(st.lists(st.integers(1, 10**6).map(float), min_size=9, max_size=80), st.floats(0.01, 1000))
def test_limits_know_no_currency(weeks: list[float], rate: float) -> None:
    """In another unit the same weeks have the same verdict."""
    a, b = usual(weeks), usual([w * rate for w in weeks])
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert b.centre == pytest.approx(a.centre * rate, rel=1e-6)
        assert a.low <= a.centre * (1 + 1e-9)
        assert a.centre <= a.high * (1 + 1e-9)


def test_false_alarms_are_rare_in_a_steady_shop() -> None:
    draw = random.Random(11)
    out = total = 0
    for _ in range(400):
        limits = usual([draw.gauss(1000, 50) for _ in range(27)])
        assert limits is not None
        out += limits.verdict(draw.gauss(1000, 50)) != "usual"
        total += 1
    assert out / total < 0.03
