"""Connecting a shop that nobody prepared: what is drafted, what can be asked, and that the figures are the table's own."""

from __future__ import annotations

import sqlite3
import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from agent.ask import Analyst
from agent.connect import Wishes, connect, preview
from agent.contracts import Answer
from agent.interfaces.cli import cli
from agent.service import Service
from agent.settings import Settings
from agent.stores import open_named, store_names
from db.engine import Store
from db.errors import ShopOpsError, StoreError, UsageError
from db.semantic.query import SemanticQuery
from models.llm.base import Capabilities
from models.llm.bridge import ChatLanguageModel
from models.llm.scripted import Asked, ChatScripted, Reply
from tests.connect_shops import shopify
from tests.flow import analyst, question


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("connected")


@pytest.fixture(scope="module")
def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder / "data", cache_dir=folder / "cache")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Path:
    return shopify(folder / "shop.sqlite")


@pytest.fixture(scope="module")
def store(settings: Settings, shop: Path) -> Store:
    connect(settings, preview(settings, shop, "acme"))
    return open_named(settings, "acme", check=True)


@pytest.fixture(scope="module")
def asked(store: Store) -> Analyst:
    return analyst(store, ChatLanguageModel("only-choice", _OnlyChoice(), Capabilities()))


class _OnlyChoice(ChatScripted):
    """Fills a form in the one way that the words leave; of several it takes the first."""

    def reply_to(self, asked: Asked) -> Reply:
        parts = (asked.schema or {})["properties"]
        return {q: {f: e["enum"][0] for f, e in part["properties"].items()} for q, part in parts.items()}


def ask(asked: Analyst, text: str) -> Answer:
    return asked.ask(question(text), lambda *_: None, threading.Event())


SALES = "FROM line_items l JOIN orders o ON o.id = l.order_id LEFT JOIN products p ON p.id = l.product_id WHERE o.cancelled_at IS NULL"
MAY = "AND substr(o.created_at, 1, 7) = '2024-05'"
AMOUNT = "sum(l.price * l.quantity)"

