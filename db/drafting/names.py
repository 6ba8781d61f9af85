"""Names of tables and columns: one normal form to look them up in, and a safe one to write into the YAML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

LONGEST = 40
RESERVED = frozenset(
    """
    all analyse analyze and any array as asc authorization between both by case cast check collate column constraint
    create cross current_date current_time current_timestamp current_user database default deferrable delete desc
    describe distinct do drop else end except exists false fetch following for foreign from full function grant
    group having here if in index initially inner insert intersect interval into is isnull join lateral leading left
    like limit localtime natural not notnull null offset on only or order outer over overlaps partition pivot
    placing preceding primary qualify range references returning right row rows select session_user set show similar
    some summarize symmetric table tablesample then to trailing trigger true union unique unpivot update user using
    values verbose view when where window with
""".split()
)


def normal(name: str) -> str:
    """A name as it is compared: words in lower case with an underscore between, Chinese as it is.

    >>> [normal(n) for n in ("LineItem Quantity", "createdAt", "订单编号 ", "Total_Price-USD")]
    ['line_item_quantity', 'created_at', '订单编号', 'total_price_usd']
    """
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return re.sub(r"[^0-9a-z\u3400-\u9fff]+", "_", text.lower()).strip("_")


def safe(name: str, taken: Container[str] = ()) -> str:
    """A name that SQL, YAML and a reader take as it stands; Chinese in pinyin.

    >>> [safe(n) for n in ("Order", "2024 sales", "配送 方式", '"; DROP TABLE x', "{{")]
    ['order_', 'c_2024_sales', 'pei_song_fang_shi', 'drop_table_x', 'c']
    """
    found = normal(name)
    if not found.isascii():
        from pypinyin import lazy_pinyin

        found = normal("_".join(lazy_pinyin(found)))
    found = re.sub(r"[^0-9a-z_]", "", found)[:LONGEST].strip("_")
    if not found or found[0].isdigit():
        found = f"c_{found}".rstrip("_")
    if found in RESERVED:
        found += "_"
    made, count = found, 2
    while made in taken:
        made, count = f"{found}_{count}", count + 1
    return made


def spoken(name: str) -> str:
    """A name as a label: words of letters, digits and Chinese characters only.

    >>> spoken("<script>Gift_wrap</script> type")
    'Script gift wrap script type'
    """
    words = normal(name).replace("_", " ")[:LONGEST].strip()
    return words[:1].upper() + words[1:]


def words(name: str) -> list[str]:
    """The words of a name, plurals as they are."""
    return normal(name).split("_")
