"""Bounds on what customers are, as the bands that lie within them."""

from __future__ import annotations

import pytest

from agent.stores import store_yaml
from agent.understand.bands import band_of, find_bands
from agent.understand.lexicon import Lexicon
from agent.understand.repairs import completed
from agent.understand.text import normalise
from db.semantic.load import load_store_schema

SCHEMA = load_store_schema(store_yaml("journey"))
LEXICON = Lexicon(SCHEMA, lambda dimension: SCHEMA.dimensions[dimension].ordered)


def bands(text: str) -> dict[str, list[object]]:
    plain = normalise(text)
    found = find_bands(plain, LEXICON, bytearray(len(plain)))
    return {m.terms[0].name: [t.value for t in m.terms] for m in found}


@pytest.mark.parametrize(
    ("text", "dimension", "first", "last"),
    [
        ("under 35s: spend in november", "age", "19-24", "25-34"),
        ("what do the over-65s buy", "age", "65+", "65+"),
        ("people over 50 in december", "age", "55-64", "65+"),
        ("customers 45 and over: orders", "age", "45-54", "65+"),
        ("shoppers younger than 35", "age", "19-24", "25-34"),
        ("aged between 25 and 44", "age", "25-34", "35-44"),
        ("25 to 54 year olds, average basket", "age", "25-34", "45-54"),
        ("34 or younger", "age", "19-24", "25-34"),
        ("三十五岁以下的顾客", "age", "19-24", "25-34"),
        ("不到45岁的人花了多少", "age", "19-24", "35-44"),
        ("25到44岁的客单价", "age", "25-34", "35-44"),
        ("income over 100k", "income", "100-124K", "250K+"),
        ("households earning less than $50,000", "income", "Under 15K", "35-49K"),
        ("incomes between 50k and 99k", "income", "50-74K", "75-99K"),
        ("收入10万以上的家庭", "income", "100-124K", "250K+"),
        ("年收入5万到10万的家庭", "income", "50-74K", "75-99K"),
        ("families of four or more", "household_size", "4", "5+"),
        ("households with more than 3 people", "household_size", "4", "5+"),
        ("三口以上的家庭", "household_size", "3", "5+"),
        ("at least two children", "kids", "2", "3+"),
        ("more than one kid", "kids", "2", "3+"),
        ("no more than 2 kids", "kids", "0", "2"),
        ("fewer than three children", "kids", "0", "2"),
        ("up to 34 years old", "age", "19-24", "25-34"),
        ("两个以上孩子的家庭", "kids", "2", "3+"),
    ],
)
def test_a_bound_stands_for_the_bands_within(text: str, dimension: str, first: str, last: str) -> None:
    every = [*SCHEMA.dimensions[dimension].ordered]
    assert bands(text) == {dimension: every[every.index(first) : every.index(last) + 1]}


@pytest.mark.parametrize(
    "text",
    [
        "stores with more than 200 orders",
        "customers over 50 dollars in december",
        "customers over 50 orders",
        "tickets older than 30 days",
        "which customers spent more than 500",
        "orders between 5 and 8 in the evening",
        "making 20 people happy",
        "销售额超过10万的店",
        "超过3人下单的日子",
        "households",
    ],
)
def test_other_bounds_are_left_alone(text: str) -> None:
    assert bands(text) == {}


def test_a_member_that_is_no_band() -> None:
    assert band_of("Homeowner") is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("families with kids vs those without, in may", "families with kids vs those without kids, in may"),
        ("orders with a coupon or without?", "orders with a coupon or without a coupon?"),
        ("with kids, and without delay", "with kids, and without delay"),
        ("orders without a coupon", "orders without a coupon"),
    ],
)
def test_a_noun_that_is_left_out_is_put_back(text: str, whole: str) -> None:
    assert completed(text) == whole


def test_groups_name_members_that_are_there() -> None:
    for dimension in SCHEMA.dimensions.values():
        for group in dimension.groups:
            assert {*group.members} <= {*dimension.members}, dimension.name
