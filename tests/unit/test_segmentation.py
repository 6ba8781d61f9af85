"""Segments, lifetimes, groups and portraits: rules to the letter, formulas against simulation, names that stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.engine import Store
from db.errors import AnalysisError, ArtifactDamaged
from models.artifacts import load, save
from models.segmentation import clusters
from models.segmentation.anchoring import agreement, matched, moved, renewed
from models.segmentation.clusters import fit_clusters
from models.segmentation.features import Customers, customers_of, read_customers
from models.segmentation.lifetimes import History, Lifetime, fit_lifetime, history
from models.segmentation.naming import name_groups
from models.segmentation.portrait import portrait
from models.segmentation.profiles import profiles_of
from models.segmentation.rfm import SEGMENTS, limits, quintile, score
from models.segmentation.train import FILE, clusters_of, parts_of, train, trained
from models.segmentation.value import CHURN_DAYS, ValueModel, expected_spend, fit_churn, fit_value
from tests.flow import open_journey

TODAY = date(2020, 7, 1)
NOBODY = pd.DataFrame({"customer": [], "amount": []})


def orders(rows: list[tuple[int, str, float]]) -> pd.DataFrame:
    """Orders of (customer, moment, amount)."""
    table = pd.DataFrame(rows, columns=["customer", "time", "amount"])
    table["time"] = pd.to_datetime(table["time"])
    return table.assign(order=range(len(table)), discount=0.0, coupon=0.0, lines=1.0)


def shop(count: int = 300, seed: int = 0) -> pd.DataFrame:
    """A shop of two kinds: evening regulars with small baskets, and morning shoppers who come seldom and buy much."""
    random = np.random.default_rng(seed)
    rows = []
    for customer in range(count):
        regular = customer % 2 == 0
        gap, hour, amount = (4, 19, 10.0) if regular else (20, 9, 80.0)
        day = float(random.integers(0, 20))
        while day < 181:
            moment = pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(day), hours=hour)
            rows.append((customer, str(moment), float(amount * random.uniform(0.8, 1.2))))
            day += 1 + random.exponential(gap)
            if random.random() < 0.01:
                break
    return orders(rows)


def people_of(made: pd.DataFrame, as_of: date = TODAY, shares: pd.DataFrame = NOBODY) -> Customers:
    return customers_of(made, as_of, shares, pd.DataFrame())


@pytest.fixture(scope="module")
def customers() -> Customers:
    return people_of(shop())


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Store:
    return open_journey(journey_folder)


def simulated(model: Lifetime, count: int, weeks: float, seed: int = 0) -> list[list[float]]:
    """Purchase times after the first one of so many customers who behave as the model says."""
    random = np.random.default_rng(seed)
    r, alpha, a, b = model.parameters
    found = []
    for rate, leave in zip(random.gamma(r, 1 / alpha, count), random.beta(a, b, count), strict=True):
        times, now = [], 0.0
        gone = model.family == "mbg" and random.random() < leave
        while not gone:
            now += random.exponential(1 / rate) if rate > 1e-12 else np.inf
            if now > weeks:
                break
            times.append(now)
            gone = random.random() < leave
        found.append(times)
    return found


def past_of(times: list[list[float]], weeks: float) -> History:
    seen = [[t for t in own if t <= weeks] for own in times]
    x = np.array([float(len(own)) for own in seen])
    return History(x, np.array([own[-1] if own else 0.0 for own in seen]), np.full(len(seen), weeks))


@pytest.mark.parametrize("family", ["bg", "mbg"])
def test_the_distribution_ahead_is_that_of_simulated_customers(family: str) -> None:
    model = Lifetime("mbg" if family == "mbg" else "bg", (0.8, 4.0, 1.2, 3.0))
    times = simulated(model, 20_000, 60)
    past = past_of(times, 30)
    ahead = np.array([sum(t > 30 for t in own) for own in times])
    table = model.counts(past, 30)
    assert table.sum(axis=1) == pytest.approx(1.0)
    assert (table @ np.arange(table.shape[1])).mean() == pytest.approx(ahead.mean(), rel=0.04)
    for x in (0, 1, 3):
        same = past.x == x
        assert table[same, 0].mean() == pytest.approx((ahead[same] == 0).mean(), abs=0.03)


def test_the_fit_finds_the_parameters_of_simulated_customers() -> None:
    truth = Lifetime("bg", (0.8, 4.0, 1.2, 3.0))
    past = past_of(simulated(truth, 8_000, 40), 40)
    found = fit_lifetime(past, "bg")
    assert found.log_likelihood(past).sum() >= truth.log_likelihood(past).sum() - 1
    assert found.parameters[0] == pytest.approx(0.8, rel=0.15)


def test_the_likelihood_is_the_published_one() -> None:
    """CDNOW's maximum of Fader, Hardie & Lee (2005), table 2, at customer 1: x = 2, t_x = 30.43, T = 38.86."""
    model = Lifetime("bg", (0.243, 4.414, 0.793, 2.426))
    one = History(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert model.log_likelihood(one)[0] == pytest.approx(-9.4596, abs=2e-3)
    assert model.alive(one)[0] == pytest.approx(0.7266, abs=2e-3)


history_of_one = st.tuples(st.integers(0, 60), st.floats(0, 1), st.floats(0.2, 120))
parameters = st.tuples(*[st.floats(0.05, 30) for _ in range(4)])


@settings(max_examples=60, deadline=None)
@given(history_of_one, parameters, st.sampled_from(["bg", "mbg"]), st.floats(0.5, 60))
def test_chances_are_chances_and_more_weeks_bring_more(
    one: tuple[int, float, float], given_: tuple[float, float, float, float], family: str, weeks: float
) -> None:
    x, share, watched = one
    past = History(np.array([float(x)]), np.array([share * watched if x else 0.0]), np.array([watched]))
    model = ValueModel((Lifetime("bg" if family == "bg" else "mbg", given_),))
    table = model.counts(past, weeks, 200)
    assert ((table >= -1e-9) & (table <= 1 + 1e-9)).all()
    assert table.sum() == pytest.approx(1, abs=1e-6)
    assert 0 <= model.alive(past)[0] <= 1
    assert model.expected(past, weeks)[0] <= model.expected(past, weeks * 1.5)[0] + 1e-6
    assert model.absent(past, weeks)[0] >= model.absent(past, weeks * 1.5)[0] - 1e-9
    longer = replace(past, t=past.t + 20)
    assert model.alive(longer)[0] <= model.alive(past)[0] + 1e-9  # the longer the silence, the likelier gone


def test_of_one_customer_the_median_has_the_least_expected_error() -> None:
    model = ValueModel((Lifetime("bg", (0.8, 4.0, 1.2, 3.0)),))
    past = past_of(simulated(model.lifetimes[0], 200, 30), 30)
    chosen, table = model.typical(past, 30), model.counts(past, 30, 210)
    counts = np.arange(table.shape[1])[None, :]
    least = (table * np.abs(counts - chosen[:, None])).sum(axis=1)
    for other in (chosen + 1, np.maximum(chosen - 1, 0), model.expected(past, 30)):
        assert (least <= (table * np.abs(counts - other[:, None])).sum(axis=1) + 1e-9).all()
    assert model.typical(past.part(slice(0, 0)), 30).size == 0


def test_value_looks_at_nothing_after_its_day(customers: Customers) -> None:
    end = date(2020, 5, 31)
    known = customers.days[customers.days["day"] <= pd.Timestamp(end)]
    assert fit_value(customers.days, end) == fit_value(known, end)


def test_too_few_customers_have_no_value() -> None:
    days = people_of(shop(10)).days
    with pytest.raises(AnalysisError, match="too few customers to model their value: 10"):
        fit_value(days, TODAY)


def test_churn_is_right_on_average_on_days_it_has_not_seen(customers: Customers) -> None:
    end = TODAY - timedelta(days=CHURN_DAYS + 1)
    churn = fit_churn(customers.days, end, fit_value(customers.days, end, origins=()))
    who, past = history(customers.days, end)
    later = customers.days[customers.days["day"] > pd.Timestamp(end)]["customer"]
    away = ~np.asarray(who.isin(later))
    assert churn.probability(past).mean() == pytest.approx(away.mean(), abs=0.07)
    assert churn.checked == 0  # a shop of four months: no check to straighten it by


def test_churn_is_straightened_where_the_past_is_long_enough(store: Store) -> None:
    end = date(2017, 10, 31)
    days = read_customers(store, store.as_of, shares=False).days
    churn = fit_churn(days, end, fit_value(days, end, origins=()))
    who, past = history(days, end)
    chance = churn.probability(past)
    away = ~np.asarray(who.isin(days[days["day"] > pd.Timestamp(end)]["customer"]))
    assert churn.checked > 2_000
    assert chance.mean() == pytest.approx(away.mean(), abs=0.02)
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1.0)):
        inside = (chance >= low) & (chance < high)
        assert away[inside].mean() == pytest.approx(chance[inside].mean(), abs=0.1)


