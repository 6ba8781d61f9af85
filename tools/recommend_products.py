"""What to offer: to one customer, to a group, beside a product, or to anybody; with a reason for each."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from db.semantic.query import Filter
from tools.arguments import Arguments, Ids
from tools.recommend_words import ASKS, CHOICES, HINTS
from tools.registry import Tool, ToolContext, ToolResult

NAME = "recommend_products"
Goal = Literal["for_customer", "reorder", "new", "with_product", "popular"]


class RecommendArguments(Arguments):
    """Who is to be offered something, and what.

    Attributes:
        goal: for_customer (what they buy again, then a few that are new to them), reorder (only what they buy again),
            new (only what they never bought), with_product (bought together with a product), popular.
        customers: ids; several are served as one group. Without any, everybody, or those whom ``filters`` describe.
        products: ids of the products that the others are to go with.
        filters: on products (department, category, type, brand) what may be offered; on customers (age, kids…) whom
            to serve; with goal with_product and no ``products``, the products that the others are to go with.
        limit: products in the list; for_customer adds a third as many new ones.
        not_bought_days: only what the customer did not buy for so many days.
        budget: highest price of one piece, in the store's currency.
    """

    goal: Goal = "for_customer"
    customers: Ids = ()
    products: Ids = ()
    filters: tuple[Filter, ...] = ()
    limit: int = Field(default=10, ge=1, le=50)
    not_bought_days: int | None = Field(default=None, ge=0, le=3650)
    budget: Decimal | None = Field(default=None, gt=0)


def run(arguments: RecommendArguments, context: ToolContext) -> ToolResult:
    """Recommend.

    Raises:
        UnknownEntity: a customer or product that the store never had. AnalysisError: nothing to learn from, or nothing
        left to offer. ArtifactMissing, ArtifactStale, ArtifactDamaged: the trained model cannot be used.
    """
    from tools.recommend_run import recommend

    return recommend(arguments, context)


TOOL = Tool(
    name=NAME,
    when="which products to recommend or offer: to a customer, to a group of customers, or together with a product",
    arguments=RecommendArguments,
    run=run,
    asks=ASKS,
    hints=HINTS,
    choices=CHOICES,
    needs=("sales", "products"),
    gives=("product", "customer"),
)
