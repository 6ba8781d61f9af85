"""Tables as files: numbers stay numbers, and text from data never becomes a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from agent.present.sheets import csv_bytes, safe, xlsx_bytes
from db.semantic.schema import Text
from tests.unit.answers import DEPARTMENT, REVENUE, evidence
from tools.evidence import Column, Evidence

NASTY = ('=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\t=1", "＝1+1", "  =1", "\n=1")
FLAG = Column("flag", Text(en="=Flag", zh="标记"), "text")


def table() -> Evidence:
    rows = [(text, Decimal("2315299.04"), True) for text in NASTY]
    return evidence((DEPARTMENT, REVENUE, FLAG), (*rows, (None, None, None), ("杂货", -5, False)))


def test_csv_is_read_by_any_program() -> None:
    content = csv_bytes(table(), "zh")
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert lines[0] == ["部门", "销售额", "标记"]
    assert lines[1][1:] == ["2315299.04", "true"]
    assert lines[-2] == ["", "", ""]
    assert lines[-1] == ["杂货", "-5", "false"]
    assert all(line[0].startswith("'") for line in lines[1 : len(NASTY) + 1])
    assert csv_bytes(table(), "en").decode("utf-8-sig").startswith("Department,Revenue,'=Flag")


def test_excel_has_numbers_and_no_formula() -> None:
    book = load_workbook(io.BytesIO(xlsx_bytes(table(), "en")))
    sheet, how = book.worksheets
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"}  # never "f", a formula
    assert [cell.value for cell in sheet[2]] == [NASTY[0], 2315299.04, True]
    said = {row[0].value: row[1].value for row in how.iter_rows()}
    assert said["Data"] == "recorded"
    assert "GROUP BY" in said["SQL"]
    assert load_workbook(io.BytesIO(xlsx_bytes(table(), "zh"))).sheetnames == ["数据", "来源"]


@pytest.mark.parametrize("text", ["GROCERY", "a=b", "", "杂货"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_an_empty_table_is_a_file_too() -> None:
    nothing = evidence((DEPARTMENT, REVENUE), ())
    assert csv_bytes(nothing, "en").decode("utf-8-sig") == "Department,Revenue\r\n"
    assert load_workbook(io.BytesIO(xlsx_bytes(nothing, "en"))).worksheets[0].max_row == 1