def test_spend_shrinks_to_the_mean_the_less_is_known() -> None:
    random = np.random.default_rng(0)
    true = 30 / random.gamma(4, 1 / 3, 400)
    count = np.where(np.arange(400) % 2, 1.0, 40.0)
    seen = np.array([random.gamma(2, t / 2, int(n)).mean() for t, n in zip(true, count, strict=True)])
    found = expected_spend(count, seen)
    assert np.abs(found - true)[count == 1].mean() < np.abs(seen - true)[count == 1].mean()
    assert found[count == 40] == pytest.approx(seen[count == 40], rel=0.15)
    assert expected_spend(np.ones(3), np.array([1.0, 2.0, 3.0])).tolist() == [2.0, 2.0, 2.0]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=80))
def test_quintiles_keep_the_order_and_ties_share(values: list[float]) -> None:
    found = quintile(pd.Series(values))
    assert found.between(1, 5).all()
    for a, b in zip(sorted(values), sorted(values)[1:], strict=False):
        low, high = found[values.index(a)], found[values.index(b)]
        assert low <= high
        assert a != b or low == high


def test_the_rules_name_everyone_once_and_as_written() -> None:
    made = people_of(shop())
    found = score(made, None)
    assert set(found["segment"]) <= set(SEGMENTS)
    table = made.table
    assert (found["segment"] == "lost").equals(table["silent"] >= limits(made.days).lapse)
    best = found["segment"] == "champions"
    assert ((found["F"] + found["M"])[best] >= 9).all()
    assert (found["R"][best] >= 2).all()


