"""segment_customers: figures against pandas, pseudonyms everywhere, both languages, refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml

from agent.figures import grounded, numbers_of
from agent.open import store_yaml
from agent.understand.asking import ToolWords
from agent.understand.text import normalise
from db.engine import Store, open_store
from db.errors import AnalysisError, ArtifactDamaged, RoleMissing, UnknownEntity
from db.semantic.load import load_store_schema
from db.semantic.query import Filter, Interval
from db.semantic.render import Rendered
from models.segmentation.train import FILE
from tests.flow import open_journey
from tools import format as fmt
from tools.evidence import Evidence, Fact, worded
from tools.people import PSEUDONYM
from tools.registry import ToolContext, ToolResult
from tools.segment_customers import TOOL, SegmentArguments, run
from tools.segment_words import PLURAL

DECEMBER = Interval(start=date(2017, 12, 1), end=date(2018, 1, 1))


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def sales(store: Store) -> pd.DataFrame:
    """Every line before the shop's clock: customer, basket, time, amount."""
    names = "household_id AS customer, basket_id AS basket, transaction_timestamp AS time, sales_value AS amount"
    text = f"SELECT {names} FROM transactions WHERE transaction_timestamp < '2018-01-01'"
    return store.backend.frame(Rendered(text, (), text), 60, 2_000_000).astype({"amount": float})


def asked(store: Store, text: str) -> tuple[object, ...]:
    return store.sql(text).rows[0]


VIEWS: dict[str, SegmentArguments] = {
    "all": SegmentArguments(),
    "leaving": SegmentArguments(focus="leaving", limit=5),
    "best": SegmentArguments(focus="best"),
    "one": SegmentArguments(customers=("718",)),
    "value": SegmentArguments(method="value", limit=3),
    "movement": SegmentArguments(method="movement", time=DECEMBER, focus="at_risk"),
    "kids": SegmentArguments(filters=(Filter(dimension="kids", values=("1", "2", "3+")),)),
    "clusters": SegmentArguments(method="clusters"),
}


@pytest.fixture(scope="module")
def views(store: Store) -> dict[str, ToolResult]:
    from models.segmentation import clusters

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "BOOTSTRAPS", 2)
        patch.setattr(clusters, "SAMPLE", 500)
        return {name: run(arguments, ToolContext(store, "e1")) for name, arguments in VIEWS.items()}


def tables(result: ToolResult) -> dict[str, Evidence]:
    return {e.id: e for e in (result.evidence, *result.more)}


def column(evidence: Evidence, name: str) -> list[object]:
    index = [c.name for c in evidence.columns].index(name)
    return [worded(row[index], "en") for row in evidence.rows]


def shown(result: ToolResult, fact: Fact) -> list[str]:
    """The values of a fact's cells as they are written."""
    found = [fmt.number(fact.value, fact.unit)]
    for cell in fact.cells:
        evidence = tables(result)[cell.evidence]
        index = [c.name for c in evidence.columns].index(cell.column)
        value, unit = evidence.rows[cell.row][index], evidence.columns[index].unit
        found += [fmt.number(value, unit), fmt.number(value, "currency")] if isinstance(value, float) else [str(value)]
    return found


@pytest.mark.parametrize("name", VIEWS)
def test_every_number_said_stands_in_its_cells(views: dict[str, ToolResult], name: str) -> None:
    result = views[name]
    constants = "365 18:00 60 90 5 2 3"  # days of the windows, hours and the number of groups
    for fact in result.facts:
        pool = numbers_of(" ; ".join([*shown(result, fact), *fact.words, constants]))
        pool += numbers_of(f"{len(result.evidence.rows)} ; {fact.value if not isinstance(fact.value, str) else ''}")
        for text in (fact.text.en, fact.text.zh):
            clean = re.sub(r"\d{4}-\d{2}-\d{2}", "", text)
            wrong = [n for n in numbers_of(clean) if not grounded(n, pool)]
            assert not wrong, (text, wrong)


@pytest.mark.parametrize("name", VIEWS)
def test_no_customer_is_named_but_by_a_pseudonym(views: dict[str, ToolResult], name: str) -> None:
    result = views[name]
    assert "718" not in str(result.evidence.args)
    for evidence in tables(result).values():
        if "customer" in [c.name for c in evidence.columns]:
            assert all(PSEUDONYM.fullmatch(str(value)) for value in column(evidence, "customer"))
    outputs = result.outputs["customer"]
    assert outputs
    assert len(set(outputs)) == len(outputs)
    assert all(isinstance(value, int) for value in outputs)


