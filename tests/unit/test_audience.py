"""Audiences: what is known on a day and no more, lift, money, holdout, privacy, refusals, and both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from db.engine import Store
from db.errors import AnalysisError, Cancelled, PermissionRefused, UnknownEntity
from db.semantic.query import Filter
from models.audience.data import read_ledger
from models.audience.features import build, names, offer_of
from models.audience.model import Block, fit
from models.audience.score import Reader
from models.audience.value import Terms, choose, holdout
from tests.flow import open_journey
from tools.evidence import worded
from tools.find_audience import AudienceArguments, run
from tools.people import PSEUDONYM, People
from tools.registry import ToolContext, ToolResult

AUTUMN = date(2017, 10, 30)  # the first day of campaign 18


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def eighteen(store: Store) -> ToolResult:
    """Campaign 18, on its first day."""
    return run(AudienceArguments(campaign="18", limit=300), ToolContext(store, "e1", as_of=AUTUMN))


def cell(result: ToolResult, name: str) -> object:
    sums = result.more[0]
    return sums.rows[0][[c.name for c in sums.columns].index(name)]


def number(result: ToolResult, name: str) -> float:
    return float(str(cell(result, name)))


def column(result: ToolResult, name: str) -> list[object]:
    index = [c.name for c in result.evidence.columns].index(name)
    return [worded(row[index], "en") for row in result.evidence.rows]


def test_those_chosen_redeem_far_more_often_than_the_others_mailed(store: Store, eighteen: ToolResult) -> None:
    later = read_ledger(store, date(2018, 1, 1))
    index = {c: i for i, c in enumerate(later.customers)}
    chosen = [index[str(c)] for c in (*eighteen.outputs["customer"], *eighteen.outputs["holdout"])]
    mailed = later.mailed["18"]
    hit = np.isin(mailed, later.responded("18"))
    assert hit[np.isin(mailed, chosen)].mean() > 2 * hit.mean()


def test_a_later_purchase_changes_nothing_of_an_earlier_day(store: Store) -> None:
    """Features of a day are the same whether the ledger ends on that day or two months later."""
    ledgers = [read_ledger(store, day) for day in (AUTUMN, date(2018, 1, 1))]
    shared = [c for c in ledgers[0].customers if c in set(ledgers[1].customers)]
    made = []
    for ledger in ledgers:
        campaign = next(c for c in ledger.campaigns if c.id == "18")
        reader = Reader(store, ledger)
        index = {c: i for i, c in enumerate(ledger.customers)}
        features = build(ledger, offer_of(campaign), reader.bought(reader.coupons("18"), AUTUMN))
        made.append(features[[index[c] for c in shared]])
    assert np.allclose(*made)


def test_features_against_the_tables(store: Store) -> None:
    ledger = read_ledger(store, AUTUMN)
    campaign = next(c for c in ledger.campaigns if c.id == "18")
    reader = Reader(store, ledger)
    features = build(ledger, offer_of(campaign), reader.bought(reader.coupons("18"), AUTUMN))
    row = features[ledger.customers.index("718")]
    said = dict(zip(names(ledger), row, strict=True))
    told = store.sql(
        "SELECT count(DISTINCT basket_id), sum(sales_value) FROM transactions WHERE household_id = 718 "
        "AND transaction_timestamp >= '2017-08-01' AND transaction_timestamp < '2017-10-30'"
    ).rows[0]
    assert np.expm1(said["orders_90"]) == pytest.approx(told[0])
    assert np.expm1(said["spend_90"]) == pytest.approx(float(str(told[1])))
    redeemed = store.sql(
        "SELECT count(DISTINCT campaign_id) FROM coupon_redemptions WHERE household_id = 718 "
        "AND redemption_date < '2017-10-30'"
    ).rows[0][0]
    assert said["redeemed"] == redeemed
    target = store.sql(
        "SELECT sum(sales_value) FROM transactions WHERE household_id = 718 AND transaction_timestamp < '2017-10-30' "
        "AND product_id IN (SELECT product_id FROM coupons WHERE campaign_id = 18)"
    ).rows[0][0]
    assert np.expm1(said["target_spend"]) == pytest.approx(float(str(target)))


def test_sums_hold_and_sentences_state_them(eighteen: ToolResult) -> None:
    contacts, rate = number(eighteen, "contacts"), number(eighteen, "rate")
    assert contacts == 300 == len(eighteen.outputs["customer"])
    assert number(eighteen, "responses") == pytest.approx(contacts * rate, abs=1)
    profit = number(eighteen, "revenue") * number(eighteen, "margin") - number(eighteen, "cost")
    assert number(eighteen, "profit") == pytest.approx(profit, abs=0.02)
    assert number(eighteen, "cost") == pytest.approx(
        contacts * (number(eighteen, "contact_cost") + rate * number(eighteen, "coupon")), rel=0.01
    )
    first = eighteen.facts[0].text
    assert first.en.startswith("For campaign 18, contact 300 of the 375 likeliest customers: about ")
    assert first.zh.startswith("针对活动18，建议在最可能响应的375位顾客中触达300位：")
    assert 3 <= len(eighteen.facts) <= 8
    tables = {e.id: e for e in (eighteen.evidence, *eighteen.more)}
    for fact in eighteen.facts:
        for at in fact.cells:
            table = tables[at.evidence]
            assert table.rows[at.row][[c.name for c in table.columns].index(at.column)] is not None


def test_calibrated_probabilities_foretell_the_rate(store: Store, eighteen: ToolResult) -> None:
    quality = {name: number(eighteen, name) for name in ("tested", "tested_base", "tested_top", "auc")}
    assert quality["tested"] >= 500
    assert quality["tested_top"] > 2 * quality["tested_base"]
    assert quality["auc"] > 0.75


def test_nobody_is_in_both_groups_and_the_table_marks_them(eighteen: ToolResult) -> None:
    contacted, held = (set(eighteen.outputs[name]) for name in ("customer", "holdout"))
    assert not contacted & held
    assert column(eighteen, "group").count("holdout") == len(held) == 75
    assert column(eighteen, "probability") == sorted(column(eighteen, "probability"), key=lambda p: -float(str(p)))


def test_customers_appear_under_pseudonyms_only(store: Store) -> None:
    people = People(b"secret")
    arguments = AudienceArguments(campaign="18", customers=("718", "1029", "165", "712"))
    result = run(arguments, ToolContext(store, "e1", people=people))
    names_ = [str(name) for name in column(result, "customer")]
    assert all(PSEUDONYM.fullmatch(name) for name in names_)
    assert {people.real(name) for name in names_} <= {"718", "1029", "165", "712"}
    shown = f"{result.evidence.args} {[f.text for f in result.facts]} {[row[0] for row in result.evidence.rows]}"
    assert not re.search(r"\b(718|1029|165|712)\b", shown)
    assert set(result.outputs["customer"]) <= {"718", "1029", "165", "712"}


def test_a_budget_is_kept(store: Store) -> None:
    result = run(AudienceArguments(budget=Decimal(100)), ToolContext(store, "e1"))
    assert 90 < number(result, "cost") <= 100
    assert result.facts[0].text.en.startswith("For coupons like those of campaign 18, contact ")


def test_a_running_campaign_leaves_out_whom_it_has_reached(store: Store) -> None:
    result = run(AudienceArguments(campaign="22", limit=50), ToolContext(store, "e1"))
    mailed = {str(row[0]) for row in store.sql("SELECT household_id FROM campaigns WHERE campaign_id = 22").rows}
    assert not mailed & set(map(str, (*result.outputs["customer"], *result.outputs["holdout"])))
    assert cell(result, "mailed_already") == len(mailed)


def test_a_product_goes_to_those_who_buy_its_like(store: Store) -> None:
    produce = (Filter(dimension="department", values=("PRODUCE",)),)
    result = run(AudienceArguments(filters=produce, limit=100), ToolContext(store, "e1", as_of=date(2017, 12, 4)))
    after = store.sql(
        "SELECT DISTINCT household_id FROM transactions JOIN products USING (product_id) "
        "WHERE department = 'PRODUCE' AND transaction_timestamp >= '2017-12-04'"
    ).rows
    bought = {str(row[0]) for row in after}
    chosen = [str(c) for c in result.outputs["customer"]]
    assert np.mean([c in bought for c in chosen]) == pytest.approx(number(result, "rate"), abs=0.1)
    assert "should buy within 28 days" in result.facts[0].text.en
    assert "购买" in result.facts[0].text.zh


def test_conditions_on_people_limit_whom(store: Store) -> None:
    young = (Filter(dimension="age", values=("25-34",)),)
    result = run(AudienceArguments(campaign="18", filters=young), ToolContext(store, "e1"))
    members = {str(r[0]) for r in store.sql("SELECT household_id FROM demographics WHERE age = '25-34'").rows}
    assert set(map(str, result.outputs["customer"])) <= members
    assert cell(result, "candidates") == len(members)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"campaign": "99"}, UnknownEntity, "no campaign '99'"),
        ({"products": ("nothing",)}, UnknownEntity, "no product 'nothing'"),
        ({"campaign": "18", "customers": ("999999",)}, UnknownEntity, "no customer '999999'"),
        ({"budget": Decimal("0.2")}, AnalysisError, "does not pay for one contact"),
        ({"goal": "product"}, AnalysisError, "which product"),
    ],
)
def test_what_it_refuses(store: Store, arguments: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        run(AudienceArguments.model_validate(arguments), ToolContext(store, "e1"))


def test_too_early_stopped_or_not_allowed(store: Store) -> None:
    with pytest.raises(AnalysisError, match="too few past responses"):
        run(AudienceArguments(campaign="18"), ToolContext(store, "e1", as_of=date(2017, 3, 1)))
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        run(AudienceArguments(campaign="18"), ToolContext(store, "e1", cancel=cancel))
    partly = (Filter(dimension="department", values=("PRODUCE",)),)
    with pytest.raises(PermissionRefused):
        run(AudienceArguments(campaign="18"), ToolContext(store, "e1", row_filters=partly))


def test_one_class_teaches_nothing() -> None:
    features = np.random.default_rng(0).normal(size=(100, 3))
    for responded in (np.zeros(100), np.ones(100)):
        with pytest.raises(AnalysisError, match="too few past responses"):
            fit([Block(features, responded)])


def test_probabilities_are_calibrated_on_a_known_truth() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(6000, 3))
    truth = 1 / (1 + np.exp(-(features[:, 0] * 1.5 - 2)))
    answers = (random.random(6000) < truth).astype(float)
    model = fit([Block(features[i : i + 1000], answers[i : i + 1000]) for i in range(0, 5000, 1000)])
    made = model.predict(features[5000:])
    assert np.abs(made - truth[5000:]).mean() < 0.05
    assert made.mean() == pytest.approx(truth[5000:].mean(), abs=0.03)
    assert np.corrcoef(model.contributions(features[5000:])[:, 0], features[5000:, 0])[0, 1] > 0.99


def test_whom_to_choose_against_brute_force() -> None:
    probability = np.array([0.5, 0.05, 0.3, 0.01, 0.2])
    terms = Terms(contact=0.5, margin=0.25, extra=20.0, coupon=1.0)
    everyone = np.arange(5)
    assert choose(probability, everyone, terms, None, None).tolist() == [0, 2, 4]  # profit: 4p − .5 > 0
    assert choose(probability, everyone, terms, 4, None).tolist() == [0, 2, 4, 1]
    assert choose(probability, everyone, terms, None, 1.8).tolist() == [0, 2]  # costs 1.0, .8, .7
    assert choose(probability, np.array([1, 3]), terms, 1, None).tolist() == [1]


def test_a_holdout_is_as_large_as_it_must_be() -> None:
    big = holdout(5000, expected=10.0, spread=50.0)
    assert big.measurable
    assert big.rise <= 10.0
    assert holdout(5000, 5.0, 50.0).size > big.size
    small = holdout(50, expected=1.0, spread=100.0)
    assert not small.measurable
    assert small.rise > 1.0
    assert 10 <= small.size <= 15
