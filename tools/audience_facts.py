"""Evidence, facts and outputs of an audience. Customers appear under pseudonyms; ids leave in the outputs only."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from db.semantic.query import SemanticQuery
from db.semantic.schema import Text
from models.audience.value import POWER
from tools.audience_choice import Audience, response_days
from tools.audience_reasons import REASONS, values, why
from tools.audience_sentences import GROUPS, AudienceSentences
from tools.evidence import Chart, Column, Evidence, Value
from tools.registry import ToolContext, ToolResult, evidence_id
from tools.wording import Wording

if TYPE_CHECKING:
    from tools.find_audience import AudienceArguments

_METHOD = (
    "logistic regression and boosted trees on customers as they were before each past {what}, averaged, calibrated on "
    "the latest quarter (Platt); holdout drawn at random, sized by a t-test"
)


def result(audience: Audience, arguments: AudienceArguments, context: ToolContext) -> ToolResult:
    """The chosen customers with their reasons, the sums, and both groups' ids for later steps."""
    title = _title(audience, arguments, context)
    people = _people(audience, arguments, context, title)
    sums = _sums(audience, context, people)
    ids = audience.ledger.customers
    return ToolResult(
        people,
        AudienceSentences(audience, people, sums, title, context.store.schema.currency).write(),
        {
            "customer": tuple(ids[i] for i in audience.contacted),
            "holdout": tuple(ids[i] for i in audience.held),
        },
        (sums,),
    )


def _title(audience: Audience, arguments: AudienceArguments, context: ToolContext) -> Text:
    """What is offered, and to whom it is limited: "campaign 18", "a coupon for 1,204 products, department PRODUCE"."""
    schema = context.store.schema
    query = SemanticQuery(metrics=(next(iter(schema.metrics)),), filters=arguments.filters)
    limits = Wording(schema, query, context.store.data_range).conditions()
    count = f"{audience.products:,}"
    if audience.campaign is not None and not arguments.products and audience.goal == "coupon":
        en, zh = f"campaign {audience.campaign.id}", f"活动{audience.campaign.id}"
    elif len(arguments.products) == 1:
        en, zh = f"product {arguments.products[0]}", f"商品{arguments.products[0]}"
    elif audience.like is not None and not audience.named:
        en, zh = f"coupons like those of campaign {audience.like.id}", f"与活动{audience.like.id}相似的优惠券"
    elif audience.goal == "coupon":
        en, zh = f"a coupon for {count} products", f"{count}种商品的优惠券"
    else:
        en, zh = f"{count} products", f"{count}种商品"
    return Text(en=en + limits.en, zh=zh + limits.zh)


def _people(audience: Audience, arguments: AudienceArguments, context: ToolContext, title: Text) -> Evidence:
    scores, terms, currency = audience.scores, audience.terms, context.store.schema.currency
    held = set(audience.held.tolist())
    everyone = np.concatenate([audience.contacted, audience.held])
    order = everyone[np.argsort(-scores.probability[everyone], kind="stable")]
    shown = order[: context.row_cap]
    profit = terms.profit(scores.probability)
    rows = []
    for customer in shown.tolist():
        reasons, _ = why(scores, customer, currency)
        figures = values(scores, customer)
        rows.append((
            context.people.name(audience.ledger.customers[customer]),
            GROUPS[customer in held],
            round(float(scores.probability[customer]), 4),
            money(float(scores.probability[customer]) * terms.extra),
            money(float(profit[customer])),
            *(_figure(figures[r.column], r.unit) for r in REASONS),
            reasons,
        ))  # fmt: skip
    return Evidence(
        id=context.evidence_id,
        tool="find_audience",
        args=_arguments(arguments, context),
        title=Text(en=f"Audience for {title.en}", zh=f"{title.zh}的目标人群"),
        columns=(
            Column("customer", Text(en="Customer", zh="顾客"), "member"),
            Column("group", Text(en="Group", zh="组别"), "text"),
            Column("probability", Text(en="Probability", zh="响应概率"), "ratio"),
            Column("revenue", Text(en="Expected extra revenue", zh="预期增收"), "currency"),
            Column("profit", Text(en="Expected profit", zh="预期利润"), "currency"),
            *(Column(r.column, r.label, r.unit) for r in REASONS),
            Column("why", Text(en="Why", zh="原因"), "text"),
        ),
        rows=tuple(rows),
        method=_METHOD.format(what="campaign" if audience.goal == "coupon" else "four weeks"),
        truncated=len(order) > len(shown),
        chart=Chart("bar", context.evidence_id, "customer", ("probability",)),
    )


