"""Values written into SQL come back as they were, whatever they hold."""

from __future__ import annotations

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from db.semantic.render import inline

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT)
def test_text_survives_inlining(left: str, right: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(inline("SELECT ?, '?', ?", (left, right))).fetchone() == (left, "?", right)
