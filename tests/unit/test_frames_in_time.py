"""Rows of a role limited by parts of time: at weekends, on Mondays, after eight in the evening."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from db.engine import Store
from db.errors import PermissionRefused
from db.frames import read
from db.semantic.query import Filter, Interval
from tests.flow import open_journey

NOVEMBER = Interval.model_validate({"start": "2017-11-01", "end": "2017-12-01"})


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Store:
    return open_journey(journey_folder)


def times(store: Store, role: str, *filters: Filter) -> Any:
    rows = read(store, role, ("customer", "time"), time=NOVEMBER, filters=filters)
    return pd.to_datetime(rows["time"]).dt


@pytest.mark.parametrize("role", ["sales", "payments", "refunds"])
def test_weekends_and_weekdays_make_up_all_days(store: Store, role: str) -> None:
    weekend = times(store, role, Filter(dimension="day_type", op="in", values=(2,))).day_of_week
    rest = times(store, role, Filter(dimension="day_type", op="in", values=(1,))).day_of_week

    assert set(weekend) == {5, 6}
    assert set(rest) == {0, 1, 2, 3, 4}
    assert len(weekend) + len(rest) == len(times(store, role).day_of_week)


def test_an_evening_begins_at_its_hour(store: Store) -> None:
    hours = times(store, "payments", Filter(dimension="hour", op="range", values=(20, 24))).hour

    assert set(hours) == {20, 21, 22, 23}


def test_a_role_without_times_is_not_limited_by_them(store: Store) -> None:
    with pytest.raises(PermissionRefused, match="Weekend"):
        read(store, "products", ("product",), filters=(Filter(dimension="day_type", op="in", values=(2,)),))
