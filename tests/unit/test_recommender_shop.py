"""The hybrid: every customer gets something, with a reason that is true."""

from __future__ import annotations

import numpy as np
import pytest

from db.errors import AnalysisError
from models.recommender.group import offers
from models.recommender.interactions import Interactions
from models.recommender.reorder import SHORTEST
from models.recommender.shop import SEASON, ShopRecommender
from models.recommender.validate import held_out

CLOCK = 400
TEXTS = {f"p{i:02d}": ("RED APPLES" if i < 10 else "DOG FOOD") + f" {i}" for i in range(20)} | {"zz": "GREEN APPLES 1"}
PROFILES = 60


def visits(days: int = 300, seed: int = 0) -> Interactions:
    """Sixty customers of two tribes with a weekly habit each; one of them bought once; one product is new."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(60):
        own = 0 if customer % 2 == 0 else 10
        for day in range(CLOCK - days, CLOCK, 7):
            rows.append((f"c{customer:02d}", f"p{own + customer // 2 % 3:02d}", day + int(rng.integers(2))))
            rows.append((f"c{customer:02d}", f"p{own + rng.integers(9):02d}", day))
    rows += [(f"c{customer:02d}", "zz", CLOCK - 10) for customer in (4, 6, 8)]
    rows.append(("once", "p10", CLOCK - 5))
    who, what, when = zip(*rows, strict=True)
    return Interactions.of(who, what, days=np.array(when))


def texts(ids: np.ndarray) -> list[str]:
    return [TEXTS[str(i)] for i in ids]


@pytest.fixture(scope="module")
def shop() -> ShopRecommender:
    data = visits()
    profiles = np.array([[i % 2, i % 3] for i in range(60)] + [[1, -1]])
    return ShopRecommender(data, CLOCK, np.arange(data.shape[1]), texts, profiles).fit()


def names(shop: ShopRecommender, found: tuple) -> list[str]:  # type: ignore[type-arg]
    return [str(shop.visits.products[s.product]) for s in found]


def test_a_weekly_habit_leads_and_its_reason_is_what_happened(shop: ShopRecommender) -> None:
    place = shop.visits.customer("c00")
    first = shop.recommend(place, 5, "reorder")[0]
    assert str(shop.visits.products[first.product]) == "p00"
    own = shop.visits.where((shop.visits.rows == place) & (shop.visits.cols == first.product))
    assert first.times == len(own)
    assert first.ago == CLOCK - own.days.max()
    assert first.every == pytest.approx((own.days.max() - own.days.min()) / (len(own) - 1))
    assert 0.5 < (first.chance or 0) <= 1


def test_one_customers_chances_are_those_of_the_whole_table(shop: ShopRecommender) -> None:
    place = shop.visits.customer("c07")
    known, chances = shop.chances(np.arange(shop.visits.shape[0]))
    alone, ours = shop.chances(np.array([place]))
    assert np.allclose(ours, chances[known.customers == place])
    assert alone.products.tolist() == known.products[known.customers == place].tolist()


def test_new_products_were_never_bought_and_the_lift_is_counted(shop: ShopRecommender) -> None:
    place = shop.visits.customer("c02")
    found = shop.recommend(place, 3, "new")
    had = set(shop.bought[place].indices)
    assert found
    assert not had & {s.product for s in found}
    for s in found:
        if s.kind == "with":
            x = shop.bought.toarray()
            both = (x[:, s.anchor] * x[:, s.product]).sum()
            assert s.anchor in had
            assert s.lift == pytest.approx(both * len(x) / (x[:, s.anchor].sum() * x[:, s.product].sum()))


def test_what_is_new_follows_what_is_bought_again(shop: ShopRecommender) -> None:
    customer = shop.visits.customer("c03")
    found = shop.recommend(customer, 6)
    assert [s.kind == "reorder" for s in found] == [True] * 6 + [False] * 2
    assert found[:6] == shop.recommend(customer, 6, "reorder")  # so the list is as good as the habits alone


def test_one_purchase_gets_what_peers_buy_too(shop: ShopRecommender) -> None:
    found = shop.recommend(shop.visits.customer("once"), 6)
    assert found[0].kind == "reorder"
    assert (found[0].times, found[0].every, found[0].ago) == (1, None, 5)
    assert {"peers", "popular"} & {s.kind for s in found}
    assert len({s.product for s in found}) == 6


def test_nobody_knows_this_customer_but_their_profile(shop: ShopRecommender) -> None:
    odd = shop.recommend(None, 3, profile=np.array([1, -1]))
    assert {s.kind for s in odd} == {"peers"}
    assert all(name >= "p10" for name in names(shop, odd))
    anybody = shop.recommend(None, 3)
    assert {s.kind for s in anybody} == {"popular"}
    late = shop.visits.where(shop.visits.days >= CLOCK - SEASON).matrix()
    assert anybody[0].buyers == late.sum(0).max()
    assert anybody[0].group == 61


def test_a_product_too_new_for_others_purchases_is_told_by_its_text() -> None:
    data = visits()
    old = data.where(data.cols != data.product("zz"))
    shop = ShopRecommender(data, CLOCK, np.arange(data.shape[1]), texts).fit()
    shop.items = np.array([p for p in shop.items if p != data.product("zz")])
    shop.fit_discovery()
    found = shop.recommend(data.customer("c00"), 5, "new")
    assert [str(data.products[s.product]) for s in found if s.kind == "similar"] == ["zz"]
    assert len(old) < len(data)


def test_conditions_hold(shop: ShopRecommender) -> None:
    place = shop.visits.customer("c00")
    allowed = np.zeros(shop.visits.shape[1], bool)
    allowed[[1, 2, 3]] = True
    assert {s.product for s in shop.recommend(place, 10, allowed=allowed)} <= {1, 2, 3}
    rested = shop.recommend(place, 10, "reorder", rested=20)
    assert rested
    assert all((s.ago or 0) >= 20 for s in rested)


def test_what_nobody_bought_of_late_is_not_offered() -> None:
    data = visits()
    gone = data.where((data.cols != 0) | (data.days < CLOCK - 40))
    shop = ShopRecommender(gone, CLOCK, np.arange(data.shape[1])).fit()
    for want in ("for_customer", "reorder", "new", "popular"):
        assert 0 not in {s.product for s in shop.recommend(0, 20, want)}  # type: ignore[arg-type]


def test_a_group_is_served_by_the_sum_of_its_members(shop: ShopRecommender) -> None:
    tribe = np.array([shop.visits.customer(f"c{i:02d}") for i in range(0, 60, 2)])
    found = offers(shop, tribe, 5, "reorder", None, None)
    known, chances = shop.chances(tribe)
    first = found[0]
    assert first.expected == pytest.approx(chances[known.products == first.product].sum())
    assert first.had == shop.bought[tribe][:, first.product].sum()
    share = first.had / len(tribe) / (shop.bought[:, first.product].sum() / shop.visits.shape[0])
    assert first.lift == pytest.approx(share)
    assert all(str(shop.visits.products[o.product]) in {*(f"p{i:02d}" for i in range(10)), "zz"} for o in found)
    mixed = offers(shop, tribe, 6, "for_customer", None, None)
    assert len({o.product for o in mixed}) == len(mixed)
    assert mixed[:6] == offers(shop, tribe, 6, "reorder", None, None)[:6]


def test_a_short_history_is_served_by_rates_and_cannot_be_measured() -> None:
    data = visits(days=SHORTEST - 20)
    shop = ShopRecommender(data, CLOCK, np.arange(data.shape[1])).fit()
    assert shop.reorder.booster is None
    chances = [s.chance or 0 for s in shop.recommend(0, 5, "reorder")]
    assert chances == sorted(chances, reverse=True)
    assert all(0 < chance < 1 for chance in chances)
    with pytest.raises(AnalysisError, match="needs 112 days of purchases"):
        held_out(data, np.arange(data.shape[1]), CLOCK, lambda *_: None)


def test_the_last_weeks_are_held_out() -> None:
    data = visits()
    found = held_out(data, np.arange(data.shape[1]), CLOCK, lambda *_: None)
    assert found.metrics["reorder"]["ndcg"] >= found.metrics["popularity"]["ndcg"]
    assert found.discovery in {"popular", "walk", "implicit", "linear"}
    assert set(found.metrics) == {"reorder", "frequency", "popularity"} | {
        f"new: {name}" for name in ("popular", "walk", "implicit", "linear")
    }