def test_a_regular_who_fell_silent_is_at_risk_and_one_gone_for_long_is_lost() -> None:
    steady = [
        (c, f"2020-{m:02d}-{d:02d}", 20.0) for c in range(30) for m in range(1, 7) for d in range(1 + c % 3, 29, 3)
    ]
    quiet = [(98, f"2020-{m:02d}-{d:02d}", 20.0) for m in range(1, 6) for d in range(1, 29, 2)]
    gone = [(99, f"2020-01-{d:02d}", 20.0) for d in range(1, 29, 2)]
    once = [(97, "2020-06-20", 5.0)]
    found = score(people_of(orders([*steady, *quiet, *gone, *once])), None)["segment"]
    assert found[98] == "at_risk"
    assert found[99] == "lost"
    assert found[97] == "new"
    assert not found[:30].isin(["at_risk", "lost", "new", "about_to_leave"]).any()


def test_features_are_those_of_pandas_by_hand() -> None:
    made = people_of(orders([(1, "2020-06-01 09:00", 10), (1, "2020-06-06 20:00", 30), (2, "2020-06-30 12:00", 5)]))
    one = made.table.loc[1]
    assert (one["orders"], one["visits"], one["revenue"], one["basket"]) == (2, 2, 40.0, 20.0)
    assert (one["silent"], one["weekend"], one["morning"], one["evening"]) == (25, 0.5, 0.5, 0.5)
    assert made.table.loc[2, "gap"] == pytest.approx(5.0)  # one purchase: the store's own gap
    assert np.isnan(one["couponed"])


def test_nothing_on_or_after_the_day_is_looked_at() -> None:
    made = shop()
    later = made.assign(time=made["time"] + pd.Timedelta(days=200))
    both = pd.concat([made, later], ignore_index=True)
    pd.testing.assert_frame_equal(people_of(made).table, people_of(both).table)


def test_a_store_without_clock_tells_no_hours() -> None:
    made = shop().assign(time=lambda t: t["time"].dt.normalize())
    found = people_of(made)
    assert not found.clock
    assert found.table["morning"].isna().all()
    assert all(trait.name not in ("morning", "evening") for trait in portrait(found, found.table.index[:50]))


def test_two_kinds_of_shoppers_are_found_and_named(customers: Customers) -> None:
    found = fit_clusters(customers)
    placed = found.place(customers)
    for group in placed.unique():
        kinds = placed.index[placed == group] % 2
        assert max(kinds.to_series().mean(), 1 - kinds.to_series().mean()) > 0.95
    assert len(set(found.names)) == len(found.names)
    assert found.chosen.stability > 0.5
    assert 0 < found.encoder.rebuilt <= 1


def test_moved_groups_keep_their_identity_and_matched_ones_their_names(customers: Customers) -> None:
    old, later = fit_clusters(customers), people_of(shop(seed=1))
    kept = moved(old, later)
    assert kept.names == old.names
    assert agreement(old.place(later), kept.place(later)) > 0.9
    turned = replace(old, centroids=old.centroids[::-1], names=tuple(f"w{i}+" for i in range(len(old.names))))  # type: ignore[misc]
    again = matched(turned, old, customers)
    assert again.names == old.names
    assert agreement(again.place(customers), old.place(customers)) == 1.0
    far = replace(old, chosen=replace(old.chosen, stability=old.chosen.stability - 0.5))
    assert renewed(far, turned, customers).names == old.names
    assert renewed(old, turned, customers).chosen == old.chosen