# What an operator asks, in both languages, and the same by hand over the shop's own tables.
QUESTIONS = [
    ("How much revenue did we make in May 2024?", "2024年5月的销售额是多少？", f"SELECT {AMOUNT} {SALES} {MAY}"),
    ("How many orders in May 2024?", "2024年5月有多少订单？", f"SELECT count(DISTINCT o.id) {SALES} {MAY}"),
    ("How many customers bought in May 2024?", "2024年5月的顾客数", f"SELECT count(DISTINCT o.customer_id) {SALES} {MAY}"),
    ("Average order value in May 2024", "2024年5月的客单价", f"SELECT 1.0 * {AMOUNT} / count(DISTINCT o.id) {SALES} {MAY}"),
    ("Units sold in May 2024", "2024年5月的销量", f"SELECT sum(l.quantity) {SALES} {MAY}"),
    (
        "Top 3 products by revenue in May 2024",
        "2024年5月销售额最高的3个商品",
        f"SELECT l.title, {AMOUNT} {SALES} {MAY} GROUP BY 1 ORDER BY 2 DESC LIMIT 3",
    ),
    (
        "Revenue by category in May 2024",
        "2024年5月各品类的销售额",
        f"SELECT p.product_type, {AMOUNT} {SALES} {MAY} GROUP BY 1 ORDER BY 2 DESC",
    ),
    (
        "Orders by city in May 2024",
        "2024年5月各城市的订单数",
        f"SELECT o.shipping_city, count(DISTINCT o.id) {SALES} {MAY} GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    ("Revenue of Tea in May 2024", "2024年5月 Tea 的销售额", f"SELECT {AMOUNT} {SALES} {MAY} AND p.product_type = 'Tea'"),
    (
        "Revenue by month in 2024",
        "2024年每月的销售额",
        f"SELECT substr(o.created_at, 1, 7), {AMOUNT} {SALES} GROUP BY 1 ORDER BY 1",
    ),
    (
        "New customers in January 2024",
        "2024年1月的新客数",
        "SELECT count(*) FROM (SELECT customer_id, min(created_at) AS f FROM orders GROUP BY 1) WHERE f LIKE '2024-01%'",
    ),
    (
        "Refund amount in May 2024",
        "2024年5月的退款金额",
        "SELECT sum(amount) FROM refunds WHERE created_at LIKE '2024-05%'",
    ),
    (
        "Cancelled orders in May 2024",
        "2024年5月的取消订单数",
        "SELECT count(*) FROM orders WHERE cancelled_at IS NOT NULL AND created_at LIKE '2024-05%'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("english", "chinese", "by_hand"), QUESTIONS, ids=[q[0] for q in QUESTIONS])
def test_figures_are_those_of_the_tables(asked: Analyst, shop: Path, english: str, chinese: str, by_hand: str) -> None:
    with sqlite3.connect(shop) as connection:
        expected = connection.execute(by_hand).fetchall()
    for text in (english, chinese):
        answer = ask(asked, text)
        assert answer.status == "answered", (text, answer.text)
        rows = answer.evidence[0].rows
        shown = [(str(row[0]), _number(row[1])) if len(row) > 1 else (_number(row[0]),) for row in rows]
        wanted = [(str(row[0]), _number(row[1])) if len(row) > 1 else (_number(row[0]),) for row in expected]
        assert sorted(shown) == sorted(wanted), text


def _number(value: object) -> float:
    assert isinstance(value, int | float | Decimal)
    return round(float(value), 4)


def test_what_the_shop_lacks_is_said(asked: Analyst) -> None:
    for text in (
        "What was our profit in May 2024?",
        "2024年5月的毛利率是多少？",
        "How many site visits last week?",
        "各省份的订单数",
    ):
        answer = ask(asked, text)
        assert answer.status == "out_of_scope"
        assert not answer.evidence


def test_a_change_is_explained_and_customers_are_segmented(asked: Analyst) -> None:
    for text in ("Why did revenue fall in June 2024?", "Which customers are about to leave?"):
        answer = ask(asked, text)
        assert answer.status == "answered", answer.text
        assert "9003" not in answer.text  # a customer's number stays inside


def test_the_draft_says_what_it_took_and_asks_what_it_cannot_know(settings: Settings, shop: Path) -> None:
    draft = preview(settings, shop, "acme2")
    assert {t.name for t in draft.tables if t.used} == {"customers", "products", "orders", "line_items", "refunds"}
    assert {m.name for m in draft.metrics} >= {
        "revenue",
        "orders",
        "customers",
        "aov",
        "units",
        "discount",
        "repeat_rate",
    }
    assert {"sales", "products", "refunds"} <= set(draft.schema.roles)
    assert [t.name for t in draft.tools if t.lacking] == ["check_risk"]
    assert draft.schema.currency == "EUR"
    assert any("which of the two is your revenue" in text.en for text in draft.asks)
    assert all(text.zh for text in draft.asks)
    assert (draft.start, draft.as_of) == (date(2024, 1, 3), draft.end)  # stood still: the day after its last order
    assert not (settings.stores_folder / "acme2.yaml").exists()


def test_a_connected_store_is_known_by_name(settings: Settings, store: Store) -> None:
    assert store_names(settings) == ("journey", "acme")
    with pytest.raises(ShopOpsError, match=r"no store 'nowhere'.* acme"):
        open_named(settings, "nowhere")


def test_an_operators_changes_stay_unless_replaced(settings: Settings, shop: Path, store: Store) -> None:
    path = settings.stores_folder / "acme.yaml"
    path.write_text(path.read_text("utf-8") + "# mine\n", "utf-8")
    with pytest.raises(UsageError, match="already"):
        connect(settings, preview(settings, shop, "acme"))
    connect(settings, preview(settings, shop, "acme"), force=True)
    assert path.with_name("acme.yaml.before").read_text("utf-8").endswith("# mine\n")
    assert "# mine" not in path.read_text("utf-8")


@pytest.mark.parametrize("name", ["journey", "../up", "Acme", "a b", "", "x" * 41, "a.b"])
def test_names_that_cannot_be(settings: Settings, shop: Path, name: str) -> None:
    with pytest.raises(UsageError):
        preview(settings, shop, name)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("mysql://u:secret@h/shop", "mysql database cannot be read yet"),
        ("https://shop.example/orders.csv", "Download the file"),
        ("nothing.csv", "no file nothing.csv"),
        ([], "Nothing to connect"),
    ],
)
def test_sources_that_cannot_be(settings: Settings, source: str | list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as error:
        preview(settings, source, "shop")
    assert "secret" not in str(error.value)


def live(path: Path, last: datetime) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, created_at TEXT, total REAL)")
        for i in range(5):
            moment = (last - timedelta(days=30 * i)).isoformat(" ", "seconds")
            connection.execute("INSERT INTO orders VALUES (?, ?, ?)", (i, moment, 10.0))
    connection.close()
    return path


def test_the_clock_of_a_shop_that_sells_is_today(settings: Settings, tmp_path: Path) -> None:
    now = datetime.now()
    connect(settings, preview(settings, live(tmp_path / "a.db", now - timedelta(days=1)), "alive"))
    assert open_named(settings, "alive").as_of == now.date()
    connect(settings, preview(settings, live(tmp_path / "b.db", now - timedelta(days=90)), "asleep"))
    assert open_named(settings, "asleep").as_of == (now - timedelta(days=89)).date()


def test_orders_alone_make_a_shop(settings: Settings, tmp_path: Path) -> None:
    draft = preview(settings, live(tmp_path / "orders.db", datetime(2024, 5, 1)), "plain", Wishes(currency="GBP"))
    assert {m.name: m.value for m in draft.metrics} == {"revenue": Decimal(50), "orders": 5, "aov": Decimal(10)}
    assert draft.schema.currency == "GBP"
    assert any("who bought" in text.en for text in draft.asks)


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ("CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL); INSERT INTO orders VALUES (1, 2)", "needs a date"),
        ("CREATE TABLE orders (id INTEGER PRIMARY KEY, created_at TEXT, total REAL)", "needs a date"),
        ("CREATE TABLE settings (k TEXT, v TEXT); INSERT INTO settings VALUES ('a', 'b')", "needs a date"),
        ("SELECT 1", "no table"),
    ],
)
def test_a_database_without_sales(settings: Settings, tmp_path: Path, tables: str, sentence: str) -> None:
    with sqlite3.connect(tmp_path / "odd.db") as connection:
        connection.executescript(f"CREATE TABLE gone (a); DROP TABLE gone; {tables}")
    connection.close()
    with pytest.raises(StoreError, match=sentence):
        preview(settings, tmp_path / "odd.db", "odd")


