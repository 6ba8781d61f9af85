"""The SQL guard: attacks are refused with the right sentence, honest queries give the rows they always gave."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
import yaml

from db.errors import SchemaError, SQLMistake, SQLRefused
from db.guard import Catalog, Dialect, GuardedSQL, RowFilter, TableAccess, guard, sqlite_authorizer

HERE = Path(__file__).parent
DIALECTS = get_args(Dialect)
SHOP = Catalog.of(
    {
        "orders": ["id", "customer_id", "store", "total", "placed_at", "note"],
        "customers": ["id", "name", "email", "city"],
    },
    personal=["customers.email"],
)
SCRIPT = (HERE / "guard_shop.sql").read_text(encoding="utf-8")


def _cases(name: str) -> list[tuple[Any, ...]]:
    groups = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return [
        (dialect, sql, group.get("says", group.get("ordered", False)))
        for group in groups
        for dialect in group.get("dialects", DIALECTS)
        for sql in group["sql"]
    ]


ATTACKS = _cases("guard_attacks.yaml")
HONEST = _cases("guard_honest.yaml")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The small shop in each engine that comes with Python, opened to read only."""
    folder = tmp_path_factory.mktemp("guard")
    with duckdb.connect(str(folder / "shop.duckdb")) as writing:
        writing.execute(SCRIPT)
    lite = sqlite3.connect(folder / "shop.sqlite")
    lite.executescript(SCRIPT)
    lite.close()
    config = {"enable_external_access": "false", "lock_configuration": "true"}
    ducks = duckdb.connect(str(folder / "shop.duckdb"), read_only=True, config=config)
    lite = sqlite3.connect(f"{(folder / 'shop.sqlite').as_uri()}?mode=ro", uri=True)
    yield {"duckdb": ducks, "sqlite": lite, "folder": folder}
    ducks.close()
    lite.close()


def rows(store: Any, sql: str) -> list[tuple[Any, ...]]:
    return list(store.execute(sql).fetchall())


@pytest.mark.parametrize(("dialect", "sql", "says"), ATTACKS)
def test_an_attack_is_refused_with_its_reason(dialect: Dialect, sql: str, says: str) -> None:
    with pytest.raises(SQLRefused) as refusal:
        guard(sql, SHOP, dialect, 100)
    assert says in str(refusal.value)
    assert refusal.value.message[0] != "<"
    assert refusal.value.message.endswith((".", "?"))
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize(("dialect", "sql", "ordered"), HONEST)
def test_an_honest_query_gives_the_same_rows(stores: dict[str, Any], dialect: Dialect, sql: str, ordered: bool) -> None:
    checked = guard(sql, SHOP, dialect, 100)
    again = guard(checked.sql, SHOP, dialect, 100)
    assert (again.tables, again.columns) == (checked.tables, checked.columns)
    if dialect == "postgres":
        return  # tests/security/test_guard_postgres.py runs these
    expected = rows(stores[dialect], sql)
    for statement in (checked.sql, again.sql):
        found = rows(stores[dialect], statement)
        assert found == expected if ordered else sorted(map(repr, found)) == sorted(map(repr, expected))


def test_sqlite_runs_every_honest_query_under_the_authorizer(stores: dict[str, Any]) -> None:
    store = sqlite3.connect(f"{(stores['folder'] / 'shop.sqlite').as_uri()}?mode=ro", uri=True)
    store.set_authorizer(sqlite_authorizer(SHOP))
    ran = [rows(store, guard(sql, SHOP, "sqlite", 100).sql) for dialect, sql, _ in HONEST if dialect == "sqlite"]
    assert len(ran) > 50
    store.close()


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_the_row_cap_holds_and_truncation_shows(stores: dict[str, Any], dialect: Dialect) -> None:
    checked = guard("select a.id from orders a cross join orders b order by a.id desc limit 30", SHOP, dialect, 7)
    assert checked.limit == 7
    assert rows(stores[dialect], checked.sql) == [(6,)] * 6 + [(5,)] * 2
    assert len(rows(stores[dialect], guard("select id from orders limit 2", SHOP, dialect, 7).sql)) == 2


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from orders", {1, 3}),
        ("select max(total) from orders", {13.0}),
        ("select b.id from customers c left join orders b on b.customer_id = c.id where b.store is not null", {1, 3}),
        ("with x as (select * from orders) select id from x", {1, 3}),
        ("select id from customers where id in (select customer_id from orders)", {1, 2}),
        ("select id + 10 from orders union select o.id from orders as o", {1, 3, 11, 13}),
        ("select (select count(*) from orders) from customers", {2}),
        ("select o.id from orders o join orders p on o.customer_id = p.customer_id", {1, 3}),
    ],
)
def test_a_row_filter_holds_wherever_the_table_stands(
    stores: dict[str, Any], dialect: Dialect, sql: str, expected: set[float]
) -> None:
    checked = guard(sql, SHOP, dialect, 100, [RowFilter("orders", "store", (1,))])
    assert {row[0] for row in rows(stores[dialect], checked.sql)} == expected
    assert checked.filtered == ("orders",)


