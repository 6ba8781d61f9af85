"""Find out who is served and what may be offered, and ask the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from db.errors import AnalysisError, UnknownEntity
from db.frames import read
from db.semantic.query import Filter
from models.recommender.baskets import prices
from models.recommender.catalogue import matching, of_products
from models.recommender.group import offers
from models.recommender.interactions import Flags, Ints
from models.recommender.serve import Served, for_store
from models.recommender.shop import Want
from tools.recommend_group import group_result
from tools.recommend_list import Scope, list_result
from tools.recommend_pairs import pairs_result
from tools.registry import ToolContext, ToolResult

if TYPE_CHECKING:
    from tools.recommend_products import RecommendArguments

_NAMED = 20  # ids that a person may have typed: each must be known; longer lists come from an earlier step


def recommend(arguments: RecommendArguments, context: ToolContext) -> ToolResult:
    """See :func:`tools.recommend_products.run`."""
    products, people = of_products(context.store, arguments.filters)
    if arguments.products or (arguments.goal == "with_product" and products):
        return pairs_result(arguments, products, people, context)
    if arguments.goal == "with_product":
        raise AnalysisError("It is not said which product the others are to go with.", "Name a product or a category.")
    served = for_store(context.store, context.today, context.row_filters, context.models, context.progress)
    named = arguments.customers
    asked = _described(people, context) if people and not named else named
    want: Want = arguments.goal  # with_product is dealt with above
    scope = Scope(served, arguments, context, _costs(arguments, context))
    allowed = _allowed(scope, products)
    if not asked and want in ("for_customer", "new", "popular"):
        return list_result(scope, None, served.shop.recommend(None, arguments.limit, "popular", allowed))
    if len(named) == 1 and want != "popular":
        place = _one(served, named[0])
        profile = None if place is not None else served.data.codes(named)[0]
        found = served.shop.recommend(place, arguments.limit, want, allowed, arguments.not_bought_days, profile)
        return list_result(scope, named[0], found)
    places = _places(served, asked) if asked else np.arange(served.shop.visits.shape[0])
    group: Want = "for_customer" if want == "popular" else want
    found_offers = offers(served.shop, places, arguments.limit, group, allowed, arguments.not_bought_days)
    return group_result(scope, places, found_offers)


def _costs(arguments: RecommendArguments, context: ToolContext) -> dict[str, float]:
    """Prices by product id; read only where they matter."""
    if arguments.budget is None:
        return {}
    return prices(context.store, context.today, context.row_filters, context.query_seconds)


def _allowed(scope: Scope, filters: Sequence[Filter]) -> Flags | None:
    """Which products may be offered: the filters', within the price."""
    context, products = scope.context, scope.served.shop.visits.products
    ids = matching(context.store, filters, context.query_seconds)
    keep = None if ids is None else np.isin(products, np.array(sorted(ids), dtype=str))
    if scope.arguments.budget is None:
        return keep
    limit = float(scope.arguments.budget)
    cheap = np.array([scope.costs.get(str(product), np.inf) <= limit for product in products])
    return cheap if keep is None else keep & cheap


def _one(served: Served, identifier: str) -> int | None:
    """The place of a customer; None for one who is known but bought nothing yet."""
    place = served.data.visits.customer(identifier)
    if place is None and identifier not in served.data.profiles.index:
        raise UnknownEntity(f"The store has no customer {identifier}.", "Check the number.")
    return place


def _places(served: Served, identifiers: Sequence[str]) -> Ints:
    """The places of those who bought something."""
    if len(identifiers) <= _NAMED:
        found = [_one(served, identifier) for identifier in identifiers]
    else:
        found = [served.data.visits.customer(identifier) for identifier in identifiers]
    places = sorted({place for place in found if place is not None})
    if not places:
        raise AnalysisError("None of these customers has bought anything yet.", "Ask what is popular instead.")
    return np.array(places, np.int64)


def _described(filters: Sequence[Filter], context: ToolContext) -> tuple[str, ...]:
    """Ids of the customers whom filters describe ("with kids"); filters on purchases choose who made such ones."""
    role = "customers" if _customers_have(filters, context) else "sales"
    everyone = (*filters, *context.row_filters)
    rows = read(context.store, role, ("customer",), filters=everyone, timeout=context.query_seconds)
    found = tuple(sorted(set(rows["customer"].dropna().astype(str))))
    if not found:
        raise AnalysisError("No customer fits that description.", "Describe them more widely.")
    return found


def _customers_have(filters: Sequence[Filter], context: ToolContext) -> bool:
    declared = context.store.schema.roles.get("customers")
    tables = {column.split(".")[0] for f in filters for column in context.store.schema.dimension(f.dimension).columns}
    return declared is not None and tables == {declared.table} and not context.row_filters
