"""The bench of customer value: published days are read right, both sets are scored, nothing later is looked at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agent.evaluation.benches import BENCHES, Setup, customer_value
from agent.settings import Settings


def made(count: int, heading: str, master: bool) -> str:
    """Transactions in the published form: customers of early 1997 whose rates differ and who leave."""
    random = np.random.default_rng(3)
    lines = [heading] if heading else []
    for customer in range(1, count + 1):
        now, rate = random.uniform(0, 84), random.gamma(0.8, 1 / 30)
        while now < 545:
            day = (pd.Timestamp("1997-01-01") + pd.Timedelta(days=int(now))).strftime("%Y%m%d")
            names = f"{customer:05d}" if master else f"{customer:05d} {customer:04d}"
            lines += [f" {names} {day} 1 11.77"] * (1 + (customer % 7 == 0))
            if random.random() < 0.2:
                break
            now += random.exponential(1 / rate)
    return "\r\n".join(lines)


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    files = {
        customer_value.SAMPLE: made(200, "", master=False),
        customer_value.MASTER: made(800, " customer_id date number_of_cds dollar_value", master=True),
    }

    def fetched(requirement: str, inside: str, folder: Path, *, pinned: object) -> Path:
        assert (requirement, inside) in customer_value.PINNED
        target = tmp_path / inside.rpartition("/")[2]
        target.write_text(files[inside], encoding="ascii")
        return target

    monkeypatch.setattr(customer_value, "wheel_file", fetched)
    return Setup(Settings(cache_dir=tmp_path), None)


def test_the_bench_holds_what_the_tool_states_against_the_bars_for_both_sets(setup: Setup) -> None:
    assert BENCHES["customer-value"][0] == customer_value.__name__
    table = customer_value.run(setup)
    rows = {row.measured: row for row in table.rows}
    for name in ("tenth", "others"):
        assert rows[f"{name}: MAE, median (one customer)"].bar == "≤ 0.750"
        assert rows[f"{name}: MAE, median (one customer)"].value <= rows[f"{name}: MAE of the means"].value
        bias = rows[f"{name}: bias, sum of means"].value
        assert rows[f"{name}: |bias|, sum of means (a group)"].value == pytest.approx(abs(bias))
    assert [row.measured.partition(":")[0] for row in table.rows].count("others") == 9


def test_transactions_of_one_day_are_one_purchase(tmp_path: Path) -> None:
    path = tmp_path / "sample.txt"
    path.write_text(
        " 00004 0001 19970101  2   29.33\r\n 00004 0001 19970101  1   2.00\r\n 00004 0001 19970118  2   29.73\r\n"
    )
    table = customer_value._read(path, ("master", "customer", "day"))
    assert table.drop_duplicates()["day"].dt.date.tolist() == [date(1997, 1, 1), date(1997, 1, 18)]
    assert table["customer"].unique().tolist() == ["0001"]


def test_the_future_changes_no_forecast(setup: Setup, tmp_path: Path) -> None:
    path = tmp_path / "days.txt"
    path.write_text(made(200, "", master=False), encoding="ascii")
    days = customer_value._read(path, ("master", "customer", "day"))[["customer", "day"]].drop_duplicates()
    none_later = days[days["day"] <= pd.Timestamp(customer_value.CALIBRATED)]
    whole = {row.measured: row.value for row in customer_value._score("x", days)}
    one_more = pd.concat([none_later, days[days["day"] > pd.Timestamp(customer_value.CALIBRATED)].head(5)])
    cut = {row.measured: row.value for row in customer_value._score("x", one_more)}
    level = "x: level set by rolling origins"
    assert whole[level] == cut[level]
    assert whole["x: nobody buys, MAE"] > cut["x: nobody buys, MAE"]
