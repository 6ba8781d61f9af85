"""A case as one row of evidence and as facts: the draft first, then what it rests on, then what to check."""

from __future__ import annotations

from collections.abc import Mapping

from db.knowledge.text import Language, language_of
from db.semantic.schema import Text
from models.intent.dialogue import DialogueState
from models.intent.intents import COARSE, INTENTS, coarse_of, label_of
from models.intent.message import read_message
from models.retrieval import open_handbook
from tools import format as fmt
from tools.draft_reply import NAME, ReplyArguments
from tools.evidence import Cell, Column, Evidence, Fact, Value
from tools.knowledge_facts import place
from tools.registry import ToolContext, ToolResult
from tools.reply_case import Case, case_of
from tools.reply_orders import Order
from tools.reply_words import asked_for, order_words

_LANGUAGES: Mapping[Language, Text] = {"en": Text(en="English", zh="英文"), "zh": Text(en="Chinese", zh="中文")}
_METHOD = (
    "Intent by kernel ridge over embeddings and words; the order by its number; the policy by search of the handbook"
)


def result_of(arguments: ReplyArguments, context: ToolContext) -> ToolResult:
    """The case of a message as evidence and facts."""
    handbook = open_handbook(context.handbook, context.models, lambda done: context.progress("handbook", done))
    case = case_of(arguments, context, handbook)
    shown = arguments.model_dump() | {
        "text": read_message(arguments.text).text,
        "customers": tuple(map(context.people.name, arguments.customers)),
        "earlier": tuple(read_message(m).text for m in arguments.earlier),
    }
    columns, row = zip(*_columns(case, context), strict=True)
    evidence = Evidence(
        id=context.evidence_id,
        tool=NAME,
        args=shown,
        title=Text(en="Draft of a reply, to be approved", zh="待审核的回复草稿"),
        columns=columns,
        rows=(row,),
        method=_METHOD,
        origin="simulated" if case.order and case.order.simulated else "recorded",
    )
    outputs = {"order": (case.order.id,), "customer": (case.order.customer,)} if case.order else {}
    return ToolResult(evidence, _facts(case, context, evidence.id), outputs)


def _columns(case: Case, context: ToolContext) -> list[tuple[Column, Value]]:
    state, order, policy = case.state, case.order, case.policy
    label = label_of(state.intent)
    refunded = None if order is None else float(order.refunded)
    last = str(order.refunds[-1].day) if order and order.refunds else None
    customer = None if order is None else context.people.name(order.customer)
    return [
        (Column("message", Text(en="Message", zh="顾客留言"), "text"), case.message),
        (Column("intent", Text(en="Intent", zh="意图"), "text"), label.of(language_of(case.message))),
        (Column("confidence", Text(en="Confidence", zh="置信度"), "ratio"), round(state.confidence, 4)),
        (Column("missing", Text(en="Missing", zh="缺少"), "text"), ", ".join(state.missing) or None),
        (Column("order", Text(en="Order", zh="订单"), "text"), order.id if order else None),
        (Column("customer", Text(en="Customer", zh="顾客"), "text"), customer),
        (Column("placed", Text(en="Placed on", zh="下单日期"), "date"), str(order.day) if order else None),
        (Column("items", Text(en="Items", zh="商品项数"), "count"), order.items if order else None),
        (Column("amount", Text(en="Amount", zh="金额"), "currency"), float(order.amount) if order else None),
        (Column("payment", Text(en="Payment", zh="付款状态"), "text"), (order.status or None) if order else None),
        (Column("refunds", Text(en="Refunds", zh="退款笔数"), "count"), len(order.refunds) if order else None),
        (Column("refunded", Text(en="Refunded", zh="已退款"), "currency"), refunded),
        (Column("refunded_on", Text(en="Last refund on", zh="最近退款日期"), "date"), last),
        (Column("policy", Text(en="Policy", zh="政策"), "text"), policy.quote if policy else None),
        (Column("place", Text(en="Source", zh="出处"), "text"), place(policy.passage).en if policy else None),
        (Column("draft", Text(en="Draft", zh="回复草稿"), "text"), case.wording),
    ]


