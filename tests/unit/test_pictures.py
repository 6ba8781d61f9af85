"""Charts as pictures: both languages, on white, and nothing is fetched."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, cast

import pytest

from agent.contracts import Language
from agent.present import charts, pictures
from agent.present.cells import Cells
from db.errors import InternalError
from db.semantic.load import load_store_schema
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Chart, Column, Evidence, Value

ROOT = Path(__file__).parents[2]
DEPARTMENTS = ["GROCERY", "PRODUCE", "MEAT", "DRUG GM"]


@pytest.fixture(scope="module")
def schema() -> StoreSchema:
    return load_store_schema(ROOT / "db" / "stores" / "journey.yaml")


def spec(schema: StoreSchema, kind: str, language: Language, series: str | None = None) -> dict[str, Any]:
    columns = (
        Column("month", Text(en="Month", zh="月"), "date"),
        Column("department", Text(en="Department", zh="部门"), "member"),
        Column("revenue", Text(en="Revenue", zh="销售额"), "currency"),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (f"2017-{month:02}", name, 310_000 - 40_000 * i + 9_000 * ((month * (i + 3)) % 7))
        for month in (range(1, 13) if kind == "line" else [1])
        for i, name in enumerate(DEPARTMENTS[: 2 if series else 4])
        if series or kind == "bar" or not i
    )
    chart = Chart(cast(Any, kind), "e1", "month" if kind == "line" else "department", ("revenue",), series)
    evidence = Evidence("e1", "query_metrics", {}, Text(en="T", zh="T"), columns, rows, chart=chart)
    drawn = charts.vega(evidence, Cells(schema, language))
    assert drawn is not None
    return drawn


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("kind", "series"), [("bar", None), ("line", None), ("line", "department")])
def test_a_chart_becomes_a_picture(schema: StoreSchema, kind: str, series: str | None, language: Language) -> None:
    chart = spec(schema, kind, language, series)
    picture = pictures.png(chart, "每月销售额" if language == "zh" else "Revenue by month")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    assert width >= pictures.WIDTH * pictures.SCALE
    assert height > 200
    text = pictures.svg(chart).decode()
    assert ("销售额" if language == "zh" else "Revenue") in text or series
    assert 'fill="white"' in text
    assert chart["background"] == "transparent", "the specification itself is left as it is"


def test_nothing_is_fetched(schema: StoreSchema) -> None:
    away = {**spec(schema, "bar", "en"), "data": {"url": "http://127.0.0.1:9/x.json"}}
    with pytest.raises(InternalError, match="could not be drawn"):
        pictures.svg(away)
    with pytest.raises(InternalError):
        pictures.png({"mark": "no such mark", "data": 3})


def test_many_points_are_drawn_as_a_line_only(schema: StoreSchema) -> None:
    few = spec(schema, "line", "en")
    days = [{**few["data"]["values"][0], "key": f"2017-{n:03}"} for n in range(pictures.MARKED + 1)]
    many = {**few, "data": {"values": days}}
    marked, bare = pictures.svg(few).decode(), pictures.svg(many).decode()
    assert marked.count("role-mark") > bare.count("role-mark")
    assert len(many["layer"]) == 2, "the specification itself is left as it is"
