"""Purchases of CDNOW's customers: fitted on 39 weeks, held against the 39 weeks that follow.

The customers who first bought in the first quarter of 1997: the usual tenth (2,357), and all others (21,213), on which
nothing was chosen. The purchase days come from the published transactions, since the published summaries lack the
holdout. Only days before the holdout are looked at, by the level that rolling origins set too.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from agent.evaluation.benches import BenchRow, BenchTable, Setup, bar
from models.segmentation.lifetimes import Array, history
from models.segmentation.value import ValueModel, fit_value
from models.wheels import wheel_file

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

REQUIREMENT = "Lifetimes==0.11.3"
SAMPLE, MASTER = "lifetimes/datasets/CDNOW_sample.txt", "lifetimes/datasets/CDNOW_master.txt"
PINNED = {
    (REQUIREMENT, SAMPLE): "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a",
    (REQUIREMENT, MASTER): "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
}
CALIBRATED, OBSERVED = date(1997, 9, 30), date(1998, 6, 30)  # last days of the two halves
WEEKS = 39.0
MOST_ERROR, MOST_BIAS = 0.75, 0.08


def run(setup: Setup) -> BenchTable:
    """Fit and score both sets. Raises ModelUnavailable, ModelDamaged where the data cannot be had."""
    folder = setup.settings.cache_dir / "benchmarks"
    setup.progress("CDNOW", 0.0)
    sample = _read(wheel_file(REQUIREMENT, SAMPLE, folder, pinned=PINNED), ("master", "customer", "day"))
    master = _read(wheel_file(REQUIREMENT, MASTER, folder, pinned=PINNED), ("customer", "day"))
    others = master[~master["customer"].isin(sample["master"])]
    rows = []
    for done, (name, table) in enumerate((("tenth", sample), ("others", others))):
        setup.progress(f"CDNOW, {name}", 0.1 + 0.5 * done)
        rows += _score(name, table[["customer", "day"]].drop_duplicates(ignore_index=True))
    return BenchTable(
        "customer-value",
        "CDNOW, cohort of the first quarter of 1997: the published tenth (2,357 customers) and the others (21,213)",
        "39 weeks to fit (to 1997-09-30), the next 39 weeks held out",
        setup.seed,
        tuple(rows),
        (
            "Both as segment_customers states them: of one customer the median of the purchase days, of a group the "
            "sum of the means. Medians do not add up, and means are no good guess for one customer.",
            "No seed is drawn: the fits are deterministic.",
        ),
    )


def _read(path: Path, names: tuple[str, ...]) -> pd.DataFrame:
    """Purchase days of the published files; a heading line is passed over."""
    import pandas as pd

    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    table = pd.DataFrame([line[: len(names)] for line in lines if line and line[0].isdigit()], columns=list(names))
    table["day"] = pd.to_datetime(table["day"], format="%Y%m%d")
    return table


def _score(name: str, days: pd.DataFrame) -> list[BenchRow]:
    import pandas as pd

    model = fit_value(days, CALIBRATED)
    customers, past = history(days, CALIBRATED)
    later = days[(days["day"] > pd.Timestamp(CALIBRATED)) & (days["day"] <= pd.Timestamp(OBSERVED))]
    bought = later.groupby("customer").size().reindex(customers, fill_value=0)
    truth: Array = np.asarray(bought, dtype=np.float64)
    plain = ValueModel(model.lifetimes[:1])
    middle, mean, published = (
        model.typical(past, WEEKS),
        model.expected(past, WEEKS),
        plain.expected(past, WEEKS),
    )
    return [
        bar(f"{name}: MAE, median (one customer)", _error(middle, truth), MOST_ERROR, least=False),
        bar(f"{name}: |bias|, sum of means (a group)", abs(_bias(mean, truth)), MOST_BIAS, least=False, form="{:.1%}"),
        BenchRow(f"{name}: bias, sum of means", _bias(mean, truth), f"{_bias(mean, truth):+.1%}"),
        BenchRow(f"{name}: level set by rolling origins", model.level, f"{model.level:.3f}"),
        BenchRow(f"{name}: MAE of the means", _error(mean, truth), f"{_error(mean, truth):.3f}"),
        BenchRow(f"{name}: bias, sum of medians", _bias(middle, truth), f"{_bias(middle, truth):+.1%}"),
        BenchRow(f"{name}: plain BG/NBD, MAE", _error(published, truth), f"{_error(published, truth):.3f}"),
        BenchRow(f"{name}: plain BG/NBD, bias", _bias(published, truth), f"{_bias(published, truth):+.1%}"),
        BenchRow(f"{name}: nobody buys, MAE", float(truth.mean()), f"{truth.mean():.3f}"),
    ]


def _error(predicted: Array, truth: Array) -> float:
    return float(np.abs(predicted - truth).mean())


def _bias(predicted: Array, truth: Array) -> float:
    return float(predicted.sum() / truth.sum() - 1)
