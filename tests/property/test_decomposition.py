"""Decompositions are exact: whatever the figures, the parts sum to the change."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from models.causes.decomposition import Goods, Part, exact, price_volume_mix, product_parts, rate_and_mix, rounded

money = st.decimals(-10_000, 10_000, places=2)
amounts = st.decimals(0, 10_000, places=2)
units = st.integers(0, 500)


@given(st.lists(st.tuples(money, money), min_size=1, max_size=4))
def test_factors_sum_to_the_change_of_their_product(pairs: list[tuple[Decimal, Decimal]]) -> None:
    before, now = [a for a, _ in pairs], [b for _, b in pairs]
    change = Fraction(1)
    start = Fraction(1)
    for a, b in pairs:
        start, change = start * exact(a), change * exact(b)
    assert sum(product_parts(before, now)) == change - start


@given(st.lists(money, min_size=2, max_size=4), st.data())
def test_a_factor_that_did_not_move_has_no_part(values: list[Decimal], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(values) - 1))
    now = [v if i == index else v + 1 for i, v in enumerate(values)]
    assert product_parts(values, now)[index] == 0


@given(st.lists(st.tuples(amounts, units, amounts, units), max_size=8))
def test_price_volume_and_mix_sum_to_the_change(rows: list[tuple[Decimal, int, Decimal, int]]) -> None:
    found = price_volume_mix([Goods(*row) for row in rows])
    assert found.total == sum((exact(a1) - exact(a0) for a0, _, a1, _ in rows), Fraction(0))


@given(st.lists(st.tuples(amounts, st.integers(1, 500)), min_size=1, max_size=8), st.integers(2, 5))
def test_more_of_everything_at_the_same_price_is_volume(rows: list[tuple[Decimal, int]], times: int) -> None:
    found = price_volume_mix([Goods(a, u, a * times, u * times) for a, u in rows])
    assert (found.price, found.mix, found.other) == (0, 0, 0)


@given(st.lists(st.tuples(amounts, units, amounts, units), min_size=1, max_size=8))
def test_rate_and_mix_sum_to_the_change_of_the_ratio(rows: list[tuple[Decimal, int, Decimal, int]]) -> None:
    under0, under1 = sum(r[1] for r in rows), sum(r[3] for r in rows)
    assume(under0 and under1)
    found = rate_and_mix({i: Part(*row) for i, row in enumerate(rows)})
    before = sum((exact(r[0]) for r in rows), Fraction(0)) / under0
    now = sum((exact(r[2]) for r in rows), Fraction(0)) / under1
    assert sum((rate + mix for rate, mix in found.values()), Fraction(0)) == now - before


@given(st.lists(st.tuples(amounts, st.integers(1, 500)), min_size=1, max_size=8), st.integers(2, 5))
def test_the_same_rates_in_the_same_shares_move_nothing(rows: list[tuple[Decimal, int]], times: int) -> None:
    found = rate_and_mix({i: Part(a, u, a * times, u * times) for i, (a, u) in enumerate(rows)})
    assert all(effects == (0, 0) for effects in found.values())


@given(st.lists(st.fractions(-1000, 1000), min_size=1, max_size=12), st.integers(0, 4))
def test_rounded_parts_sum_to_the_rounded_total(parts: list[Fraction], places: int) -> None:
    found = rounded(parts, places)
    step = Fraction(1, 10**places)
    assert exact(sum(found, Decimal(0))) == round(sum(parts) / step) * step
    assert all(abs(exact(value) - part) <= step for value, part in zip(found, parts, strict=True))
