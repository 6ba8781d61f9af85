"""Who would respond to an offer: models fitted on past campaigns or past purchases, applied to customers today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from db.errors import AnalysisError
from db.semantic.query import Filter
from models.audience.data import Array, Bought, Campaign, Ledger, bought, coupon_products
from models.audience.features import Offer, build, names, offer_of
from models.audience.model import Block, Propensity, fit

if TYPE_CHECKING:
    from db.engine import Store

WINDOW = 28  # days in which a purchase counts as the response to a product
WINDOWS = 4  # past windows that teach who buys a product
Watch = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a store on behalf of an asker: his row filters, and his patience in seconds."""

    store: Store
    ledger: Ledger
    filters: tuple[Filter, ...] = ()
    timeout: float = 20.0

    def bought(self, products: sa.Select[Any], before: date, since: date | None = None) -> Bought:
        """What customers had bought of some products before a day."""
        return bought(self.store, self.ledger, products, before, self.filters, self.timeout, since)

    def coupons(self, campaign: str) -> sa.Select[Any]:
        """The products of a campaign's coupons."""
        return coupon_products(self.store, campaign, self.filters)


@dataclass(frozen=True, slots=True)
class Scores:
    """Every customer of the ledger, scored: probability, features and their contributions, and the model behind."""

    probability: Array
    features: Array
    contributions: Array
    names: tuple[str, ...]
    model: Propensity
    extra: float
    bought: Bought


def campaign_blocks(reader: Reader, until: date, watch: Watch = lambda _done: None) -> list[Block]:
    """Examples of every campaign that had ended before a day: those mailed, as they were on its first day."""
    first = int(reader.ledger.order_day.min()) if len(reader.ledger.order_day) else until.toordinal()
    past = [c for c in reader.ledger.campaigns if _usable(reader.ledger, c, first, until)]
    blocks = []
    for index, campaign in enumerate(past):
        watch(index / len(past))
        blocks.append(campaign_block(reader, campaign))
    return blocks


def campaign_block(reader: Reader, campaign: Campaign) -> Block:
    """Those mailed in a campaign, as they were on its first day, and who redeemed."""
    ledger = reader.ledger
    mailed = ledger.mailed[campaign.id]
    answered = np.zeros(len(ledger.customers))
    answered[ledger.responded(campaign.id)] = 1.0
    known = reader.bought(reader.coupons(campaign.id), campaign.start)
    return Block(build(ledger, offer_of(campaign), known)[mailed], answered[mailed])


def _usable(ledger: Ledger, campaign: Campaign, first: int, until: date) -> bool:
    """Ended, mailed to somebody, and begun after a month of purchases at least."""
    return (
        campaign.end < until
        and campaign.start.toordinal() >= first + 28
        and len(ledger.mailed.get(campaign.id, ())) > 0
    )


def score_coupon(
    reader: Reader, offer: Offer, products: sa.Select[Any], extra: float, watch: Watch = lambda _done: None
) -> Scores:
    """Who would redeem.

    Raises:
        AnalysisError: too few redemptions in campaigns that have ended.
    """
    model = fit(campaign_blocks(reader, offer.day, watch))
    return _scores(reader, model, offer, reader.bought(products, offer.day), extra)


def score_product(reader: Reader, products: sa.Select[Any], today: date, watch: Watch = lambda _done: None) -> Scores:
    """Who would buy one of the products within :data:`WINDOW` days.

    Raises:
        AnalysisError: too few buyers, or too short a history.
    """
    ledger, span = reader.ledger, timedelta(days=WINDOW)
    first = date.fromordinal(int(ledger.order_day.min()))
    starts = [today - span * k for k in range(WINDOWS, 0, -1) if today - span * (k + 1) >= first]
    if not starts:
        raise AnalysisError(f"The history before {today} is too short to learn who buys: {2 * WINDOW} days are needed.")
    blocks, spent, buyers = [], 0.0, 0.0
    for index, start in enumerate(starts):
        watch(index / len(starts))
        before, after = reader.bought(products, start), reader.bought(products, start + span, start)
        offer = Offer(start, WINDOW, "", 0, 0)
        customers = np.unique(ledger.order_who[ledger.order_day < start.toordinal()])
        blocks.append(Block(build(ledger, offer, before)[customers], (after.lines > 0).astype(float)[customers]))
        spent, buyers = spent + float(after.spend.sum()), buyers + float((after.lines > 0).sum())
    offer = Offer(today, WINDOW, "", 0, 0)
    return _scores(reader, fit(blocks), offer, reader.bought(products, today), spent / max(buyers, 1.0))


def _scores(reader: Reader, model: Propensity, offer: Offer, known: Bought, extra: float) -> Scores:
    features = build(reader.ledger, offer, known)
    return Scores(
        model.predict(features), features, model.contributions(features), names(reader.ledger), model, extra, known
    )


def usual_offer(ledger: Ledger, day: date, products: int | None = None) -> tuple[Offer, Campaign]:
    """An offer like those of the past, and the campaign it is modelled on.

    For given products the latest of the most frequent kind of campaign, without them the latest of the kind that
    reaches most customers.

    Raises:
        AnalysisError: no campaign has ended before the day.
    """
    ended = [c for c in ledger.campaigns if c.end < day and len(ledger.mailed.get(c.id, ()))]
    if not ended:
        raise AnalysisError(f"No campaign had ended before {day}, so nothing is known of who responds.")

    def weight(kind: str) -> int:
        same: Sequence[Campaign] = [c for c in ended if c.kind == kind]
        return len(same) if products is not None else sum(len(ledger.mailed[c.id]) for c in same)

    kind = max(sorted({c.kind for c in ended}), key=weight)
    model = max((c for c in ended if c.kind == kind), key=lambda c: (c.start, c.id))
    offer = offer_of(model, day)
    if products is not None:
        offer = Offer(day, offer.days, offer.kind, offer.coupons, products)
    return offer, model
