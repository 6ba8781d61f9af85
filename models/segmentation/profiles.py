"""Everyone's segment and churn as of a day, and the movement between two days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from db.errors import AnalysisError
from db.semantic.query import Filter
from models.segmentation.features import Customers, read_customers
from models.segmentation.lifetimes import history
from models.segmentation.rfm import score
from models.segmentation.value import Churn, fit_churn, fit_value

if TYPE_CHECKING:
    from db.engine import Store


@dataclass(frozen=True, slots=True)
class Profiles:
    """Customers with their scores.

    Attributes:
        table: indexed by customer: all of :class:`Customers` and R, F, M, segment, churn (NaN where the store has
            too few repeat purchases to model it) and ``stake``, churn times the last year's revenue.
        churn: the model behind it; None as above.
    """

    customers: Customers
    table: pd.DataFrame
    churn: Churn | None

    def only(self, chosen: Sequence[object]) -> Profiles:
        """The same, of some customers."""
        return Profiles(self.customers, self.table[self.table.index.isin(pd.Index(chosen))], self.churn)


def profiles(
    store: Store, as_of: date, filters: Sequence[Filter] = (), timeout: float = 20.0, shares: bool = True
) -> Profiles:
    """Everyone who bought before ``as_of``. Raises as :func:`models.segmentation.features.read_customers`."""
    return profiles_of(read_customers(store, as_of, filters, timeout, shares))


def profiles_of(customers: Customers) -> Profiles:
    """Score customers that were read before."""
    end = customers.as_of - timedelta(days=1)
    try:
        churn: Churn | None = fit_churn(customers.days, end, fit_value(customers.days, end, origins=()))
    except AnalysisError:
        churn = None
    chances = None
    if churn is not None:
        index, past = history(customers.days, end)
        chances = pd.Series(churn.probability(past), index=index).reindex(customers.table.index)
    table = customers.table.join(score(customers, chances))
    table["churn"] = chances if chances is not None else float("nan")
    table["stake"] = table["churn"] * table["revenue"]
    return Profiles(customers, table, churn)


def moves(before: pd.Series[str], now: pd.Series[str]) -> pd.DataFrame:
    """How many went from which segment to which: columns before, now, customers; the many first.

    Customers who first bought in between come from "" (nowhere).

    >>> before, now = pd.Series(["loyal", "new"], index=[1, 2]), pd.Series(["lost", "new", "new"], index=[1, 2, 3])
    >>> moves(before, now).values.tolist()
    [['', 'new', 1], ['loyal', 'lost', 1], ['new', 'new', 1]]
    """
    both = pd.DataFrame({"before": before.reindex(now.index).fillna(""), "now": now})
    counted = both.groupby(["before", "now"]).size().rename("customers").reset_index()
    return counted.sort_values(["customers", "before", "now"], ascending=[False, True, True], ignore_index=True)
