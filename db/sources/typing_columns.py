"""The type of an uploaded column, from all of its values: whole numbers, money, dates, or text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import duckdb

from db.drafting.names import normal
from db.drafting.personal import personal_name
from db.drafting.sheets import MEASURES, TIMES
from db.drafting.vocabulary import concepts
from db.semantic.columns import quoted
from db.semantic.render import literal
from db.semantic.schema import Text

SAMPLE = 500  # values that say which formats are worth trying on all of them
MOST = 0.95  # of the values of a column whose name says what it holds: the rest are mistakes, and told
NOTHING = ("", "null", "none", "n/a", "na", "nan", "#n/a", "-", "--", "\\n")
ZONE = r"\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$"
_DATES = (
    *"%Y-%m-%d %Y/%m/%d %Y.%m.%d %Y年%m月%d日 %m/%d/%Y %d/%m/%Y %d.%m.%Y %m-%d-%Y %d-%m-%Y %m/%d/%y %d/%m/%y".split(),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
)
_TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S.%f", "T%H:%M", " %I:%M:%S %p", " %I:%M %p")
_PARTS = {
    **dict.fromkeys(("%m", "%d", "%H", "%I"), r"\d\d?"),
    **dict.fromkeys(("%y", "%M", "%S"), r"\d\d"),
    "%Y": r"\d{4}",
    "%f": r"\d{1,9}",
    "%p": "[AaPp][Mm]",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]+",
}
_SIGNS = r"[\s$€£¥￥元''’]|USD|CNY|RMB|EUR|GBP"
_MONEY = r"\(?-?\d{1,15}(\.\d+)?\)?"


@dataclass(frozen=True, slots=True)
class Typed:
    """A column as it goes into the table: ``expr`` over the raw text, and what is to be asked about it."""

    expr: str
    ask: Text | None = None


class BadValue(Exception):
    """A value that is not what its column holds, by its line of the file; itself it is not told: it may be personal."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


def typed(connection: duckdb.DuckDBPyConnection, table: str, column: str, name: str) -> Typed:
    """The type of a raw column.

    Args:
        table, column: where its texts are, with the file's lines in ``line_``.
        name: the header's word for it.

    Raises:
        BadValue: nearly all of its values are dates or numbers, as its name says they should be, and one is not.
    """
    raw = f"nullif(trim({quoted(column)}), '')"
    value = f"CASE WHEN lower({raw}) IN ({', '.join(map(literal, NOTHING))}) THEN NULL ELSE {raw} END"
    source = f"(SELECT line_, {value} AS v FROM {quoted(table)}) AS t"
    sample = [
        str(row[0])
        for row in connection.execute(f"SELECT v FROM {source} WHERE v IS NOT NULL LIMIT {SAMPLE}").fetchall()
    ]
    if not sample or personal_name(name):
        return Typed(value)
    count = _one(connection, f"SELECT count(v) FROM {source}")
    return (
        _dated(connection, source, value, sample, count, name)
        or _numbered(connection, source, value, sample, count, name)
        or Typed(value)
    )


def _dated(
    connection: duckdb.DuckDBPyConnection, source: str, value: str, sample: Sequence[str], count: int, name: str
) -> Typed | None:
    bare = f"regexp_replace(v, {literal(ZONE)}, '')"
    texts = [re.sub(ZONE, "", text) for text in sample]
    formats = [f"{day}{time}" for day, time in product(_DATES, _TIMES)]
    if _says(name, TIMES):
        formats += ["%Y%m%d", "%Y%m%d%H%M%S"]
    tried = [form for form in formats if _shaped(form, texts)]
    found = {
        form: _one(connection, f"SELECT count(try_strptime({bare}, {literal(form)})) FROM {source}") for form in tried
    }
    if not found:
        return None
    best = max(found.values())
    good = [form for form in tried if found[form] == best]
    if best < count:
        if best >= MOST * count and _says(name, TIMES):
            parsed = f"try_strptime({bare}, {literal(good[0])})"
            line = f"SELECT min(line_) FROM {source} WHERE v IS NOT NULL AND {parsed} IS NULL"
            raise BadValue(_one(connection, line), "a date as the others are")
        return None
    expr = f"try_strptime({bare.replace('v,', f'{value},', 1)}, {literal(good[0])})"
    clock = any(mark in good[0] for mark in ("%H", "%I"))
    ask = None
    if len(good) > 1 and {good[0][:2], good[1][:2]} == {"%m", "%d"}:
        ask = Text(
            en=f"'{name}': are days or months first (03/04)? Months were taken.",
            zh=f"“{name}”：03/04 是日在前还是月在前？目前按月在前读取。",
        )
    return Typed(expr if clock else f"CAST({expr} AS DATE)", ask)


def _shaped(form: str, texts: Sequence[str]) -> bool:
    """Whether most of the texts could be written in a format; cheap, so that few are tried on the whole column."""
    pattern = re.escape(form)
    for part, meant in _PARTS.items():
        pattern = pattern.replace(re.escape(part), meant)
    return sum(1 for text in texts if re.fullmatch(pattern, text)) > len(texts) / 2


def _numbered(
    connection: duckdb.DuckDBPyConnection, source: str, value: str, sample: Sequence[str], count: int, name: str
) -> Typed | None:
    swapped = _comma_decimals(sample)
    bare = _bare("v", swapped)
    plain = f"regexp_full_match({bare}, {literal(_MONEY)})"
    zeros = "regexp_full_match(v, '0\\d+')"
    good, leading, places = connection.execute(
        f"SELECT count(CASE WHEN {plain} THEN 1 END), count(CASE WHEN {zeros} THEN 1 END), "
        f"max(length(regexp_extract({bare}, '\\.(\\d+)', 1))) FROM {source}"
    ).fetchone() or (0, 0, 0)
    if leading or good < count:
        if not leading and good >= MOST * count and _says(name, MEASURES):
            line = f"SELECT min(line_) FROM {source} WHERE v IS NOT NULL AND NOT {plain}"
            raise BadValue(_one(connection, line), "a number as the others are")
        return None
    text = f"replace(replace({_bare(value, swapped)}, '(', '-'), ')', '')"
    kind = "BIGINT" if not places else f"DECIMAL(18, {min(int(places), 4)})"
    return Typed(f"try_cast({text} AS {kind})")


def _bare(value: str, swapped: bool) -> str:
    signs = f"regexp_replace({value}, {literal(_SIGNS)}, '', 'g')"
    return f"replace(replace({signs}, '.', ''), ',', '.')" if swapped else f"replace({signs}, ',', '')"


def _comma_decimals(sample: Sequence[str]) -> bool:
    """Whether 1.234,56 is meant."""
    commas = sum(1 for text in sample if re.search(r"\d,\d{1,2}\D*$", text))
    dots = sum(1 for text in sample if re.search(r"\d\.\d{1,2}\D*$", text))
    return commas > len(sample) / 2 and not dots


def _says(name: str, wanted: Sequence[str]) -> bool:
    bare = normal(name).replace("_", "")
    return any(bare == word.replace("_", "") for concept in wanted for word in concepts()[concept])


def _one(connection: duckdb.DuckDBPyConnection, text: str) -> int:
    row = connection.execute(text).fetchone()
    return int(row[0] or 0) if row else 0
