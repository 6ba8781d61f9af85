"""The store YAML: what it says wrongly is told with file, line and fix."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from db.errors import QueryError, SchemaError, UnknownDimension, UnknownMember, UnknownMetric
from db.semantic.check_live import check_live
from db.semantic.collisions import collisions
from db.semantic.compile import compile_query
from db.semantic.load import load_store_schema
from db.semantic.query import Filter, Interval, Order, SemanticQuery
from db.semantic.schema import Dimension, Metric, StoreSchema, references

YAML = Path(str(files("db") / "stores" / "journey.yaml"))
DESIGN_METRICS = (
    "revenue orders customers aov units retail_discount coupon_discount discount discount_rate orders_per_customer"
    " new_customers repeat_rate private_label_share coupon_redemptions campaign_reach redemption_rate"
).split()
DESIGN_DIMENSIONS = (
    "date week month quarter weekday hour department category product_type brand manufacturer product store age income"
    " home_ownership marital_status household_size kids campaign campaign_type"
).split()


@pytest.fixture(scope="module")
def schema() -> StoreSchema:
    return load_store_schema(YAML)


def test_journey_has_every_metric_and_dimension_of_the_design_in_both_languages(schema: StoreSchema) -> None:
    assert set(DESIGN_METRICS) <= {metric.name for metric in schema.offered()}
    assert set(DESIGN_DIMENSIONS) <= set(schema.dimensions)
    entries: list[Metric | Dimension] = [*schema.offered(), *schema.dimensions.values()]
    for entry in entries:
        assert re.search(r"[\u4e00-\u9fff]", entry.label.zh), entry.name
        assert min(len(entry.synonyms.en), len(entry.synonyms.zh)) >= 4, entry.name
    assert list(collisions(schema)) == []


WRONG = [  # what is written instead, and what the error says
    ("    synonyms:\n      en: [sales,", "    sinonyms:\n      en: [sales,", "unknown key 'sinonyms'", "'synonyms'"),
    ("    unless: [sessions, visitors,", "    unless: [sesions, visitors,", "'sesions' is no metric", "'sessions'"),
    ("    denominator: orders\n", "    denominator: order\n", "'order', no metric", "'orders'"),
    (
        "    table: transactions\n    expr: sum(transactions.sales_value)",
        "    table: transaction\n    expr: sum(transactions.sales_value)",
        "'transaction', not declared",
        "'transactions'",
    ),
    ("    unit: currency\n    table: transactions", "    unit: money\n    table: transactions", "unit", "money"),
    (
        "    expr: count(distinct transactions.basket_id)",
        "    expr: count(distinct coupons.coupon_upc)",
        "to which transactions has no join",
        "coupons",
    ),
    (
        "label: {en: Orders, zh: 订单数}",
        "label: {en: Orders, zh: 销售额}",
        "means both revenue and orders",
        "ambiguous",
    ),
    ("    grain: week\n", "", "has no grain", "grain"),
]


@pytest.mark.parametrize(("right", "wrong", "says", "fix"), WRONG, ids=[row[2] for row in WRONG])
def test_errors_name_the_line_and_the_fix(tmp_path: Path, right: str, wrong: str, says: str, fix: str) -> None:
    text = YAML.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "journey.yaml").write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_store_schema(tmp_path / "journey.yaml")
    assert re.search(r"journey\.yaml line \d+: ", str(caught.value))
    assert says in str(caught.value)
    assert fix in str(caught.value)


def test_line_is_the_one_to_edit(tmp_path: Path) -> None:
    lines = YAML.read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line == "    numerator: revenue")
    lines[at] = "    numerator: revenu"
    (tmp_path / "journey.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SchemaError, match=f"line {at + 1}: .*did you mean 'revenue'"):
        load_store_schema(tmp_path / "journey.yaml")


@pytest.mark.parametrize("text", ["", "- a\n", "name: [", "metrics: 3\n", "name: x\nmetrics: {a: 1}\n"])
def test_no_store_at_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"x\.yaml"):
        load_store_schema(tmp_path / "x.yaml")
    with pytest.raises(SchemaError, match="cannot be read"):
        load_store_schema(tmp_path / "none.yaml")


def test_wrong_column_is_told_with_the_nearest(schema: StoreSchema) -> None:
    tables = {name: ["household_id"] for name in schema.tables}
    tables["transactions"] = ["sale_values", "household_id", "transaction_timestamp", "product_id"]
    tables["products"] = ["product_id"]
    tables["coupon_redemptions"] += ["redemption_date", "campaign_id"]
    tables["campaigns"].append("campaign_id")
    tables["campaign_descriptions"] = ["campaign_id", "start_date"]
    tables["first_purchases"].append("first_timestamp")
    for name in ("payments", "refunds", "tickets", "sessions"):
        tables[schema.roles[name].table] = list(schema.roles[name].columns.values())
    with pytest.raises(SchemaError, match=r"line \d+: table transactions has no column 'sales_value'.*'sale_values'"):
        check_live(YAML, schema, tables)


REFUSED: list[tuple[SemanticQuery, type[Exception], str]] = [
    (SemanticQuery(metrics=("campaign_reach",), group_by=("store",)), QueryError, "Campaign reach .* Store"),
    (SemanticQuery(metrics=("coupon_redemptions",), group_by=("hour",)), QueryError, "Hour"),
    (SemanticQuery(metrics=("revenu",)), UnknownMetric, "did you mean 'revenue'"),
    (SemanticQuery(metrics=("revenue",), group_by=("stores",)), UnknownDimension, "did you mean 'store'"),
    (SemanticQuery(metrics=("aov",), share=True, group_by=("store",)), QueryError, "no share"),
    (SemanticQuery(metrics=("customers",), running=True, group_by=("month",)), QueryError, "added up over time"),
    (SemanticQuery(metrics=("revenue",), running=True, group_by=("store",)), QueryError, "running total"),
    (SemanticQuery(metrics=("aov",), per="day"), QueryError, "already a ratio"),
    (
        SemanticQuery(
            metrics=("revenue",), compare=Interval.model_validate({"start": "2017-01-01", "end": "2017-02-01"})
        ),
        QueryError,
        "needs a period",
    ),
    (SemanticQuery(metrics=("revenue",), order=Order(by="change")), QueryError, "needs a comparison"),
    (
        SemanticQuery(metrics=("revenue",), filters=(Filter(dimension="month", values=("2017-13",)),)),
        UnknownMember,
        "calendar",
    ),
    (SemanticQuery(metrics=("revenue",), filters=(Filter(dimension="store", values=("x",)),)), UnknownMember, "number"),
    (
        SemanticQuery(metrics=("revenue",), filters=(Filter(dimension="store", op="top", values=("x",)),)),
        QueryError,
        "whole number",
    ),
]


@pytest.mark.parametrize(("query", "error", "says"), REFUSED, ids=[row[2] for row in REFUSED])
def test_refused_with_one_clear_sentence(
    schema: StoreSchema, query: SemanticQuery, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        compile_query(schema, query, "duckdb")


def test_quoted_text_is_no_reference() -> None:
    assert references("sum(a.b)", "c.d <> 'x.y' and a.b > 1") == (("a", "b"), ("c", "d"))


def test_can_split_tells_what_to_offer(schema: StoreSchema) -> None:
    assert schema.can_split("redemption_rate", "campaign_type")
    assert schema.can_split("campaign_reach", "age")
    assert not schema.can_split("redemption_rate", "store")
    assert not schema.can_split("revenue", "campaign")
