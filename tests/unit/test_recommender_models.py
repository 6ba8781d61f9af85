"""The recommenders on small data where the right answer is known, against brute force."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from db.errors import UsageError
from models.recommender.base import ItemRecommender, best
from models.recommender.blend import Blend
from models.recommender.choose import RANKERS, choose
from models.recommender.content import Content
from models.recommender.factors import BiasedFactors
from models.recommender.implicit import ImplicitFactors
from models.recommender.interactions import Interactions
from models.recommender.linear import LinearAutoencoder
from models.recommender.metrics import ranking_metrics, rmse, split_by_customer, top_lists
from models.recommender.neural import NeuralFactors
from models.recommender.pairs import together
from models.recommender.popular import Popular
from models.recommender.reorder import Assortment, habits
from models.recommender.walk import RandomWalk


@pytest.fixture(scope="module")
def tribes() -> Interactions:
    """Forty customers of two tribes; each buys seven of the ten products of their own tribe, one of the other's."""
    rng = np.random.default_rng(0)
    pairs = []
    for customer in range(40):
        own, other = (0, 10) if customer % 2 == 0 else (10, 0)
        pairs += [(f"c{customer:02d}", f"p{own + p:02d}") for p in rng.choice(10, 7, replace=False)]
        pairs.append((f"c{customer:02d}", f"p{other + rng.integers(10):02d}"))
    return Interactions.of([c for c, _ in pairs], [p for _, p in pairs])


ITEM_MODELS: list[ItemRecommender] = [
    LinearAutoencoder(ridge=5.0),
    ImplicitFactors(factors=4, ridge=1.0),
    RandomWalk(),
    Blend((LinearAutoencoder(ridge=5.0), ImplicitFactors(factors=4, ridge=1.0))),
]