def test_two_groups_never_share_a_name() -> None:
    table = pd.DataFrame({"rate": [2.0, 2.1, -1, 0.0], "basket": [1.0, 1.1, -1, 0.0]})
    names = name_groups(table, np.array([0, 1, 2, 3]), [0, 1, 2, 3])
    assert len({frozenset(name) for name in names}) == 4
    assert names[0] == ("rate+", "basket+")
    assert names[3] == ("average",)


def test_a_portrait_gives_the_lift_by_hand() -> None:
    made = shop(60)
    rows = [(c, "WINE", 30.0) for c in range(0, 60, 2)] + [(c, "WINE", 10.0) for c in range(1, 60, 2)]
    rows += [(c, "BREAD", 70.0) for c in range(0, 60, 2)] + [(c, "BREAD", 90.0) for c in range(1, 60, 2)]
    shares = pd.DataFrame(rows, columns=["customer", "department", "amount"])
    found = {
        (t.kind, t.member or t.name): t for t in portrait(people_of(made, shares=shares), pd.Index(range(0, 60, 2)))
    }
    wine = found["department", "WINE"]
    assert (wine.value, wine.others, wine.lift) == pytest.approx((0.3, 0.1, 3.0))
    table = people_of(made).table
    rates = [table.loc[start:60:2, "rate"].mean() for start in (0, 1)]
    assert found["habit", "rate"].lift == pytest.approx(rates[0] / rates[1])


def test_everybody_together_is_set_apart_by_nothing(customers: Customers) -> None:
    assert portrait(customers, customers.table.index) == ()
    assert portrait(customers, pd.Index([])) == ()


def test_a_store_with_single_purchases_has_segments_without_churn() -> None:
    made = people_of(orders([(c, f"2020-0{1 + c % 6}-10", 10.0 + c) for c in range(40)]))
    found = profiles_of(made)
    assert found.churn is None
    assert found.table["churn"].isna().all()
    assert found.table["segment"].notna().all()


@pytest.fixture(scope="module")
def files(store: Store, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders with the groups of a week ago, and with those trained over them today."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    with pytest.MonkeyPatch.context() as patch:  # how they are chosen is tested above
        patch.setattr(clusters, "BOOTSTRAPS", 2)
        patch.setattr(clusters, "SAMPLE", 500)
        train(store, store.as_of - timedelta(days=7), first / FILE, lambda *_: None)
        (second / FILE).write_bytes((first / FILE).read_bytes())
        train(store, store.as_of, second / FILE, lambda *_: None)
    return first, second


def test_trained_groups_keep_their_names_a_week_later(store: Store, files: tuple[Path, Path]) -> None:
    before, now = (trained(folder, store, store.as_of) for folder in files)
    assert before
    assert now
    assert now[0].metrics["kept"] > 0.9
    assert now[1].names == before[1].names
    assert 0.7 < now[0].metrics["churn_auc"] < 1
    earlier = before[0].as_of - timedelta(days=1)
    assert trained(files[0], store, earlier) is None  # groups that know what came after


def test_a_damaged_file_is_named_and_replaced_by_training(customers: Customers, store: Store, tmp_path: Path) -> None:
    found = fit_clusters(customers)
    parts = parts_of(found)
    again = clusters_of(parts)
    assert again.names == found.names
    assert again.place(customers).equals(found.place(customers))
    with pytest.raises(ArtifactDamaged, match="cannot be read"):
        clusters_of(
            {"about.json": parts["about.json"], "numbers.npz": parts_of(replace(found, names=()))["about.json"]}
        )
    (tmp_path / FILE).write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(ArtifactDamaged):
        trained(tmp_path, store, store.as_of)
    assert trained(None, store, store.as_of) is None


def test_groups_of_other_data_are_not_used(store: Store, files: tuple[Path, Path], tmp_path: Path) -> None:
    meta, parts = load(files[1] / FILE, "segmentation", 1)
    save(tmp_path / FILE, replace(meta, fingerprint="other"), parts)
    assert trained(tmp_path, store, store.as_of) is None
    assert trained(files[1], store, store.as_of) is not None


def test_too_few_customers_form_no_groups() -> None:
    with pytest.raises(AnalysisError, match="too few customers to find groups"):
        fit_clusters(people_of(shop(20)))
