"""From the arguments to the chosen customers: what is offered, who may get it, who is likely to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from db import frames
from db.errors import AnalysisError, Cancelled, UnknownEntity
from db.semantic.query import Filter
from models.audience.data import Campaign, Ledger, read_ledger
from models.audience.features import offer_of
from models.audience.score import WINDOW, Reader, Scores, score_coupon, score_product, usual_offer
from models.audience.value import Holdout, Terms, choose, coupon_cost, extra_per_response, holdout, spend
from tools.audience_money import CONTACT_COST, MARGIN
from tools.registry import ToolContext

if TYPE_CHECKING:
    from db.semantic.schema import StoreSchema
    from tools.find_audience import AudienceArguments

Ints = npt.NDArray[np.int64]
COUPON_ROLES = ("campaigns", "mailings", "coupons", "redemptions")
FEWEST = 20  # contacts proposed where none pays back, so that there is something to try


@dataclass(frozen=True, slots=True)
class Audience:
    """Who was chosen and why.

    Attributes:
        goal: ``coupon`` or ``product``. campaign: the one asked for. like: the past one that a new coupon follows.
        products: how many products are offered. candidates, contacted, held: indices into the ledger's customers,
            the last two likeliest first. mailed_already: left out, because the running campaign has reached them.
        pays: whether the contacts pay back by the terms. named: whether products were named, by id or condition.
    """

    goal: str
    ledger: Ledger
    scores: Scores
    terms: Terms
    holdout: Holdout
    campaign: Campaign | None
    like: Campaign | None
    products: int
    candidates: Ints
    contacted: Ints
    held: Ints
    mailed_already: int
    redeemers: int
    pays: bool
    named: bool


def choose_audience(arguments: AudienceArguments, context: ToolContext) -> Audience:
    """Whom to contact, whom to hold out, and the scores of all.

    Raises:
        UnknownEntity, RoleMissing, AnalysisError, PermissionRefused: as the tool.
    """
    store, today, filters = context.store, context.today, context.row_filters
    product_filters, people_filters = _sorted_filters(store.schema, arguments.filters)
    named = bool(arguments.products or product_filters)
    goal = ("product" if named and not arguments.campaign else "coupon") if arguments.goal == "auto" else arguments.goal
    if goal == "coupon" or arguments.campaign:
        for role in COUPON_ROLES:
            frames.role_of(store, role)
    ledger = read_ledger(store, today, filters, context.query_seconds)
    if not ledger.customers:
        raise AnalysisError(f"Nobody had bought anything before {today}.")
    reader = Reader(store, ledger, filters, context.query_seconds)
    campaign = _campaign(ledger, arguments.campaign)
    products, count = _products(arguments, product_filters, context) if named else (None, 0)
    candidates, reached = _candidates(reader, arguments, people_filters, campaign, today)
    scores, like, offered = _scored(reader, goal, campaign, products, count, context)
    extra, redeemers = extra_per_response(ledger, today) if goal == "coupon" else (scores.extra, 0)
    coupon = coupon_cost(ledger, today) if goal == "coupon" else 0.0
    terms = Terms(float(CONTACT_COST), float(MARGIN), extra, coupon)
    chosen, pays = _chosen(arguments, scores, candidates, terms)
    held, contacted, proposed = _held_out(ledger, scores, terms, candidates, chosen, today)
    return Audience(
        goal=goal,
        ledger=ledger,
        scores=scores,
        terms=terms,
        holdout=proposed,
        campaign=campaign,
        like=like,
        products=offered,
        candidates=candidates,
        contacted=contacted,
        held=held,
        mailed_already=reached,
        redeemers=redeemers,
        pays=pays,
        named=named,
    )


def _chosen(arguments: AudienceArguments, scores: Scores, candidates: Ints, terms: Terms) -> tuple[Ints, bool]:
    """Whom to contact, and whether they pay back; a few even where nobody does."""
    budget = float(arguments.budget) if arguments.budget is not None else None
    chosen = choose(scores.probability, candidates, terms, arguments.limit, budget)
    pays = len(chosen) > 0 and float(terms.profit(scores.probability[chosen]).sum()) > 0
    if not len(chosen):
        chosen = choose(scores.probability, candidates, terms, min(FEWEST, len(candidates)), budget)
    if not len(chosen):
        raise AnalysisError(
            f"The budget does not pay for one contact: each costs {CONTACT_COST} and the coupons that are used."
        )
    return chosen, pays


def _sorted_filters(schema: StoreSchema, filters: tuple[Filter, ...]) -> tuple[tuple[Filter, ...], tuple[Filter, ...]]:
    """Filters of products, which say what is offered, and the others, which say to whom."""
    table = schema.roles["products"].table
    reach = {table, *schema.paths(table)}
    of_products = tuple(
        f for f in filters if any(c.split(".")[0] in reach for c in schema.dimension(f.dimension).columns)
    )
    return of_products, tuple(f for f in filters if f not in of_products)


def _campaign(ledger: Ledger, asked: str | None) -> Campaign | None:
    if asked is None:
        return None
    found = next((c for c in ledger.campaigns if c.id == asked.strip()), None)
    if found is None:
        last = f" The latest is {ledger.campaigns[-1].id}." if ledger.campaigns else ""
        raise UnknownEntity(f"There is no campaign '{asked}'.{last}")
    return found


def _products(
    arguments: AudienceArguments, filters: tuple[Filter, ...], context: ToolContext
) -> tuple[sa.Select[Any], int]:
    """The products offered, as a SELECT of ids, and their number."""
    rows = frames.source(context.store, "products", ("product",), filters=(*filters, *context.row_filters))
    select = sa.select(rows.c["product"])
    if arguments.products:
        select = select.where(sa.cast(rows.c["product"], sa.String).in_(sorted(set(arguments.products))))
    ids = {str(i) for i in frames.frame(context.store, select, context.query_seconds)["product"]}
    unknown = sorted(set(arguments.products) - ids)
    if unknown and not filters:
        raise UnknownEntity(f"There is no product '{unknown[0]}'.")
    if not ids:
        raise AnalysisError("No product meets these conditions, so there is nothing to offer.")
    return select, len(ids)


def _scored(
    reader: Reader,
    goal: str,
    campaign: Campaign | None,
    products: sa.Select[Any] | None,
    count: int,
    context: ToolContext,
) -> tuple[Scores, Campaign | None, int]:
    """Scores, the past campaign that a coupon without one is modelled on, and how many products are offered."""
    today = context.today

    def watch(done: float) -> None:
        if context.cancel is not None and context.cancel.is_set():
            raise Cancelled("Stopped.")
        context.progress("audience", done)

    if goal == "product":
        if products is None and campaign is not None:
            products, count = reader.coupons(campaign.id), campaign.products
        if products is None:
            raise AnalysisError("Say which product or campaign the audience is for.")
        return score_product(reader, products, today, watch), None, count
    if campaign is not None:
        offer, like = offer_of(campaign, today), None
        products = reader.coupons(campaign.id) if products is None else products
        count = count or campaign.products
    else:
        offer, like = usual_offer(reader.ledger, today, count or None)
        products = reader.coupons(like.id) if products is None else products
        count = count or like.products
    return score_coupon(reader, offer, products, 0.0, watch), like, count


def _candidates(
    reader: Reader,
    arguments: AudienceArguments,
    filters: tuple[Filter, ...],
    campaign: Campaign | None,
    today: date,
) -> tuple[Ints, int]:
    """Who may be contacted, and how many were left out because a running campaign has reached them."""
    ledger = reader.ledger
    index = {c: i for i, c in enumerate(ledger.customers)}
    allowed = np.ones(len(index), dtype=bool)
    if arguments.customers:
        unknown = next((c for c in arguments.customers if c not in index), None)
        if unknown is not None:
            raise UnknownEntity(f"There is no customer '{unknown}' who had bought before {today}.")
        allowed = _mask(len(index), [index[c] for c in arguments.customers])
    for filter_ in filters:
        allowed &= _mask(len(index), [index[c] for c in _meeting(reader, filter_, today) if c in index])
    running = campaign is not None and campaign.start < today <= campaign.end
    already = ledger.mailed.get(campaign.id, np.zeros(0, dtype=np.int64)) if campaign and running else np.zeros(0, int)
    reached = int(allowed[already].sum())
    allowed[already] = False
    if not allowed.any():
        raise AnalysisError("Nobody is left to contact under these conditions.")
    return np.flatnonzero(allowed), reached


def _meeting(reader: Reader, filter_: Filter, today: date) -> set[str]:
    """Customers who meet a condition: on themselves where it is about people, else by what they bought."""
    store, schema = reader.store, reader.store.schema
    people = schema.roles["customers"].table if "customers" in schema.roles else None
    of_people = people is not None and any(
        c.split(".")[0] == people for c in schema.dimension(filter_.dimension).columns
    )
    rows = frames.source(store, "customers" if of_people else "sales", ("customer",),
                         filters=(filter_, *reader.filters))  # fmt: skip
    found = frames.frame(store, sa.select(rows.c.customer).distinct(), reader.timeout)
    return {str(c) for c in found["customer"]}


def _mask(count: int, chosen: list[int]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(count, dtype=bool)
    mask[np.array(chosen, dtype=np.int64)] = True
    return mask


def _held_out(
    ledger: Ledger, scores: Scores, terms: Terms, candidates: Ints, chosen: Ints, today: date
) -> tuple[Ints, Ints, Holdout]:
    """The held-out group, drawn at random from the next likeliest and those chosen together, and the contacts.

    As many are contacted as were chosen, where candidates suffice; else the chosen are shared between both groups.
    """
    end = today.toordinal()
    order = candidates[np.argsort(-scores.probability[candidates], kind="stable")]
    before = spend(ledger, end - WINDOW, end)
    expected = float(scores.probability[chosen].mean()) * terms.extra
    proposed = holdout(len(chosen), expected, float(before[chosen].std()))
    pool = order[: len(chosen) + proposed.size]
    size = min(proposed.size, len(pool) // 2)
    drawn = np.random.default_rng(0).permutation(len(pool))[:size]
    held = np.zeros(len(pool), dtype=bool)
    held[drawn] = True
    return pool[held], pool[~held], proposed


def response_days(audience: Audience) -> int:
    """Days in which an answer counts."""
    campaign = audience.campaign or audience.like
    if audience.goal == "product" or campaign is None:
        return WINDOW
    return max((campaign.end - campaign.start) // timedelta(days=1), 1)