def test_filters_of_one_table_must_all_hold_and_no_values_mean_no_rows(stores: dict[str, Any]) -> None:
    both = [RowFilter("orders", "store", (1, 2)), RowFilter("Orders", "NOTE", ("a gift", "o'hara; drop"))]
    assert rows(stores["duckdb"], guard("select id from orders", SHOP, "duckdb", 9, both).sql) == [(5,)]
    none = guard("select count(*) from orders", SHOP, "duckdb", 9, [RowFilter("orders", "store", ())])
    assert rows(stores["duckdb"], none.sql) == [(0,)]


@pytest.mark.parametrize("wrong", [RowFilter("order", "store", (1,)), RowFilter("orders", "shop", (1,))])
def test_a_misspelt_filter_opens_nothing(wrong: RowFilter) -> None:
    with pytest.raises(SchemaError):
        guard("select id from orders", SHOP, "duckdb", 9, [wrong])


def test_what_was_read_is_told() -> None:
    sql = "select c.city, sum(o.total) as t from orders o join customers c on c.id = o.customer_id group by c.city"
    checked = guard(sql, SHOP, "duckdb", 50)
    assert checked.tables == ("customers", "orders")
    assert checked.columns == ("customers.city", "customers.id", "orders.customer_id", "orders.total")
    assert "email" not in checked.sql
    assert "password" not in checked.sql


def test_a_star_without_its_personal_columns_is_allowed(stores: dict[str, Any]) -> None:
    checked = guard("select * exclude (email) from customers where id = 1", SHOP, "duckdb", 5)
    assert rows(stores["duckdb"], checked.sql) == [(1, "Ann", "Ulm")]


def test_comments_do_not_travel() -> None:
    assert "secret" not in guard("select id /* secret */ from orders -- secret", SHOP, "duckdb", 5).sql


def test_a_table_can_have_another_name_in_the_database() -> None:
    shop = Catalog({"orders": TableAccess(("ID", "Order"), source="Sales.Orders")})
    for sql in ('select id, "order" from orders', 'select Orders."ORDER", ID from sales.orders'):
        text = guard(sql, shop, "postgres", 5).sql
        assert '"Sales"."Orders"' in text
        assert '"ID" AS "id"' in text
        assert guard(text, shop, "postgres", 5).columns == ("orders.ID", "orders.Order")
    with pytest.raises(SQLRefused):
        guard("select id from other.orders", shop, "postgres", 5)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select pg_sleep(1)", "pg_sleep is not an allowed function."),
        ("select id from ordrs", "There is no table 'ordrs'; did you mean 'orders'?"),
        ("select totl from orders", "There is no column 'totl'; did you mean 'total'?"),
        ("select o.totl from orders o", "There is no column 'totl'; did you mean 'total'?"),
        ("select id from orders, customers", "The column 'id' is in several tables."),
        ("select email from customers", "customers.email is personal data that you may not see."),
        ("select id from orders; select 1", "Only one statement may be run at a time."),
        ("drop table orders", "DROP is not allowed."),
    ],
)
def test_a_refusal_is_one_clear_sentence(sql: str, sentence: str) -> None:
    with pytest.raises(SQLRefused) as refusal:
        guard(sql, SHOP, "postgres", 5)
    assert refusal.value.message == sentence
    assert refusal.value.hint


@pytest.mark.parametrize("sql", ["select id from ordrs", "select totl from orders", "select (1", "selec 1 from"])
def test_a_mistake_can_be_told_from_an_attack(sql: str) -> None:
    with pytest.raises(SQLRefused) as refusal:
        guard(sql, SHOP, "duckdb", 5)
    assert isinstance(refusal.value, SQLMistake) == ("selec " not in sql)


