"""Public rating files: every published layout, and the line that is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from db.errors import StoreError, StoreMissing
from db.sources.ratings import Rating, amazon, movielens, read_movielens, taobao

DAY = 881250949 // 86400


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("u.data", "196\t242\t3\t881250949\n"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n196,242,3.0,881250949\n"),
        ("ratings.dat", "196::242::3::881250949\n"),
        ("ml.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n\n"),
        ("u.data.gz", "196\t242\t3\t881250949\r\n"),
    ],
)
def test_movielens(tmp_path: Path, name: str, text: str) -> None:
    assert list(movielens(write(tmp_path, name, text))) == [Rating("196", "242", 3.0, DAY)]


@pytest.mark.parametrize(
    ("name", "text", "item_first"),
    [
        ("old.csv", "A1,B0001,5.0,881250949\n", False),
        ("2018.csv", "B0001,A1,5.0,881250949\n", True),
        ("2023.csv", "user_id,parent_asin,rating,timestamp\nA1,B0001,5.0,881250949000\n", False),
        ("a.json", '{"reviewerID": "A1", "asin": "B0001", "overall": 5, "unixReviewTime": 881250949}\n', False),
        ("b.jsonl.gz", '{"user_id": "A1", "parent_asin": "B0001", "rating": 5, "timestamp": 881250949000}\n', False),
    ],
)
def test_amazon(tmp_path: Path, name: str, text: str, item_first: bool) -> None:
    assert list(amazon(write(tmp_path, name, text), item_first)) == [Rating("A1", "B0001", 5.0, DAY)]


def test_taobao_keeps_the_behaviours_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "UserBehavior.csv", "1,10,100,pv,1511544070\n1,11,100,buy,1511561733\n2,10,100,cart,0\n")
    assert [r.product for r in taobao(path)] == ["11"]
    assert [r.customer for r in taobao(path, ("pv", "cart"))] == ["1", "2"]


def test_a_stream_reads_no_further_than_it_is_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "u.data", "1\t2\t3\t4\nnot a line\n")
    assert next(movielens(path)) == Rating("1", "2", 3.0, 0)


@pytest.mark.parametrize(
    ("reader", "name", "text", "sentence"),
    [
        (movielens, "u.data", "1\t2\t3\t4\n1\t2\tthree\t4\n", "Line 2 of u.data cannot be read: the rating 'three'"),
        (movielens, "u.data", "1\t2\t3\t4\n1\t2\t3\n", "Line 2 of u.data cannot be read: it has 3 fields"),
        (movielens, "u.data", "1\t2\tnan\t4\n", "the rating 'nan' is not a number"),
        (movielens, "u.data", "1\t \t3\t4\n", "an id is empty"),
        (amazon, "a.csv", "who,what,rating,timestamp\n", "the heading names no customer"),
        (amazon, "a.json", '{"asin": "B"}\n', "the review has no user_id"),
        (amazon, "a.json", "{broken\n", "it is not JSON"),
        (taobao, "t.csv", "1,2,3,look,4\n", "the behaviour 'look' is none of"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, reader, name: str, text: str, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoreError) as told:
        list(reader(write(tmp_path, name, text)))
    assert sentence in str(told.value)


def test_files_that_are_not_text(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_bytes(b"1\t2\t3\t4\n\xff\xfe\t2\t3\t4\n")
    with pytest.raises(StoreError, match="it is not UTF-8"):
        list(movielens(tmp_path / "u.data"))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"1\t2\t3\t4\n" * 1000)[:-20])
    with pytest.raises(StoreError, match="damaged or cut short"):
        list(movielens(tmp_path / "cut.gz"))
    with pytest.raises(StoreMissing, match=r"There is no file none\.csv"):
        list(movielens(tmp_path / "none.csv"))


def test_columns_of_a_whole_file(tmp_path: Path) -> None:
    found = read_movielens(write(tmp_path, "u.data", "1\t7\t3\t0\n2\t7\t5\t86400\n"))
    assert (found.customers, found.products) == (["1", "2"], ["7", "7"])
    assert (list(found.values), list(found.days), len(found)) == ([3.0, 5.0], [0, 1], 2)