def _arguments(arguments: AudienceArguments, context: ToolContext) -> dict[str, object]:
    """The arguments as they may be shown: customers under their pseudonyms, as few as the table has rows."""
    shown = arguments.model_dump(mode="json", exclude_defaults=True)
    if arguments.customers:
        shown["customers"] = [context.people.name(c) for c in arguments.customers[: context.row_cap]]
    return shown


def _sums(audience: Audience, context: ToolContext, people: Evidence) -> Evidence:
    """One row: how many, what they should bring, what it rests on."""
    scores, terms, chosen = audience.scores, audience.terms, audience.contacted
    likely = scores.probability[chosen]
    quality = scores.model.quality
    cells: list[tuple[Column, Value]] = [
        (Column("contacts", Text(en="To contact", zh="触达人数"), "count"), len(chosen)),
        (Column("responses", Text(en="Expected responses", zh="预期响应人数"), "count"), round(float(likely.sum()))),
        (Column("rate", Text(en="Expected response rate", zh="预期响应率"), "ratio"), round(float(likely.mean()), 4)),
        (Column("candidates", Text(en="Candidates", zh="候选人数"), "count"), len(audience.candidates)),
        (Column("base", Text(en="Expected rate of all candidates", zh="全部候选人的预期响应率"), "ratio"),
         round(float(scores.probability[audience.candidates].mean()), 4)),
        (Column("revenue", Text(en="Expected extra revenue", zh="预期增收"), "currency"),
         money(float(likely.sum()) * terms.extra)),
        (Column("cost", Text(en="Expected cost", zh="预期成本"), "currency"), money(float(terms.cost(likely).sum()))),
        (Column("profit", Text(en="Expected profit", zh="预期利润"), "currency"),
         money(float(terms.profit(likely).sum()))),
        (Column("holdout", Text(en="Held out", zh="留出人数"), "count"), len(audience.held)),
        (Column("together", Text(en="Both groups", zh="两组合计"), "count"), len(chosen) + len(audience.held)),
        (Column("rise", Text(en="Rise that can be told from chance", zh="可识别的人均增收"), "currency"),
         money(audience.holdout.rise)),
        (Column("expected_rise", Text(en="Expected rise a customer", zh="预期人均增收"), "currency"),
         money(audience.holdout.expected)),
        (Column("power", Text(en="Power", zh="检验功效"), "ratio"), POWER),
        (Column("contact_cost", Text(en="Cost of a contact", zh="单次触达成本"), "currency"), money(terms.contact)),
        (Column("margin", Text(en="Margin", zh="毛利率"), "ratio"), terms.margin),
        (Column("extra", Text(en="Extra revenue of a response", zh="每次响应的增收"), "currency"), money(terms.extra)),
        (Column("coupon", Text(en="Coupons of a response", zh="每次响应的券成本"), "currency"), money(terms.coupon)),
        (Column("redeemers", Text(en="Past redeemers", zh="过往核销人次"), "count"), audience.redeemers),
        (Column("days", Text(en="Days to respond", zh="响应天数"), "count"), response_days(audience)),
        (Column("mailed_already", Text(en="Mailed already", zh="已收到者"), "count"), audience.mailed_already),
    ]  # fmt: skip
    if quality is not None:
        cells += [
            (Column("tested", Text(en="Later examples", zh="后期检验样本"), "count"), quality.examples),
            (Column("tested_base", Text(en="Their response rate", zh="其响应率"), "ratio"), round(quality.base, 4)),
            (Column("tested_top", Text(en="Of the likeliest tenth", zh="最可能的一成的响应率"), "ratio"),
             round(quality.top, 4)),
            (Column("brier", Text(en="Brier score", zh="Brier分数"), "number"), round(quality.brier, 4)),
            (Column("auc", Text(en="AUC", zh="AUC"), "number"), round(quality.auc, 3)),
        ]  # fmt: skip
    return Evidence(
        id=evidence_id(context.evidence_id, 1),
        tool="find_audience",
        args=people.args,
        title=Text(en=f"{people.title.en}: expectation", zh=f"{people.title.zh}：预期"),
        columns=tuple(column for column, _ in cells),
        rows=(tuple(value for _, value in cells),),
        method=people.method,
    )


def money(amount: float) -> Decimal:
    """An amount to the cent."""
    return Decimal(str(round(amount, 2)))


def _figure(value: float, unit: str) -> Value:
    return money(value) if unit == "currency" else round(value) if unit == "count" else round(value, 4)
