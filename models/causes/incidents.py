"""A table of a rate over time, one row a moment and leaf, as the leaf table that a localisation takes.

The baseline is the quiet half of the moments before: those whose rate over all leaves lies on the far side of the
median from the moment in question. Incidents come in bursts, so that the moments just before may be part of it already.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from db.errors import AnalysisError

PAST = 10  # moments; of the 4, 5 and 10 that were tried, 10 was no worse


def incident_table(
    frame: pd.DataFrame,
    dimensions: Sequence[str],
    moment: int,
    *,
    time: str = "min",
    value: str = "value",
    count: str = "cnt",
    past: int = PAST,
) -> pd.DataFrame:
    """Leaves of one moment against the quiet moments before it.

    Returns:
        The dimensions (as text), ``value``, ``count``, ``value_before``, ``count_before``; the last two
        are sums over the quiet moments.

    Raises:
        AnalysisError: the moment is not there, or nothing lies before it.
    """
    totals = frame.groupby(time)[[value, count]].sum()
    rates = totals[value] / totals[count]
    if moment not in rates.index:
        raise AnalysisError(f"There are no rows at {moment}.", "Name a moment that the table has.")
    before = rates[rates.index < moment].tail(past)
    if before.empty:
        raise AnalysisError(f"There is nothing before {moment} to compare with.", "Give a longer table.")
    rising = rates[moment] >= before.median()
    quiet = before.index[before <= before.median()] if rising else before.index[before >= before.median()]
    keys = list(dimensions)
    leaves = frame[keys].astype(str).assign(**{c: frame[c] for c in (time, value, count)})
    now = leaves[leaves[time] == moment].groupby(keys)[[value, count]].sum()
    then = leaves[leaves[time].isin(quiet)].groupby(keys)[[value, count]].sum()
    now.columns, then.columns = pd.Index(["value", "count"]), pd.Index(["value_before", "count_before"])
    return now.join(then, how="outer").fillna(0.0).reset_index()