@pytest.mark.parametrize("name", VIEWS)
def test_both_languages_are_whole_and_facts_are_ordered_and_few(views: dict[str, ToolResult], name: str) -> None:
    facts = views[name].facts
    assert 2 <= len(facts) <= 8
    assert facts[0].weight >= 1.0
    for fact in facts:
        assert fact.text.en[0].isupper() or fact.text.en[0].isdigit()
        assert fact.text.en.endswith(".")
        assert fact.text.zh.endswith("。")
        assert re.search(r"[\u4e00-\u9fff]", fact.text.zh)
        assert not re.search(r"\b(?:None|nan)\b|\b1 (?:customers|champions)\b", fact.text.en + fact.text.zh)


def test_segments_hold_every_customer_and_all_revenue(views: dict[str, ToolResult], sales: pd.DataFrame) -> None:
    evidence = views["all"].evidence
    assert sum(column(evidence, "customers")) == sales["customer"].nunique() == 2_469  # type: ignore[arg-type]
    total = Decimal(str(round(sum(column(evidence, "revenue")), 2)))  # type: ignore[arg-type]
    assert total == Decimal(str(round(sales["amount"].sum(), 2)))
    assert sum(column(evidence, "revenue_share")) == pytest.approx(1)  # type: ignore[arg-type]
    assert len(views["all"].outputs["customer"]) == 2_469


