"""Hand-written SQL as a tool: units, labels, sentences, and what it may not do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Store
from db.errors import PermissionRefused, SQLRefused
from db.semantic.query import Filter
from tests.flow import open_journey
from tools.registry import ToolContext
from tools.run_sql import SQLArguments, run


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("sql", "units", "en"),
    [
        ("SELECT count(*) FROM transactions", ["count"], "Result: 1,469,307."),
        ("SELECT sum(sales_value) AS revenue FROM transactions", ["currency"], "Revenue: $4,596,039.58."),
        ("SELECT store_id FROM transactions WHERE store_id = 367 LIMIT 1", ["text"], "store_id: 367."),
        ("SELECT 1.5 AS weight FROM transactions LIMIT 1", ["number"], "weight: 1.50."),
        ("SELECT store_id FROM transactions WHERE store_id < 0", ["text"], "The query gave no rows."),
        ("SELECT brand, count(*) AS n FROM products WHERE brand IS NOT NULL GROUP BY 1 ORDER BY 1", ["text", "count"],
         "The query gave 2 rows: National, 78,516; Private, 13,815."),
        ("SELECT product_id FROM products LIMIT 30", ["text"], "The query gave 30 rows."),
        ("SELECT product_id FROM products", ["text"], "The query gave 500 rows, cut at the row limit."),
    ],
)  # fmt: skip
def test_results(store: Store, sql: str, units: list[str], en: str) -> None:
    result = run(SQLArguments(sql=sql), ToolContext(store, "e1"))
    assert [column.unit for column in result.evidence.columns] == units
    assert [fact.text.en for fact in result.facts] == [en]
    assert result.facts[0].text.zh.endswith("。")


def test_cells_are_data_and_long_ones_are_cut(store: Store) -> None:
    sql = f"SELECT 'line\n{'x' * 500}' AS note, 1 AS n FROM products LIMIT 1"
    text = run(SQLArguments(sql=sql), ToolContext(store, "e1")).facts[0].text.en
    assert "\n" not in text
    assert text.endswith("…; n: 1.")
    assert len(text) < 120


def test_what_it_refuses(store: Store) -> None:
    for sql in ("DELETE FROM products", "SELECT * FROM read_csv('/etc/passwd')", "SELECT 1; SELECT 2"):
        with pytest.raises(SQLRefused):
            run(SQLArguments(sql=sql), ToolContext(store, "e1"))
    partly = ToolContext(store, "e1", row_filters=(Filter(dimension="department", values=("FUEL",)),))
    with pytest.raises(PermissionRefused):
        run(SQLArguments(sql="SELECT 1 FROM products"), partly)
