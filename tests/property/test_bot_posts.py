"""Whatever an answer holds, each message stays within its service's limits, and mentions and links nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.delivery.slack import MOST_BLOCKS, MOST_TEXT
from agent.interfaces.bots import dingtalk_markdown, feishu_cards, slack_blocks
from agent.interfaces.bots.shape import Button, Offer, Post, Table

WORDS = st.sampled_from(
    ["<!channel>", "<at id=all></at>", "@all", "[x](http://e.example)", "![x](http://e.example/y.png)"]
)
TEXT = st.one_of(WORDS, st.text(max_size=80), st.text("字<&`*_[]|#\n", max_size=5_000))
LINE = st.one_of(WORDS, st.text(min_size=1, max_size=300).filter(str.strip))


@st.composite
def tables(draw: Any) -> Table:
    """A table of any size, with cells of any text."""
    width, height = draw(st.integers(1, 30)), draw(st.integers(0, 60))
    cells = draw(st.lists(st.one_of(st.just(""), LINE), min_size=width, max_size=width))
    flags = draw(st.lists(st.booleans(), min_size=width, max_size=width))
    return Table(
        draw(LINE), draw(st.booleans()), tuple(cells), tuple(flags), (tuple(cells),) * height, draw(st.booleans())
    )


ASKS = st.builds(Button, st.just("ask"), LINE, st.text(min_size=1, max_size=3_000))
OFFERS = st.builds(
    Offer, LINE, st.just(Button("yes", "Yes", "p-1f66452acf")), st.just(Button("no", "No", "p-1f66452acf"))
)
POSTS = st.builds(
    Post,
    st.sampled_from(["en", "zh"]),
    TEXT,
    note=LINE,
    tables=st.lists(tables(), max_size=4).map(tuple),
    choices=st.lists(ASKS, max_size=12).map(tuple),
    suggestions=st.lists(ASKS, max_size=5).map(tuple),
    offers=st.lists(OFFERS, max_size=1).map(tuple),
    footer=LINE,
)


@settings(max_examples=60, deadline=None)
@given(POSTS, st.booleans())
def test_slack(post: Post, native: bool) -> None:
    blocks = slack_blocks.blocks(post, native=native)
    assert len(blocks) <= MOST_BLOCKS
    for block in blocks:
        texts = [block["text"]] if block["type"] == "section" else block.get("elements", [])
        for text in (t for t in texts if t.get("type") == "mrkdwn"):
            assert 0 < len(text["text"]) <= MOST_TEXT
            assert "<" not in text["text"]
            assert text["verbatim"] is True
        if block["type"] == "actions":
            assert 1 <= len(block["elements"]) <= slack_blocks.BUTTONS
            assert all(1 <= len(b["text"]["text"]) <= 75 and len(b["value"]) <= 2_000 for b in block["elements"])
            assert len({b["action_id"] for b in block["elements"]}) == len(block["elements"])
        if block["type"] == "table":
            assert 1 <= len(block["rows"]) <= 100
            assert all(1 <= len(row) <= 20 and all(cell["text"] for cell in row) for row in block["rows"])
            assert sum(len(cell["text"]) for row in block["rows"] for cell in row) <= slack_blocks.CELLS
    assert sum(block["type"] == "table" for block in blocks) <= 1
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(ids) == len(set(ids))


@settings(max_examples=60, deadline=None)
@given(POSTS)
def test_feishu(post: Post) -> None:
    card = feishu_cards.card(post, {"conversation": "c", "private": False})
    assert len(json.dumps(card, ensure_ascii=False).encode()) <= 30_000
    for element in card["elements"]:
        if element["tag"] == "markdown":
            assert not set("<>[`") & set(element["content"])
            assert "://" not in element["content"]
        if element["tag"] == "action":
            assert element["actions"]


@settings(max_examples=60, deadline=None)
@given(POSTS)
def test_dingtalk(post: Post) -> None:
    body = dingtalk_markdown.markdown(post, (), "user1")
    text = body["markdown"]["text"]
    assert len(text.encode()) <= 20_000
    assert not set("<[`") & set(text)
    assert "://" not in text
    assert body["at"] == {"atUserIds": ["user1"], "isAtAll": False}