def test_champions_are_those_that_the_rules_give_by_hand(views: dict[str, ToolResult], sales: pd.DataFrame) -> None:
    sales = sales.assign(day=sales["time"].dt.normalize())
    by = sales.groupby("customer").agg(last=("day", "max"), visits=("day", "nunique"), revenue=("amount", "sum"))

    def fifth(values: pd.Series[Any]) -> pd.Series[Any]:
        return ((values.rank() - 0.5) / len(values) * 5 // 1 + 1).clip(1, 5)

    r, f, m = fifth(by["last"].astype("int64")), fifth(by["visits"]), fifth(by["revenue"])
    may = by.index[(r >= 2) & (((f == 5) & (m >= 4)) | ((f == 4) & (m == 5)))]
    best = views["best"].outputs["customer"]
    assert set(best) <= set(may)
    assert len(best) > 0.9 * len(may)  # the others are overdue, leaving or new
    spent = by["revenue"].reindex(pd.Index(best))
    assert spent.is_monotonic_decreasing
    assert views["best"].facts[0].value == len(best)


def test_who_is_about_to_leave_comes_with_what_is_at_stake(views: dict[str, ToolResult]) -> None:
    result = views["leaving"]
    stake, churn = column(result.evidence, "stake"), column(result.evidence, "churn")
    assert len(result.evidence.rows) == 5
    assert stake == sorted(stake, reverse=True)  # type: ignore[type-var]
    assert all(0 < c < 1 for c in churn)  # type: ignore[operator]
    for row in result.evidence.rows:
        assert row[-1] == pytest.approx(row[-2] * row[-3], abs=0.01)  # type: ignore[operator]
    assert len(result.outputs["customer"]) == result.facts[0].value
    assert set(column(result.evidence, "segment")) <= {"about to leave", "at risk"}
    assert "at stake" in result.facts[0].text.en
    assert "AUC" in (result.evidence.method or "")


def test_one_customer_is_described(views: dict[str, ToolResult], sales: pd.DataFrame) -> None:
    row = dict(zip([c.name for c in views["one"].evidence.columns], views["one"].evidence.rows[0], strict=True))
    own = sales[sales["customer"] == 718]
    assert row["revenue"] == pytest.approx(own["amount"].sum(), abs=0.01)
    assert row["orders"] == own["basket"].nunique()
    assert row["visits"] == own["time"].dt.date.nunique()
    assert row["last_purchase"] == own["time"].max().date().isoformat()
    assert views["one"].outputs["customer"] == (718,)
    texts = " ".join(f.text.en for f in views["one"].facts)
    assert "chance of buying nothing in the next 60 days" in texts


def test_movement_adds_up(views: dict[str, ToolResult]) -> None:
    result = views["movement"]
    assert sum(column(result.evidence, "customers")) == 2_469  # type: ignore[arg-type]
    into = next(f for f in result.facts if "became at-risk" in f.text.en)
    flows = [tuple(worded(cell, "en") for cell in row) for row in result.evidence.rows]
    rows = [r for r in flows if r[1] == "at risk" and r[0] != "at risk"]
    assert into.value == sum(int(str(r[2])) for r in rows) == len(result.outputs["customer"])
    kept = {(r[0], r[1]): r[3] for r in flows}
    assert kept["champions", "champions"] > 0.8  # type: ignore[operator]


def test_value_is_plausible_and_ordered(views: dict[str, ToolResult], sales: pd.DataFrame) -> None:
    result = views["value"]
    value = column(result.evidence, "value")
    assert value == sorted(value, reverse=True)  # type: ignore[type-var]
    total = float(str(result.facts[0].value))
    assert total == pytest.approx(sales["amount"].sum(), rel=0.2)  # the year ahead is much like the year behind


def test_conditions_choose_customers_and_are_not_said_to_set_them_apart(
    views: dict[str, ToolResult], store: Store
) -> None:
    (expected,) = asked(store, "SELECT count(*) FROM demographics WHERE kids_count IN ('1', '2', '3+')")
    assert views["kids"].facts[0].value == expected
    assert not any(str(t).startswith("kids") for t in column(views["kids"].more[0], "trait"))
    assert "customers asked about" in views["kids"].facts[0].text.en


def test_groups_come_with_their_quality(views: dict[str, ToolResult]) -> None:
    result = views["clusters"]
    quality = tables(result)["e1b"]
    assert len(quality.rows) == 4
    assert column(quality, "chosen").count("yes") == 1
    stability = [float(str(value)) for value in column(quality, "stability")]
    assert stability[column(quality, "chosen").index("yes")] == max(stability)
    assert len(set(column(result.evidence, "group"))) == len(result.evidence.rows)


def test_nobody_of_a_segment_is_an_answer(store: Store) -> None:
    context = ToolContext(store, "e1")
    result = run(SegmentArguments(focus="lost", customers=("718", "1609")), context)
    assert (
        result.facts[0].text.en
        == "As of 2018-01-01 none of the 2 customers asked about counts among the lost customers."
    )
    assert result.facts[0].text.zh == "截至2018-01-01，所选2位客户中没有已流失客户。"
    assert result.outputs == {"customer": ()}
    with pytest.raises(AnalysisError, match="no lost customers among those asked about"):
        run(SegmentArguments(method="value", focus="lost", customers=("718", "1609")), context)


def test_row_filters_hold(store: Store) -> None:
    mine = (Filter(dimension="store", values=(367,)),)
    result = run(SegmentArguments(), ToolContext(store, "e1", row_filters=mine))
    text = "SELECT count(DISTINCT household_id), sum(sales_value) FROM transactions WHERE store_id = 367"
    count, total = asked(store, f"{text} AND transaction_timestamp < '2018-01-01'")
    assert result.facts[0].value == count
    assert sum(column(result.evidence, "revenue")) == pytest.approx(float(str(total)), abs=0.1)  # type: ignore[arg-type]


def test_the_clock_hides_what_came_after(store: Store) -> None:
    then = date(2017, 10, 1)
    early = run(SegmentArguments(focus="new"), ToolContext(store, "e1", as_of=then))
    by_time = SegmentArguments(focus="new", time=Interval(start=date(2017, 9, 1), end=then))
    assert run(by_time, ToolContext(store, "e1")).outputs == early.outputs
    assert all(str(day) < "2017-10-01" for day in column(early.evidence, "last_purchase"))


def test_bad_input_is_named_in_one_sentence(store: Store, tmp_path: Path) -> None:
    context = ToolContext(store, "e1")
    with pytest.raises(UnknownEntity, match="no purchase of customer '999999'"):
        run(SegmentArguments(customers=("999999",)), context)
    with pytest.raises(AnalysisError, match="too few customers before 2017-01-01"):
        run(SegmentArguments(), ToolContext(store, "e1", as_of=date(2017, 1, 1)))
    with pytest.raises(AnalysisError, match="no purchases before 2017-01-01"):
        run(SegmentArguments(method="movement", time=Interval(start=date(2017, 1, 1), end=date(2018, 1, 1))), context)
    (tmp_path / FILE).write_bytes(b"cut short")
    with pytest.raises(ArtifactDamaged, match="cannot be read"):
        run(SegmentArguments(method="clusters"), ToolContext(store, "e1", models=tmp_path))


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A corner shop with a table of sales and nothing else."""
    folder = tmp_path_factory.mktemp("corner")
    with duckdb.connect(str(folder / "corner.duckdb")) as made:
        made.execute(
            "CREATE TABLE sales AS SELECT 'p' || (i % 40) AS who, i AS receipt, 'x' AS item, "
            "DATE '2020-01-01' + CAST((i * 7) % 180 AS INTEGER) AS day, 5.0 + i % 9 AS paid FROM range(400) t(i)"
        )
    text = {
        "name": "corner",
        "label": {"en": "Corner", "zh": "小店"},
        "default_time": "sales.day",
        "tables": {"sales": {"key": [], "time": "day"}},
        "joins": [],
        "roles": {
            "sales": {
                "table": "sales",
                "columns": {"customer": "who", "order": "receipt", "product": "item", "time": "day", "amount": "paid"},
            }
        },
        "metrics": {
            "revenue": {
                "label": {"en": "Revenue", "zh": "销售额"},
                "description": {"en": "Sum.", "zh": "合计。"},
                "unit": "currency",
                "table": "sales",
                "expr": "sum(sales.paid)",
                "additive": True,
            }
        },
        "dimensions": {"day": {"label": {"en": "Day", "zh": "日"}, "kind": "time", "grain": "day"}},
    }
    (folder / "corner.yaml").write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")
    return open_store(folder / "corner.duckdb", load_store_schema(folder / "corner.yaml"))


def test_a_shop_with_sales_alone_is_segmented_without_demographics(corner: Store) -> None:
    result = run(SegmentArguments(), ToolContext(corner, "e1"))
    assert result.facts[0].value == 40
    traits = {str(t) for e in result.more for t in column(e, "trait")}
    assert not any(
        ":" in t or t in ("orders before noon", "orders after 18:00", "orders with a coupon") for t in traits
    )
    one = run(SegmentArguments(customers=("p7",)), ToolContext(corner, "e1"))
    assert one.outputs["customer"] == ("p7",)
    assert "p7" not in str(one.evidence) + str(one.facts)


def test_a_customer_with_one_purchase_has_a_portrait(store: Store, sales: pd.DataFrame) -> None:
    counts = sales.groupby("customer")["basket"].nunique()
    single = str(counts.index[counts == 1][0])
    result = run(SegmentArguments(customers=(single,)), ToolContext(store, "e1"))
    assert "1 order on 1 day" in result.facts[1].text.en


def test_a_store_without_sales_is_refused() -> None:
    schema = load_store_schema(store_yaml("journey"))
    assert TOOL.lacks(schema) == ()
    bare = schema.model_copy(update={"roles": {}})
    assert TOOL.lacks(bare) == ("sales",)


def test_a_missing_role_is_named(journey_folder: Path) -> None:
    schema = load_store_schema(store_yaml("journey")).model_copy(update={"roles": {}})
    bare = open_store(journey_folder / "stores" / "journey.duckdb", schema)
    with pytest.raises(RoleMissing, match="no table of sales"):
        run(SegmentArguments(), ToolContext(bare, "e1"))
    bare.close()


@pytest.mark.parametrize(
    ("text", "method", "focus"),
    [
        ("Who is about to leave?", None, "leaving"),
        ("which customers are at risk of leaving", None, "leaving"),
        ("哪些客户快流失了", None, "leaving"),
        ("高价值客户画像", None, "best"),
        ("who are our VIPs", None, "best"),
        ("客户分群", None, None),
        ("how many moved from loyal to at risk", "movement", ""),
        ("沉睡客户有哪些", None, "lost"),
        ("cluster our shoppers", "clusters", None),
        ("客户的终身价值", "value", None),
    ],
)
def test_words_settle_method_and_focus(text: str, method: str | None, focus: str | None) -> None:
    found = ToolWords([TOOL]).read(normalise(text))
    assert found.sure == ("segment_customers",)
    chosen = {field: values for _, field, values in found.choices}
    assert chosen.get("method") == ((method,) if method else None)
    if focus != "":
        assert chosen.get("focus") == ((focus,) if focus else None)


@pytest.mark.parametrize(
    "text",
    [
        "how many new customers last month",
        "customers by store",
        "复购率是多少",
        "上个月有多少新客户",
        "repeat rate in Q3",
    ],
)
def test_metrics_stay_metrics(text: str) -> None:
    assert ToolWords([TOOL]).read(normalise(text)).sure == ()


def test_every_segment_has_words_in_both_languages() -> None:
    assert all(label.en and re.search(r"[\u4e00-\u9fff]", label.zh) for label in PLURAL.values())
