"""Whom to target with a campaign, coupon or product: who, how many, what it brings and costs, whom to hold out."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from db.semantic.query import Filter
from tools.arguments import Arguments, Ids
from tools.audience_words import ASKS, CHOICES, HINTS
from tools.registry import Tool, ToolContext, ToolResult

NAME = "find_audience"
Goal = Literal["auto", "coupon", "product"]


class AudienceArguments(Arguments):
    """Whom to find an audience for.

    Attributes:
        campaign: the campaign whose coupons are to be sent; one that has ended is repeated today.
        products: ids of products to offer. filters: of products (department, category…) or of customers (age, store…).
        customers: only these. limit: how many to contact; without it all who pay back.
        budget: for contacts and the coupons that are used, in the store's currency.
        goal: ``coupon``: who redeems; ``product``: who buys within 28 days. ``auto``: product where products are named
            without a campaign, else coupon.
    """

    campaign: str | None = None
    products: Ids = ()
    filters: tuple[Filter, ...] = ()
    customers: Ids = ()
    limit: int | None = Field(default=None, ge=1, le=1_000_000)
    budget: Decimal | None = Field(default=None, gt=0)
    goal: Goal = "auto"


def run(arguments: AudienceArguments, context: ToolContext) -> ToolResult:
    """Score all customers, choose whom to contact, and say what to expect.

    Raises:
        UnknownEntity: no such campaign, product or customer. RoleMissing: the store lacks mailings or redemptions.
        AnalysisError: too few past responses, or nobody left to contact. PermissionRefused: a filter out of reach.
    """
    from tools.audience_choice import choose_audience
    from tools.audience_facts import result

    return result(choose_audience(arguments, context), arguments, context)


TOOL = Tool(
    name=NAME,
    when="whom to target with a campaign, coupon or product; expected response, cost, profit, holdout",
    arguments=AudienceArguments,
    run=run,
    asks=ASKS,
    hints=HINTS,
    choices=CHOICES,
    gives=("customer",),
    needs=("sales", "products"),
)