@pytest.mark.parametrize("model", ITEM_MODELS, ids=lambda model: model.name)
def test_a_customer_is_offered_what_their_own_kind_buys(model: ItemRecommender, tribes: Interactions) -> None:
    model.fit(tribes)
    own = []
    for customer in range(40):
        found = model.recommend(customer, 2)
        assert not set(tribes.matrix()[customer].indices) & {s.product for s in found}
        assert found[0].score >= found[1].score
        own += [s.product // 10 == customer % 2 for s in found]
    assert np.mean(own) > 0.9  # by chance: three of twelve


def test_scores_of_a_history_do_not_need_its_customer(tribes: Interactions) -> None:
    for model in ITEM_MODELS[:3]:
        model.fit(tribes)
        one = model.score_histories(tribes.matrix()[3])
        assert np.allclose(one, model.score(np.array([3])))


def test_linear_weights_solve_the_equation(tribes: Interactions) -> None:
    model = LinearAutoencoder(ridge=5.0, dropout=0.25).fit(tribes)
    x = tribes.matrix().toarray()
    gram = x.T @ x
    expected = np.linalg.inv(gram + np.diag(5.0 + np.diag(gram) / 3)) @ gram
    np.fill_diagonal(expected, 0)
    assert np.allclose(model.weights, expected, atol=1e-5)


def test_the_anchor_of_a_reason_was_bought(tribes: Interactions) -> None:
    for model in (LinearAutoencoder(ridge=5.0).fit(tribes), RandomWalk().fit(tribes)):
        why = model.explain(0, model.recommend(0, 1)[0].product)
        assert why.kind == "with"
        assert why.anchor in tribes.matrix()[0].indices


def test_popular_counts_customers(tribes: Interactions) -> None:
    model = Popular().fit(tribes)
    assert model.buyers.tolist() == tribes.matrix().sum(0).A1.tolist()
    assert model.explain(0, 3).value == model.buyers[3]


def test_a_model_comes_back_from_its_one_array(tribes: Interactions) -> None:
    for model in (*ITEM_MODELS[:3], Popular()):
        model.fit(tribes)
        again = type(model)().restore(getattr(model, model.learnt), tribes.matrix())
        if not isinstance(model, ImplicitFactors):  # whose fold-in depends on settings that are not its default here
            assert np.allclose(again.score(np.arange(5)), model.score(np.arange(5)))


def test_factors_recover_a_rating_table() -> None:
    rng = np.random.default_rng(3)
    truth = np.clip(3 + rng.normal(0, 0.5, 60)[:, None] + rng.normal(0, 0.7, 40)[None, :], 1, 5)
    users, items = (a.ravel() for a in np.meshgrid(np.arange(60), np.arange(40), indexing="ij"))
    keep = rng.random(len(users)) < 0.4
    data = Interactions.of(users[keep], items[keep], truth[users[keep], items[keep]])
    model = BiasedFactors(factors=4, sweeps=24, burn_in=8, seed=1).fit(data)
    wanted = truth[users[~keep], items[~keep]]
    names = {int(c): i for i, c in enumerate(data.customers)}, {int(p): i for i, p in enumerate(data.products)}
    rows = np.array([names[0][u] for u in users[~keep]])
    cols = np.array([names[1][i] for i in items[~keep]])
    assert rmse(wanted, model.predict(rows, cols)) < 0.25 < rmse(wanted, np.full(len(wanted), data.values.mean()))
    assert np.allclose(model.score(rows[:3])[range(3), cols[:3]], model.predict(rows[:3], cols[:3]))
    assert model.explain(0, 0).kind == "rated"
    again = BiasedFactors(factors=4, sweeps=24, burn_in=8, seed=1).fit(data)
    assert np.array_equal(model.item_factors, again.item_factors)


def test_predictions_stay_within_the_ratings_that_were_seen() -> None:
    data = Interactions.of(["a", "a", "b", "b"], ["x", "y", "x", "z"], [1, 5, 1, 5])
    scores = BiasedFactors(factors=2, sweeps=14, seed=0).fit(data).score(np.arange(2))
    assert ((scores >= 1) & (scores <= 5)).all()


def test_ranking_metrics_by_hand() -> None:
    relevant = Interactions.of(["a", "a", "b", "c"], ["w", "x", "w", "z"]).matrix()
    lists = np.array([[0, 2, 1], [2, 1, -1], [-1, -1, -1]])
    found = ranking_metrics(lists, relevant, k=3)
    ndcg_a = (1 + 1 / 2) / (1 + 1 / np.log2(3))
    assert found["ndcg"] == pytest.approx(ndcg_a / 3)
    assert found["recall"] == pytest.approx(1 / 3)
    assert found["coverage"] == 3


def test_the_split_holds_a_quarter_of_every_customer(tribes: Interactions) -> None:
    train = split_by_customer(tribes, 0.75, seed=5)
    for customer in range(40):
        assert train[tribes.rows == customer].sum() == int(0.75 * (tribes.rows == customer).sum())
    assert np.array_equal(train, split_by_customer(tribes, 0.75, seed=5))
    assert not np.array_equal(train, split_by_customer(tribes, 0.75, seed=6))


def test_the_choice_is_the_best_on_validation(tribes: Interactions) -> None:
    choice = choose(tribes, {"popular": Popular, "linear": lambda: LinearAutoencoder(ridge=5.0)}, seeds=(1,))
    assert choice.name == "linear"
    assert choice.measured["linear"] > choice.measured["popular"]
    assert set(RANKERS) >= {"popular", "linear", "implicit", "walk"}


def test_top_lists_leave_out_what_was_seen_and_end_in_minus_one() -> None:
    seen = Interactions.of(["a", "b"], ["x", "y"]).matrix()
    assert top_lists(np.array([[3.0, 2.0], [1.0, 5.0]]), seen, 2).tolist() == [[1, -1], [0, -1]]


def test_best_is_stable_among_equals() -> None:
    assert best(np.array([1.0, 3.0, 3.0, 3.0, 2.0]), 2).tolist() == [1, 2]
    assert best(np.array([1.0]), 5).tolist() == [0]
    assert best(np.array([]), 3).tolist() == []


def test_pairs_need_more_than_a_handful_of_orders_or_than_large_orders() -> None:
    both, others = np.array([40.0, 4.0, 56.0]), np.array([50.0, 4.0, 946.0])
    found = together(both, others)
    assert found.places.tolist() == [0]  # the third is in most of these orders, but in most of all others too
    assert found.lift[0] == pytest.approx(40 / (50 * 100 / 1000))


def test_text_finds_the_look_alike_in_both_languages() -> None:
    content = Content(["FLUID MILK WHITE 1 GA", "CHOCOLATE MILK 1 QT", "DOG FOOD", "低温纯牛奶", "纯牛奶 1L", ""])
    assert content.nearest(0, np.array([1, 2, 3, 4, 5]), 1)[0][0] == 1
    assert content.nearest(3, np.array([0, 1, 2, 4]), 1)[0][0] == 4


def test_habits_are_counted_by_day() -> None:
    days = [0, 0, 10, 20, 5]
    data = Interactions.of(["a"] * 4 + ["b"], ["x"] * 4 + ["x"], days=days)
    found = habits(data, clock=24)
    assert found.times.tolist() == [3, 1]  # two purchases on one day are one
    assert (found.first.tolist(), found.last.tolist()) == ([24, 19], [4, 19])
    assert found.gap[0] == 10
    assert np.isnan(found.gap[1])
    assert [r.tolist() for r in found.recent] == [[2, 0], [3, 1], [3, 1]]
    stock = Assortment.of(found, 1)
    assert (stock.buyers.tolist(), stock.again.tolist()) == ([2.0], [0.5])


def test_without_pytorch_a_sentence_says_what_to_install(tribes: Interactions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"needs PyTorch.*pip install '\.\[deep\]'"):
        NeuralFactors().fit(tribes)