def _facts(case: Case, context: ToolContext, evidence: str) -> tuple[Fact, ...]:
    state = case.state
    language = Text(
        en="Chinese" if state.language == "zh" else "English", zh="中文" if state.language == "zh" else "英文"
    )

    def fact(value: str | float | None, en: str, zh: str, cells: tuple[str, ...], weight: float) -> Fact:
        return Fact("", value, "text", Text(en=en, zh=zh), tuple(Cell(evidence, 0, c) for c in cells), weight)

    facts = [
        fact(
            case.wording,
            f"Draft in {language.en}, to be approved before it is sent: “{case.wording}”",
            f"{language.zh}回复草稿，发送前请审核：“{case.wording}”",
            ("draft", "order", "amount", "items", "placed", "refunds", "refunded", "refunded_on", "policy"),
            1.3,
        ),
        _intent_fact(state, evidence),
    ]
    wanted = asked_for(state)
    if wanted is not None:
        facts.append(
            fact(
                state.missing[0],
                f"Still missing: {wanted.en}; the draft asks for it.",
                f"尚缺{wanted.zh}，草稿中已询问。",
                ("missing",),
                1.1,
            )
        )
    if case.order is not None:
        facts.append(_order_fact(case.order, context, evidence))
    if case.policy is not None:
        at = place(case.policy.passage)
        facts.append(
            fact(
                at.en,
                f"The policy quoted is {at.en}.",
                f"所引政策出自{at.zh}。",
                ("place", "policy"),
                1.0,
            )
        )
    elif state.intent in INTENTS:
        facts.append(fact(None, "The handbook says nothing about this.", "手册中没有相关规定。", (), 1.0))
    return (*facts, *_warnings(case))


def _intent_fact(state: DialogueState, evidence: str) -> Fact:
    if state.intent not in INTENTS:
        text = Text(
            en="The message is none of the known intents, so the draft asks what is needed.",
            zh="留言不属于任何已知意图，草稿会询问具体需求。",
        )
        return Fact("", None, "text", text, (), 1.2)
    label, coarse = label_of(state.intent), COARSE[coarse_of(state.intent)]
    sure = fmt.number(state.confidence, "ratio")
    text = Text(
        en=f"The message is about {label.en} ({coarse.en}), with a confidence of {sure}.",
        zh=f"留言意图：{label.zh}（{coarse.zh}），置信度{sure}。",
    )
    return Fact(
        "", state.confidence, "ratio", text, (Cell(evidence, 0, "confidence"), Cell(evidence, 0, "intent")), 1.2
    )


def _order_fact(order: Order, context: ToolContext, evidence: str) -> Fact:
    who = context.people.name(order.customer)
    text = order_words(order, context.store.schema.currency, customer=who)
    cells = ("order", "customer", "placed", "items", "amount", "payment", "refunds", "refunded", "refunded_on")
    return Fact("", order.id, "text", text, tuple(Cell(evidence, 0, c) for c in cells), 1.0, (who, *order.products))


def _warnings(case: Case) -> list[Fact]:
    said: list[tuple[str, str]] = []
    for number in case.foreign:
        said.append(
            (
                f"Order {number} belongs to another customer than the sender; nothing of it is in the draft.",
                f"订单{number}属于另一位顾客，草稿中没有透露其任何信息。",
            )
        )
    unknown = [n for n in case.state.refused if n not in case.foreign]
    if unknown:
        said.append(
            (f"There is no order {unknown[-1]} in the store.", f"店内没有订单{unknown[-1]}。"),
        )
    if case.order is not None and case.sender is None:
        said.append(
            (
                "The sender is not identified: check that the order is theirs before you send it.",
                "发信人身份未核实：发送前请确认该订单属于此人。",
            )
        )
    if case.commands:
        said.append(
            ("The message tries to give instructions; they have no effect.", "留言试图下达指令，这些指令不起作用。")
        )
    if case.order is not None and case.order.simulated:
        said.append(("Its payments and refunds come from simulated data.", "其中付款与退款记录来自模拟数据。"))
    return [Fact("", None, "text", Text(en=en, zh=zh), (), 1.0) for en, zh in said]
