"""check_risk as an operator meets it: a scan, one order, one customer, what is missing and what is wrong."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.engine import Store
from db.errors import AnalysisError, ArtifactDamaged, PermissionRefused, RoleMissing, UnknownEntity
from db.semantic.query import Filter, Interval
from models.risk.rules import ALERT
from models.risk.train import train
from tests.risk_shop import YAML, Shop
from tools.evidence import Evidence
from tools.people import People
from tools.registry import ToolContext, ToolResult, tool

TOOL = tool("check_risk")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = Shop(tmp_path_factory.mktemp("shop"))
    made.ordinary(days=40)
    made.rows = made.ring(38 * 24.0)  # type: ignore[attr-defined]
    for number in range(12):
        made.refund("k1", 38 * 24.0 + number, 6.0, order=f"o{1 + number}", reason="not received")
    return made


@pytest.fixture(scope="module")
def store(shop: Shop) -> Iterator[Store]:
    opened = shop.open()
    yield opened
    opened.close()


def check(store: Store, context: dict[str, Any] | None = None, **arguments: Any) -> ToolResult:
    return TOOL.run(TOOL.arguments(**arguments), ToolContext(store, "e1", **(context or {})))


def cells(result: ToolResult) -> dict[tuple[str, int, str], object]:
    found = {}
    for evidence in (result.evidence, *result.more):
        for row, values in enumerate(evidence.rows):
            for column, value in zip(evidence.columns, values, strict=True):
                found[evidence.id, row, column.name] = value
    return found


def column(evidence: Evidence, name: str) -> list[object]:
    place = [c.name for c in evidence.columns].index(name)
    return [row[place] for row in evidence.rows]


def test_a_scan_finds_the_ring_and_the_refunds_and_says_what_to_do(store: Store, shop: Shop) -> None:
    result = check(store)
    head, worst, *_ = result.facts
    assert head.text.en.startswith("5 cases need action now (score 70 or more) among ")
    assert "有5个案件需要立即处理（风险分不低于70）" in head.text.zh
    assert "What to do: " in worst.text.en
    assert "建议：" in worst.text.zh
    alerted = column(result.evidence, "order")[:5]
    ring = [f"o{row}" for row in shop.rows[1:]]  # type: ignore[attr-defined]  # the first is told for review
    assert set(ring) < set(alerted)
    assert any(
        f.text.en == "1 group of customers shares devices or cards; it has 5 customers and 5 orders."
        for f in result.facts
    )
    assert set(result.outputs["order"]) >= set(ring)
    assert {"r3", "r4", "k1"} <= set(result.outputs["customer"])


def test_what_came_to_light_later_is_said_apart(store: Store, shop: Shop) -> None:
    first = f"o{shop.rows[0]}"  # type: ignore[attr-defined]
    result = check(store, orders=(first,))
    score, then = column(result.evidence, "score")[0], column(result.evidence, "at_time")[0]
    assert (score, then) == (45, 0)
    assert any("When it was placed it scored 0" in fact.text.en for fact in result.facts)
    assert any("4 orders of other customers share its device or card" in fact.text.en for fact in result.facts)
    linked = result.more[-1]
    assert column(linked, "shared") == ["device …ing, card …ing"] * 4


def test_every_fact_rests_on_cells_that_exist_and_no_customer_stands_by_name(store: Store) -> None:
    for arguments in ({}, {"kind": "refunds"}, {"customers": ("k1", "r4")}, {"orders": ("o1",)}):
        result = check(store, **arguments)
        known = cells(result)
        assert all((c.evidence, c.row, c.column) in known for fact in result.facts for c in fact.cells)
        said = " ".join(f"{fact.text.en} {fact.text.zh}" for fact in result.facts)
        values = {str(value) for value in known.values()}
        assert not ({f"k{i}" for i in range(12)} | {f"r{i}" for i in range(5)}) & values
        assert "d-ring" not in said


def test_refunds_are_told_by_customer(store: Store) -> None:
    result = check(store, kind="refunds")
    assert column(result.evidence, "customer") == [People().name("k1")]
    assert column(result.evidence, "alerts")[0] > 1  # type: ignore[operator]
    assert "R04" in str(column(result.evidence, "reasons")[0])
    assert "let a person approve this customer's refunds" in result.facts[1].text.en


def test_a_clean_period_says_so_plainly(store: Store) -> None:
    result = check(store, time=Interval(start=date(2024, 3, 10), end=date(2024, 3, 17)))
    assert result.facts[0].text.en.startswith(
        "Nothing reaches the alert score of 70: 28 payments and refunds were checked"
    )
    assert "没有达到警报分70的" in result.facts[0].text.zh
    assert result.evidence.rows == ()


def test_an_innocent_order_says_so(store: Store) -> None:
    result = check(store, orders=("o20",))
    assert result.facts[0].text.en.endswith("scores 0: no sign of risk was found.")
    assert result.facts[0].text.zh.endswith("风险分为0：没有发现风险迹象。")


def test_as_of_hides_what_comes_after(store: Store) -> None:
    early = {"as_of": date(2024, 4, 7)}
    assert check(store, early).evidence.rows == ()
    last = max(str(when) for when in column(check(store).evidence, "time"))
    assert last > "2024-04-08"


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"orders": ("nope",)}, UnknownEntity, "order nope"),
        ({"orders": ("o1", "nope", "no")}, UnknownEntity, "and of 1 more"),
        ({"customers": ("ghost",)}, UnknownEntity, "no customer ghost"),
        (
            {"time": Interval(start=date(2030, 1, 1), end=date(2030, 2, 1))},
            AnalysisError,
            "the data runs from 2024-03-01",
        ),
    ],
)
def test_what_is_not_there_is_named(store: Store, arguments: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        check(store, **arguments)


def test_row_filters_hold_for_everything_that_is_read(store: Store) -> None:
    only = {"row_filters": (Filter(dimension="method", values=("cash",)),)}
    with pytest.raises(PermissionRefused):  # refunds have no method: nobody sees them by this way
        check(store, only)


def test_filters_limit_what_is_told_and_not_what_is_known(tmp_path: Path) -> None:
    shop = Shop(tmp_path, YAML.replace("column: method}", "column: method, also: [refunds.reason]}"))
    shop.ordinary(days=20)
    shop.ring(480.0)
    shop.pay("r9", 490.0, 80.0, device="d-ring", card="c-ring", address="a-r9", method="wallet")
    store = shop.open()
    result = check(store, filters=(Filter(dimension="method", values=("wallet",)),))
    store.close()
    assert column(result.evidence, "customer") == [People().name("r9")]
    assert column(result.evidence, "score")[0] >= ALERT  # type: ignore[operator]


def test_a_filter_that_only_payments_hold_looks_at_payments_alone(store: Store) -> None:
    found = check(store, filters=(Filter(dimension="method", values=("card",)),))
    assert "payments were checked" in found.facts[0].text.en or "payments of" in found.facts[0].text.en
    assert "payments and refunds" not in found.facts[0].text.en


def test_rules_whose_columns_a_store_lacks_are_left_out_and_said(tmp_path: Path) -> None:
    yaml = YAML.replace("status: status, device: device, card: card, address: address}", "status: status}")
    shop = Shop(tmp_path, yaml[: yaml.index("  refunds:\n    table: refunds\n    columns")])
    shop.ordinary(days=10)
    store = shop.open()
    result = check(store)
    store.close()
    note = next(fact for fact in result.facts if fact.text.en.startswith("Left out"))
    assert "payments.device, refunds, payments.card, payments.address: R01, R04" in note.text.en
    assert "R09" in note.text.zh


def test_a_store_without_payments_and_refunds_says_which_is_missing(tmp_path: Path) -> None:
    shop = Shop(tmp_path, YAML[: YAML.index("  payments:\n    table: payments\n    columns: {payment")])
    shop.pay("k1", 1.0)
    store = shop.open()
    with pytest.raises(RoleMissing, match="no table of payments or refunds"):
        check(store)
    store.close()


def test_the_trained_model_is_used_when_fresh_and_said_when_not(store: Store, tmp_path: Path) -> None:
    def notes(context: dict[str, Any]) -> list[str]:
        return [fact.text.en for fact in check(store, context).facts if "trained risk model" in fact.text.en]

    assert "not there yet" in notes({"models": tmp_path})[0]
    train(store, store.as_of, tmp_path / "risk.shopops")
    assert notes({"models": tmp_path}) == []
    assert "other days or data" in notes({"models": tmp_path, "as_of": store.as_of - timedelta(days=3)})[0]
    (tmp_path / "risk.shopops").write_bytes(b"PK")
    with pytest.raises(ArtifactDamaged):
        notes({"models": tmp_path})


def test_the_planted_fraud_of_the_demo_store_is_found(journey_folder: Path) -> None:
    from agent.evaluation.benches.fraud import read_truth
    from tests.flow import open_journey

    truth = read_truth(json.loads((journey_folder / "stores" / "journey.truth.json").read_text("utf-8")))
    opened = open_journey(journey_folder)
    result = check(opened, time=Interval(start=date(2017, 11, 20), end=date(2017, 12, 4)), kind="payments", limit=30)
    assert result.evidence.origin == "simulated"
    rows = zip(column(result.evidence, "order"), column(result.evidence, "score"), strict=True)
    alerts = [str(order) for order, score in rows if int(str(score)) >= ALERT]
    assert len(alerts) >= 10
    assert sum(order in truth.orders for order in alerts) / len(alerts) >= 0.7


def test_words_of_both_languages_ask_for_it() -> None:
    assert {"fraud", "suspicious", "refund abuse", "risky orders"} <= set(TOOL.asks.en)
    assert {"欺诈", "刷单", "薅羊毛", "盗刷", "退款滥用", "风控"} <= set(TOOL.asks.zh)
    assert set(TOOL.choices["kind"]) == {"payments", "refunds", "customers"}
