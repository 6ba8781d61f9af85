"""Files of rows: encodings, separators, dates, money, what is wrong with a row, and what comes out as a shop."""

from __future__ import annotations

import os
import threading
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agent.connect import Wishes, connect, discard, preview
from agent.connecting.drafts import Draft
from agent.settings import Settings
from agent.stores import open_named
from db.errors import StoreError
from db.semantic.query import Filter, Interval, SemanticQuery
from db.sources.upload import load_files


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


def figures(draft: Draft) -> dict[str, Any]:
    return {metric.name: metric.value for metric in draft.metrics}


def loaded(tmp_path: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> list[tuple[Any, ...]]:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    target = tmp_path / "out.duckdb"
    load_files([path], target)
    with duckdb.connect(str(target), read_only=True) as connection:
        return connection.execute(f'SELECT * FROM "{path.stem}"').fetchall()


TYPES = [
    ("total\n1\n2", [(1,), (2,)]),
    ('total\n"1,234.50"\n2', [(Decimal("1234.50"),), (Decimal("2.00"),)]),
    ("total\n$1.5\n($2.25)\n", [(Decimal("1.50"),), (Decimal("-2.25"),)]),
    ("金额\n¥12.00\n￥3\n4元", [(Decimal("12.00"),), (Decimal("3.00"),), (Decimal("4.00"),)]),
    ('total\n"1.234,50"\n"2,75"', [(Decimal("1234.50"),), (Decimal("2.75"),)]),
    ("sku\n00123\n00456", [("00123",), ("00456",)]),
    ("note\n=1+1\n+cmd|x", [("=1+1",), ("+cmd|x",)]),
    ("total;city\n1;Köln\n2;Bonn", [(1, "Köln"), (2, "Bonn")]),
    ("total\tcity\n1\tA", [(1, "A")]),
    ('a,b\n"x, y","line\nbreak"', [("x, y", "line\nbreak")]),
    ("a\nn/a\nx\n\n-", [(None,), ("x",), (None,)]),
    ("date\n2024-05-01\n2024-05-02", [(date(2024, 5, 1),), (date(2024, 5, 2),)]),
    ("date\n2024/5/1 8:05\n2024/12/31 23:59", [(datetime(2024, 5, 1, 8, 5),), (datetime(2024, 12, 31, 23, 59),)]),
    ("date\n31/12/2024\n01/02/2024", [(date(2024, 12, 31),), (date(2024, 2, 1),)]),
    ("date\n12/31/2024\n01/02/2024", [(date(2024, 12, 31),), (date(2024, 1, 2),)]),
    ("date\n31.12.2024", [(date(2024, 12, 31),)]),
    ("下单日期\n2024年5月1日\n2024年12月31日", [(date(2024, 5, 1),), (date(2024, 12, 31),)]),
    ("date\n20240501\n20240502", [(date(2024, 5, 1),), (date(2024, 5, 2),)]),
    ("date\n2024-05-01T08:00:00Z\n2024-05-01T09:30:00+02:00", [(datetime(2024, 5, 1, 8),), (datetime(2024, 5, 1, 9, 30),)]),
    ("date\n5/1/2024 1:05 PM", [(datetime(2024, 5, 1, 13, 5),)]),
    ('date\n"May 3, 2024"', [(date(2024, 5, 3),)]),
    ("order id\n240300000000000012345", [("240300000000000012345",)]),
    ("phone\n13800138000", [("13800138000",)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), TYPES, ids=[repr(text)[:40] for text, _ in TYPES])
def test_types_come_from_the_values(tmp_path: Path, text: str, rows: list[tuple[Any, ...]]) -> None:
    assert loaded(tmp_path, text) == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert loaded(tmp_path, "城市,金额\n杭州,3\n", encoding=encoding) == [("杭州", 3)]


BAD = [
    ("a,b\n1,2\n1,2,3\n", r"t\.csv line 3: 3 cells, where the header has 2"),
    ('a,b\n1,"x\n2,3\n', r"t\.csv line 2: a quotation mark is not closed"),
    ("order date,total\n" + "2024-05-01,5\n" * 40 + "soon,5\n", r"t\.csv line 42: 'order date' is not a date"),
    ("order date,total\n" + "2024-05-01,5\n" * 40 + "2024-05-01,free\n", r"t\.csv line 42: 'total' is not a number"),
    ("", r"t\.csv is empty"),
    ("a,b\n1,x\x00y\n", r"t\.csv line 2: it holds a byte"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_a_bad_row_is_told_by_file_and_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence) as error:
        loaded(tmp_path, text)
    assert "soon" not in str(error.value)  # the value may be personal
    assert not (tmp_path / "out.duckdb").exists()


def test_files_that_are_too_large_or_no_text(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order date,total\n2024-05-01,5\n" * 100)
    with pytest.raises(StoreError, match="of at most 0"):
        preview(settings, path, "big", Wishes(limit=1000))
    (tmp_path / "odd.csv").write_bytes(bytes(range(128, 256)) * 8)
    with pytest.raises(StoreError, match=r"odd\.csv is no text"):
        preview(settings, tmp_path / "odd.csv", "odd")
    (tmp_path / "fake.xlsx").write_text("no zip")
    with pytest.raises(StoreError, match="cannot be read as an Excel workbook"):
        preview(settings, tmp_path / "fake.xlsx", "fake")
    assert not list(settings.stores_folder.iterdir())  # nothing staged is left behind


ORDERS = """order id,order date,customer id,email,city,status
1,2024-05-01,7,a@x.example,Rome,paid
2,2024-05-02,8,b@x.example,Rome,paid
3,2024-06-02,7,a@x.example,Oslo,cancelled
"""
ITEMS = """order id,product name,category,quantity,unit price
1,Blue cup,Cups,2,"$1,000.50"
1,Tea,Tea,1,$3.00
2,Tea,Tea,4,$3.00
3,Tea,Tea,9,$3.00
"""


def test_orders_and_items_as_two_files(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "items.csv").write_text(ITEMS)
    draft = preview(settings, [tmp_path / "orders.csv", tmp_path / "items.csv"], "two")
    shown = figures(draft)
    assert (shown["revenue"], shown["orders"], shown["units"]) == (Decimal("2016.00"), 2, 7)
    assert (shown["customers"], shown["cancelled_orders"]) == (2, 1)
    made = connect(settings, draft)
    assert Path(made.place) == settings.store_file("two")
    assert os.stat(made.place).st_mode & 0o077 == 0
    store = open_named(settings, "two", check=True)
    by_product = store.run(SemanticQuery(metrics=("revenue",), group_by=("product",)))
    assert by_product.rows == (("Blue cup", Decimal("2001.00")), ("Tea", Decimal("15.00")))
    assert store.as_of == date(2024, 6, 3)


FLAT = "订单编号,下单时间,订单状态,收货人姓名,联系手机,城市,商品名称,商品类目,购买数量,单价,订单总额\n" + "".join(
    f"TB{i // 2},2024/{3 + i % 2 * 0 + i // 20}/{1 + i % 20} 08:0{i % 9},{'交易关闭' if i // 2 == 3 else '交易成功'},"
    f"张三{i // 2 % 5},1380013800{i // 2 % 5},{'杭州' if i // 2 % 2 else '宁波'},茶{i % 4}号,茶叶,{1 + i % 3},¥10.00,¥40.00\n"
    for i in range(40)
)


def test_a_chinese_export_of_lines(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "订单导出.csv"
    path.write_bytes(FLAT.encode("gb18030"))
    draft = preview(settings, path, "taobao")
    units = sum(1 + i % 3 for i in range(40) if i // 2 != 3)
    shown = figures(draft)
    assert (shown["orders"], shown["units"], shown["revenue"]) == (19, units, Decimal(10 * units))
    assert (shown["order_total"], shown["customers"]) == (Decimal(40 * 19), 5)  # each order's total once
    assert draft.schema.currency == "CNY"
    assert {"product", "city", "order_status"} <= {split.name for split in draft.splits}
    for value in ("张三", "13800138"):
        assert value not in draft.yaml
    connect(settings, draft)
    store = open_named(settings, "taobao", check=True)
    hangzhou = Filter(dimension="city", values=("杭州",))
    march = Interval(start=date(2024, 3, 1), end=date(2024, 4, 1))
    asked = store.run(SemanticQuery(metrics=("orders",), filters=(hangzhou,), time=march))
    assert asked.rows == ((sum(1 for i in range(0, 20, 2) if i // 2 % 2 and i // 2 != 3),),)


def test_workbooks_and_parquet(settings: Settings, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "orders"
    sheet.append(["order id", "order date", "total", "gift"])
    sheet.append([1, datetime(2024, 5, 1, 9), 10.5, "=HYPERLINK(1)"])
    sheet.append([2, datetime(2024, 5, 2, 9), 20, None])
    book.save(tmp_path / "shop.xlsx")
    draft = preview(settings, tmp_path / "shop.xlsx", "book")
    assert figures(draft)["revenue"] == Decimal("30.5")
    discard(draft)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 1 AS order_id, DATE '2024-05-01' AS order_date, 12.5 AS total) TO '{tmp_path / 'o.parquet'}'"
        )
    draft = preview(settings, tmp_path / "o.parquet", "columns")
    assert figures(draft)["revenue"] == Decimal("12.5")
    discard(draft)


def test_a_workbook_that_unfolds_to_too_much(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.sources.sheet_rows.UNPACKED", 10_000)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 1_000_000)
    with pytest.raises(StoreError, match="unfolds to"):
        preview(settings, tmp_path / "bomb.xlsx", "bomb")


def test_an_upload_that_is_stopped_leaves_the_store_as_it_was(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order id,order date,total\n1,2024-05-01,10\n")
    connect(settings, preview(settings, path, "kept"))
    before = settings.store_file("kept").read_bytes()
    stop = threading.Event()

    def tell(_what: str, share: float) -> None:
        if share > 0:
            stop.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        preview(settings, path, "kept", tell=tell)
    assert stop.is_set()
    assert settings.store_file("kept").read_bytes() == before
    assert sorted(p.name for p in settings.stores_folder.iterdir()) == ["kept.duckdb", "kept.yaml"]


def test_whether_days_or_months_come_first_is_asked_where_nothing_tells(settings: Settings, tmp_path: Path) -> None:
    rows = "\n".join(f"{n},0{n % 9 + 1}/0{n % 7 + 1}/2024,{n % 6},{n}.50" for n in range(1, 60))
    file = tmp_path / "orders.csv"
    file.write_text(f"order_id,order_date,customer_id,total\n{rows}\n", "utf-8")
    draft = preview(settings, [file], "mini")
    assert "are days or months first (03/04)? Months were taken." in draft.asks[0].en
    discard(draft)