def test_two_hundred_columns_and_no_declared_key(settings: Settings, tmp_path: Path) -> None:
    wide = ", ".join(f"attr_{i} TEXT" for i in range(197))
    with sqlite3.connect(tmp_path / "wide.db") as connection:
        connection.execute(f"CREATE TABLE orders (order_no TEXT, order_date TEXT, amount REAL, {wide})")
        for i in range(60):
            values = [f"N{i}", f"2024-05-{1 + i % 28:02}", 3.5, *(str("ab"[i % 2]) for _ in range(197))]
            connection.execute(f"INSERT INTO orders VALUES ({','.join('?' * 200)})", values)
    connection.close()
    draft = preview(settings, tmp_path / "wide.db", "wide")
    assert {m.name: m.value for m in draft.metrics}["revenue"] == Decimal(210)
    assert yaml.safe_load(draft.yaml)["tables"]["orders"]["source"] == "orders"


def test_a_store_connected_again_is_opened_anew(settings: Settings, tmp_path: Path) -> None:
    rows = tmp_path / "orders.csv"
    rows.write_text("order id,order date,total\n1,2024-05-01,10\n2,2024-05-02,20\n", "utf-8")
    connect(settings, preview(settings, rows, "again"))
    query = SemanticQuery(metrics=("revenue",))
    with Service.open(settings) as service:
        assert service.analyst("again").store.run(query).rows == ((Decimal(30),),)
        rows.write_text("order id,order date,total\n1,2024-05-01,10\n2,2024-05-02,21\n", "utf-8")
        connect(settings, preview(settings, rows, "again"), force=True)
        assert service.analyst("again").store.run(query).rows == ((Decimal(31),),)


def test_a_store_opened_anew_goes_on_with_the_model_in_memory(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_model(spec: str, **_options: object) -> ChatLanguageModel:
        opened.append(spec)
        return ChatLanguageModel(spec, _OnlyChoice(), Capabilities())

    monkeypatch.setattr("models.llm.open_model", open_model)
    rows = tmp_path / "orders.csv"
    with Service.open(settings) as service:
        for total in (10, 11):
            rows.write_text(f"order id,order date,total\n1,2024-05-01,{total}\n2,2024-05-02,20\n", "utf-8")
            connect(settings, preview(settings, rows, "warm"), force=True)
            answer = service.analyst("warm").ask(question("revenue in May 2024"))
            assert f"${total + 20}.00" in answer.text
    assert len(opened) == 1


def test_the_command_shows_what_can_be_asked_and_the_store_answers(
    monkeypatch: pytest.MonkeyPatch, shop: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    drafted = CliRunner().invoke(cli, ["connect", str(shop), "--name", "mine", "--draft-only"])
    assert drafted.exit_code == 0
    assert yaml.safe_load(drafted.stdout)["name"] == "mine"
    assert not (tmp_path / "data" / "stores" / "mine.yaml").exists()
    made = CliRunner().invoke(cli, ["connect", str(shop), "--name", "mine"])
    assert made.exit_code == 0
    assert "Revenue" in made.stdout
    assert "销售额" in made.stdout
    assert "check_risk lacks: payments" in made.stdout
    again = CliRunner().invoke(cli, ["connect", str(shop), "--name", "mine"])
    assert again.exit_code == 2
    assert "--force" in again.stderr
    monkeypatch.setenv("SHOPOPS_STORE", "mine")
    assert "data 2024-01-03" in " ".join(CliRunner().invoke(cli, ["doctor"]).stdout.split())
    sql = CliRunner().invoke(cli, ["ask", "select count(*) as n from orders", "--json"])
    assert sql.exit_code == 0
    assert '"rows":[[240]]' in sql.stdout.replace(" ", "").replace("\n", "")
