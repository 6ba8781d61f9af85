"""Alert rules: told once when they turn red and once when green, over restarts, kills and two workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.alerting.rules import RuleKeeper
from agent.delivery.outbox import Outbox
from agent.scheduling.watches import Watches
from db.semantic.query import Filter
from db.state import State
from db.state.accounts import Accounts
from db.state.alert_rules import AlertRules, KeptRule, add_on, enable_on, remove_on
from tests.killing import dies
from tests.risk_shop import YAML, Shop
from tools.alert_rule import AlertRule
from tools.people import People

NOW = datetime(2024, 6, 1, tzinfo=UTC)
WEEKLY = YAML.replace("dimensions:\n", "dimensions:\n  week: {label: {en: Week, zh: 周}, kind: time, grain: week}\n")
HIGH = AlertRule(metric="paid", bound=100.0)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, WEEKLY)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(None, tmp_path / "state") as opened:
        yield opened


def days(shop: Shop, *amounts: float, start: int = 0, **columns: Any) -> None:
    """One payment a day, and one of nothing right after the last, so that the last day has ended."""
    for number, amount in enumerate(amounts, start):
        shop.pay(f"k{number}", number * 24 + 9, amount, **columns)
    shop.pay("end", (start + len(amounts)) * 24, 0.0)


def add(state: State, rule: AlertRule = HIGH, *channels: str, owner: str = "operator", upto: str = "2024-03-01") -> int:
    definition = {"rule": rule.model_dump(mode="json", exclude_defaults=True), "language": "en"}
    kept = KeptRule("small", owner, rule.kind, definition, channels or ("ops",), upto)
    return state.audited("operator", "alert", {}, NOW, lambda c: add_on(c, kept, NOW))


def check(state: State, shop: Shop) -> int:
    store = shop.open()
    try:
        return RuleKeeper(state, lambda: NOW).check(store, "small")
    finally:
        store.close()


def told(state: State) -> list[str]:
    """The titles that wait in the outbox, oldest first."""
    return [str(d.message["title"]) for d in reversed(Outbox(state).recent())]


def history(state: State, number: int = 1) -> list[tuple[str, bool]]:
    """What a rule raised, newest first: the day, and whether it is resolved."""
    return [(alert.row, bool(resolved)) for alert, _, resolved in AlertRules(state.engine).history(number)]


def test_it_is_told_when_it_passes_and_not_again_while_it_stays_red(state: State, shop: Shop) -> None:
    days(shop, 50, 120, 130, 140)
    add(state)
    assert check(state, shop) == 1
    assert told(state) == ["Alert: paid above $100.00 in a day"]
    assert history(state) == [("2024-03-02", False)]
    assert check(state, shop) == 0
    days(shop, 150, start=4)
    assert check(state, shop) == 0
    assert len(told(state)) == 1


def test_it_is_resolved_only_when_it_is_well_back(state: State, shop: Shop) -> None:
    days(shop, 120, 98)  # below the limit, but not by a twentieth
    add(state)
    check(state, shop)
    assert history(state) == [("2024-03-01", False)]
    days(shop, 95, start=3)
    check(state, shop)
    assert told(state) == ["Alert: paid above $100.00 in a day", "Resolved: paid above $100.00 in a day"]
    assert history(state) == [("2024-03-01", True)]
    days(shop, 101, start=5)
    assert check(state, shop) == 1
    assert [day for day, _ in history(state)] == ["2024-03-06", "2024-03-01"]


def test_a_day_that_has_not_ended_is_not_looked_at(state: State, shop: Shop) -> None:
    shop.pay("k1", 9, 50)
    shop.pay("k1", 24 + 9, 500)
    add(state)
    assert check(state, shop) == 0
    shop.pay("k1", 48, 0.0)
    assert check(state, shop) == 1


def test_a_drop_is_held_against_the_week_before(state: State, shop: Shop) -> None:
    for week, amount in enumerate((100, 100, 70, 68)):
        for day in range(7):
            shop.pay("k1", (3 + week * 7 + day) * 24 + 9, amount)  # 2024-03-04 was a Monday
    shop.pay("end", (3 + 28) * 24, 0.0)
    add(state, AlertRule(metric="paid", per="week", above=False, bound=0.2, change="previous"))
    check(state, shop)
    assert told(state)[0] == "Alert: paid down more than 20% in a week against the week before"
    assert history(state) == [("2024-03-18", True)]
    assert "-30.0% against the week before ($700.00)" in str(Outbox(state).recent()[-1].message["text"])


def test_an_unusual_day_is_told(state: State, shop: Shop) -> None:
    for day in range(120):
        shop.pay("k1", day * 24 + 9, 100 + day % 7 + (4_000 if day == 100 else 0))
    shop.pay("end", 120 * 24, 0.0)
    add(state, AlertRule(kind="anomaly", metric="paid"), upto="2024-06-01")
    check(state, shop)
    assert ("2024-06-09", True) in history(state)


def test_filters_and_the_owners_rows_limit_what_is_measured(state: State, shop: Shop) -> None:
    days(shop, 60, method="cash")
    days(shop, 70, method="card")
    own = (Filter(dimension="method", values=("cash",)),)
    Accounts(state).add("ann", "analyst", row_filters=own)
    by_method = AlertRule(metric="paid", bound=65.0, filters=(Filter(dimension="method", values=("card",)),))
    all_of_it, cards, hers = add(state), add(state, by_method), add(state, owner="ann")
    check(state, shop)
    assert history(state, all_of_it) == [("2024-03-01", False)]
    assert history(state, cards) == [("2024-03-01", False)]
    assert history(state, hers) == []


def test_the_rule_of_one_who_is_gone_is_not_looked_at(state: State, shop: Shop) -> None:
    days(shop, 120)
    add(state, owner="nobody")
    assert check(state, shop) == 0
    assert told(state) == []


def test_a_paused_rule_goes_on_where_it_stopped_and_a_removed_one_is_silent(state: State, shop: Shop) -> None:
    days(shop, 50, 120)
    number = add(state)
    state.audited("operator", "pause", {}, NOW, lambda c: enable_on(c, number, False))
    assert check(state, shop) == 0
    state.audited("operator", "go on", {}, NOW, lambda c: enable_on(c, number, True))
    assert check(state, shop) == 1
    state.audited("operator", "remove", {}, NOW, lambda c: remove_on(c, number, NOW))
    assert AlertRules(state.engine).all() == ()
    assert history(state) == [("2024-03-02", True)]
    assert add(state) != number  # its number stands in the trail and in the keys of its messages


def test_a_rule_that_cannot_be_looked_at_says_so_once_and_goes_on(state: State, tmp_path: Path) -> None:
    shop = Shop(tmp_path, WEEKLY.replace("  paid:", "  turnover:"))
    days(shop, 50, 120)
    add(state)
    assert [check(state, shop), check(state, shop)] == [0, 0]
    assert [title[:26] for title in told(state)] == ["Alert 1 cannot be looked a"]
    shop.yaml.write_text(WEEKLY, encoding="utf-8")
    assert check(state, shop) == 1
    assert history(state) == [("2024-03-02", False)]


def test_alerts_go_to_each_channel_in_the_owners_language(state: State, shop: Shop) -> None:
    days(shop, 120)
    definition = {"rule": HIGH.model_dump(mode="json", exclude_defaults=True), "language": "zh"}
    kept = KeptRule("small", "operator", "threshold", definition, ("ops", "board"), "2024-03-01")
    state.audited("operator", "alert", {}, NOW, lambda c: add_on(c, kept, NOW))
    check(state, shop)
    sent = Outbox(state).recent()
    assert sorted(d.channel for d in sent) == ["board", "ops"]
    assert {d.message["title"] for d in sent} == {"预警：日支付额高于$100.00"}


def test_two_workers_tell_it_once(state: State, shop: Shop) -> None:
    days(shop, *[150 if day % 4 == 0 else 50 for day in range(24)])
    add(state)
    threads = [threading.Thread(target=check, args=(state, shop)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(state, shop)
    assert len(history(state)) == 6
    assert len(told(state)) == 12


def test_killed_at_any_statement_nothing_is_missed_or_told_twice(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    shop = Shop(folder, WEEKLY)
    days(shop, 50, 120, 50, 130)
    at, died = 1, True
    while died:
        with State.open(None, tmp_path / f"state{at}") as state:
            add(state)
            died = dies(state.engine, at, lambda state=state: check(state, shop))  # type: ignore[misc]
            check(state, shop)
            assert history(state) == [("2024-03-04", False), ("2024-03-02", True)], at
            assert [title.split(":")[0] for title in told(state)] == ["Alert", "Resolved", "Alert"], at
        at += 1
    assert at > 20


# ------------------------------------------------------------------------------------------------------------- risk


def watches(state: State, shop: Shop) -> Watches:
    return Watches(state, lambda name: shop.open(), People())


def test_a_risk_rule_sends_what_the_watch_raises_each_once(state: State, shop: Shop) -> None:
    shop.ordinary(days=20)
    add(state, AlertRule(kind="risk", score=70, rings=True), upto="0")
    watch = watches(state, shop)
    watch.look("small", NOW)
    assert check(state, shop) == 0
    rows = shop.ring(480.0)
    watch.look("small", NOW)
    assert check(state, shop) == len(rows) - 2
    assert [check(state, shop), len(told(state))] == [0, 1]
    text = str(Outbox(state).recent()[0].message["text"])
    assert text.count("- Payment") == len(rows) - 2
    assert "C-" in text
    assert "r4" not in text.replace("order", "")


def test_a_watch_sends_to_its_channels_once_however_often_it_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    shop = Shop(folder)
    for day in range(3):
        shop.pay("k1", day * 24.0)
        shop.pay("k2", day * 24.0 + 1)
    shop.ring(70.0, customers=5)
    at, died = 1, True
    while died:
        with State.open(None, tmp_path / f"state{at}") as state:
            look = lambda state=state: watches(state, shop).look("small", NOW, ("ops",))  # type: ignore[misc]  # noqa: E731
            died = dies(state.engine, at, look)
            look()
            assert len(told(state)) == 3, at  # the third of a ring and those behind it
            assert len({d.key for d in Outbox(state).recent()}) == 3, at
        at += 4
    assert at > 12


def test_an_owner_of_a_part_of_the_store_gets_no_risk_alerts(state: State, shop: Shop) -> None:
    shop.ordinary(days=20)
    own = (Filter(dimension="method", values=("cash",)),)
    Accounts(state).add("ann", "analyst", row_filters=own)
    add(state, AlertRule(kind="risk", score=70), owner="ann", upto="0")
    shop.ring(480.0)
    watches(state, shop).look("small", NOW)
    check(state, shop)
    assert [title for title in told(state) if "cannot be looked at" not in title] == []
