"""How often each customer will buy: BG/NBD and its modification, from recency and frequency alone.

A customer buys at a rate λ until dropping out unseen; after each purchase that happens with chance p. Over customers,
λ ~ Gamma(r, α) and p ~ Beta(a, b). Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing
Science 24(2); the modification, in which a customer may drop out right after the first purchase too, is Batislam,
Denizel & Filiztekin (2007), Int. J. of Research in Marketing 24(3). Time is counted in weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, np.dtype[np.float64]]
Family = Literal["bg", "mbg"]
FAMILIES: tuple[Family, ...] = ("bg", "mbg")
PENALTY = 1e-4  # on the squared logarithms: keeps a parameter that the data does not settle from running away
BOUND = 6.0  # |log parameter|; CDNOW's and the demo store's lie within 4
STARTS = (1.0, 5.0, 1.0, 2.0)
MOST = 60  # purchases ahead that are told apart at the least
CHUNK = 20_000  # customers at once: a table of 100 counts each takes 16 MB


@dataclass(frozen=True, slots=True)
class History:
    """What counts of each customer's past: repeat purchase days ``x``, the last one's age at purchase ``t_x`` and the
    time watched ``t``, both in weeks since the first purchase; ``0 <= t_x <= t``.
    """

    x: Array
    t_x: Array
    t: Array

    def __len__(self) -> int:
        return len(self.x)

    def part(self, chosen: slice) -> History:
        """Some of the customers."""
        return History(self.x[chosen], self.t_x[chosen], self.t[chosen])


def history(days: pd.DataFrame, end: date) -> tuple[pd.Index, History]:
    """The customers' past at the end of a day, from ``days`` (columns customer, day): one row a customer and day.

    >>> import pandas as pd
    >>> days = pd.DataFrame({"customer": [1, 1, 2], "day": pd.to_datetime(["2020-01-01", "2020-01-15", "2020-01-08"])})
    >>> customers, past = history(days, date(2020, 1, 22))
    >>> list(customers), past.x.tolist(), past.t_x.tolist(), past.t.tolist()
    ([1, 2], [1.0, 0.0], [2.0, 0.0], [3.0, 2.0])
    """
    import pandas as pd

    last = pd.Timestamp(end)
    seen = days[days["day"] <= last].groupby("customer")["day"].agg(["min", "max", "count"])
    weeks = [(seen["max"] - seen["min"]).dt.days / 7, (last - seen["min"]).dt.days / 7]
    x = (seen["count"] - 1).to_numpy(float)
    return seen.index, History(x, weeks[0].to_numpy(float), weeks[1].to_numpy(float))


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A fitted model: ``parameters`` are r, α, a, b."""

    family: Family
    parameters: tuple[float, float, float, float]

    def log_likelihood(self, past: History) -> Array:
        """Of each customer, up to nothing: the whole of FHL's equation (6)."""
        return _log_likelihood(self.family, np.array(self.parameters), past)

    def alive(self, past: History) -> Array:
        """P(alive) of each customer, 0–1."""
        still, gone = _log_terms(self.family, np.array(self.parameters), past)
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(gone - still, -700, 700))))

    def counts(self, past: History, weeks: float, most: int = MOST) -> Array:
        """P(n purchases in the coming weeks) of each customer, n = 0…most; the last column holds all beyond too.

        A customer who is alive goes on as a new one would with r + x, α + T, a and b + x (Gamma and Beta are
        conjugate), so FHL's equation (8) with those gives the distribution.
        """
        from scipy.special import betaln, gammaln

        r, alpha, a, b = self.parameters
        n = np.arange(most + 1.0)[None, :]
        rate, scale, stay = (r + past.x)[:, None], (alpha + past.t)[:, None], (b + past.x)[:, None]
        bought = np.exp(
            gammaln(rate + n) - gammaln(rate) - gammaln(n + 1)
            + rate * np.log(scale / (scale + weeks)) + n * np.log(weeks / (scale + weeks))
        )  # fmt: skip
        reached = np.clip(1 - np.cumsum(bought, axis=1) + bought, 0, 1)  # at least n, were there no dropping out
        stayed = np.exp(betaln(a, stay + n) - betaln(a, stay)) * bought
        left = np.where(n > 0, np.exp(betaln(a + 1, stay + np.maximum(n, 1) - 1) - betaln(a, stay)) * reached, 0)
        table = (stayed + left) * self.alive(past)[:, None]
        table[:, 0] += 1 - self.alive(past)
        table[:, -1] += np.clip(1 - table.sum(axis=1), 0, 1)
        return np.asarray(table)


def fit_lifetime(past: History, family: Family) -> Lifetime:
    """Maximum likelihood with a light penalty; equal histories are counted once, for speed."""
    from scipy.optimize import minimize

    rows, counted = np.unique(np.column_stack([past.x, past.t_x.round(4), past.t.round(4)]), axis=0, return_counts=True)
    unique, shares = History(*rows.T), counted / counted.sum()

    def loss(logs: Array) -> float:
        value = -(_log_likelihood(family, np.exp(logs), unique) * shares).sum()
        return float(value + PENALTY * (logs**2).sum())

    found = minimize(loss, np.log(STARTS), method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * 4)
    r, alpha, a, b = (float(v) for v in np.exp(found.x))
    return Lifetime(family, (r, alpha, a, b))


def _log_likelihood(family: Family, parameters: Array, past: History) -> Array:
    from scipy.special import betaln, gammaln

    r, alpha, a, b = parameters
    still, gone = _log_terms(family, parameters, past)
    rates = gammaln(r + past.x) - gammaln(r) + r * np.log(alpha)
    ends = past.x + (family == "mbg")
    return np.asarray(rates + betaln(a, b + ends) - betaln(a, b) + np.logaddexp(still, gone))


def _log_terms(family: Family, parameters: Array, past: History) -> tuple[Array, Array]:
    """The logarithms of the two cases, still alive or gone since the last purchase, up to what they share."""
    r, alpha, a, b = parameters
    still = -(r + past.x) * np.log(alpha + past.t)
    since = -(r + past.x) * np.log(alpha + past.t_x)
    if family == "mbg":
        return still, np.log(a / (b + past.x)) + since
    gone = np.log(a / (b + np.maximum(past.x, 1) - 1)) + since
    return still, np.where(past.x > 0, gone, -np.inf)