DEEP = {
    "brackets": "select " + "(" * 10_000 + "1" + ")" * 10_000,
    "brackets within the length": "select " + "(" * 900 + "1" + ")" * 900,
    "subqueries": "select * from " + "(select * from " * 300 + "orders" + ")" * 300,
    "functions": "select " + "abs(" * 400 + "1" + ")" * 400,
    "not": "select " + "not " * 1_500 + "true",
    "minus": "select " + "- " * 1_500 + "1",
    "case": "select " + "case when " * 300 + "true" + " then 1 end" * 300,
    "joins": "select 1 from " + "orders join " * 300 + "orders" + " on true" * 300,
    "casts": "select 1" + "::int" * 600,
    "unions": "select 1" + " union select 1" * 600,
    "sums": "select 1" + " + 1" * 900,
    "ands": "select id from orders where true" + " and true" * 900,
    "long": "select 1 -- " + "x" * 20_000,
    "words": "select 1" + ", 1" * 3_000,
    "stars": "select " + ", ".join(["o.*"] * 400) + " from orders o",
    "a long string": "select '" + "x" * 5_000 + "'",
}


@pytest.mark.parametrize("sql", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_size_and_depth_are_bounded(dialect: Dialect, sql: str) -> None:
    started = time.perf_counter()
    with pytest.raises(SQLRefused):
        guard(sql, SHOP, dialect, 5)
    assert time.perf_counter() - started < 5


def test_a_chain_of_aliases_does_not_explode() -> None:
    chain = ", ".join(f"a{i} + a{i} as a{i + 1}" for i in range(60))
    assert len(guard(f"select total as a0, {chain} from orders", SHOP, "duckdb", 5).sql) < 10_000


def test_a_usual_query_takes_under_20_ms() -> None:
    sql = (
        "select c.city, sum(o.total) as t from orders o join customers c on c.id = o.customer_id group by 1 order by 2"
    )
    guard(sql, SHOP, "duckdb", 5)
    took = []
    for _ in range(20):
        started = time.perf_counter()
        guard(sql, SHOP, "duckdb", 5)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.02


def test_wrong_settings_are_faults_of_the_caller() -> None:
    with pytest.raises(ValueError, match="row_cap"):
        guard("select 1", SHOP, "duckdb", 0)
    with pytest.raises(ValueError, match="dialect"):
        guard("select 1", SHOP, "mysql", 5)  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="case"):
        Catalog.of({"Orders": ["id"], "orders": ["id"]})
    with pytest.raises(SchemaError, match="emial"):
        Catalog.of({"customers": ["email"]}, personal=["customers.emial"])


@pytest.mark.parametrize(
    "sql",
    [
        "attach 'other.db' as other",
        "vacuum into 'copy.db'",
        "pragma table_info(orders)",
        "create temp table x (id)",
        "select email from customers",
        "select password from customers",
        "select rowid from orders",
        "select token from secrets",
        "select name from sqlite_master",
        "select load_extension('x')",
        "select randomblob(10)",
        "with recursive n(x) as (select 1 union all select x + 1 from n limit 3) select x from n",
        "insert into orders (id) values (7)",
    ],
)
def test_the_sqlite_authorizer_alone_refuses(stores: dict[str, Any], sql: str) -> None:
    store = sqlite3.connect(f"{(stores['folder'] / 'shop.sqlite').as_uri()}?mode=ro", uri=True)
    store.set_authorizer(sqlite_authorizer(SHOP))
    with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|prohibited|authorization denied"):
        store.execute(sql)
    store.close()
    assert sorted(path.name for path in stores["folder"].iterdir() if "sqlite" in path.name) == ["shop.sqlite"]


def test_the_authorizer_reads_a_filter_column() -> None:
    store = sqlite3.connect(":memory:")
    store.executescript(SCRIPT)
    filters = [RowFilter("customers", "email", ("ann@example.org",))]
    store.set_authorizer(sqlite_authorizer(SHOP, filters))
    assert rows(store, guard("select name from customers", SHOP, "sqlite", 5, filters).sql) == [("Ann",)]


def test_the_guarded_type_says_what_it_promises() -> None:
    checked = guard("select 1 as one", SHOP, "duckdb", 5)
    assert checked == GuardedSQL('SELECT * FROM (SELECT 1 AS "one") AS "answer" LIMIT 6', (), (), 5)
