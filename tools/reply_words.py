"""The words of a draft, in the customer's language: what the store's figures say, what the policy says, no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.knowledge.handbook import Passage
from db.knowledge.text import Language
from db.semantic.schema import Text
from models.intent.dialogue import DialogueState
from tools import format as fmt
from tools.reply_orders import Order, day_of

_OPENING: Mapping[str, Text] = {
    "place_order": Text(en="Thank you for wanting to order with us.", zh="感谢您选择在我们这里下单。"),
    "cancel_order": Text(en="You would like to cancel your order.", zh="您希望取消订单。"),
    "change_order": Text(en="You would like to change your order.", zh="您希望修改订单。"),
    "track_order": Text(en="You would like to know where your order is.", zh="您想了解订单的进度。"),
    "refund_policy": Text(en="You asked about our rules for returns and refunds.", zh="您咨询了我们的退货退款规则。"),
    "get_refund": Text(en="You asked for a refund.", zh="您申请了退款。"),
    "track_refund": Text(en="You asked about your refund.", zh="您咨询了退款进度。"),
    "return_item": Text(en="You would like to return an item.", zh="您希望退货。"),
    "exchange_item": Text(en="You would like to exchange an item.", zh="您希望换货。"),
    "damaged_item": Text(
        en="We are sorry that something in your order was not in good condition.", zh="很抱歉您收到的商品状况不佳。"
    ),
    "wrong_or_missing_item": Text(
        en="We are sorry that something in your order was wrong or missing.", zh="很抱歉您的订单中有错发或漏发的商品。"
    ),
    "delivery_options": Text(en="You asked about our delivery.", zh="您咨询了我们的配送服务。"),
    "delivery_period": Text(en="You asked how long delivery takes.", zh="您咨询了配送需要多长时间。"),
    "late_delivery": Text(en="We are sorry that your delivery has not reached you.", zh="很抱歉您还没有收到配送。"),
    "change_address": Text(en="You would like to change your delivery address.", zh="您希望修改收货地址。"),
    "payment_methods": Text(en="You asked how you can pay.", zh="您咨询了付款方式。"),
    "payment_issue": Text(en="We are sorry that your payment did not go through.", zh="很抱歉您的付款没有成功。"),
    "wrong_charge": Text(en="You told us that a charge was not right.", zh="您反映扣款金额有误。"),
    "unknown_charge": Text(en="You told us of a charge that you do not recognise.", zh="您反映有一笔不明扣款。"),
    "cancellation_fee": Text(en="You asked whether cancelling costs anything.", zh="您咨询了取消是否收费。"),
    "invoice": Text(en="You asked for an invoice or a receipt.", zh="您需要发票或小票。"),
    "create_account": Text(en="You would like to open an account.", zh="您希望注册账户。"),
    "edit_account": Text(en="You would like to change your account data.", zh="您希望修改账户资料。"),
    "delete_account": Text(en="You would like to close your account.", zh="您希望注销账户。"),
    "password": Text(en="We are sorry that you cannot log in.", zh="很抱歉您无法登录。"),
    "human_agent": Text(en="You would like to speak with one of us.", zh="您希望与人工客服沟通。"),
    "complaint": Text(en="We are sorry that you were not satisfied with us.", zh="很抱歉给您带来了不好的体验。"),
    "review": Text(en="Thank you for your kind feedback.", zh="感谢您的反馈。"),
    "newsletter": Text(en="You wrote to us about our newsletters and mailings.", zh="您就订阅或营销信息联系了我们。"),
    "coupon": Text(en="You wrote to us about a coupon.", zh="您就优惠券联系了我们。"),
    "membership": Text(en="You asked about your membership or points.", zh="您咨询了会员或积分。"),
    "product_question": Text(en="You asked about a product.", zh="您咨询了商品。"),
    "privacy": Text(en="You wrote to us about your personal data.", zh="您就个人信息联系了我们。"),
}
_ASK: Mapping[str, Text] = {
    "intent": Text(
        en="Could you tell us in a sentence what you need, and the order number if it is about an order?",
        zh="能否请您用一句话说明需要我们帮忙的事情？如与订单有关，请一并告知订单号。",
    ),
    "order": Text(
        en="Could you send us the order number? It stands in the confirmation e-mail and on the receipt.",
        zh="能否请您提供订单号？它在确认邮件和小票上。",
    ),
}
_NAMES: Mapping[str, Text] = {
    "intent": Text(en="what the customer needs", zh="顾客的具体需求"),
    "order": Text(en="the order number", zh="订单号"),
}
_STATUS: Mapping[str, Text] = {
    "paid": Text(en="it is paid", zh="已付款"),
    "failed": Text(en="its payment failed", zh="付款未成功"),
    "chargeback": Text(en="its payment was charged back", zh="付款已被拒付撤回"),
    "pending": Text(en="its payment is pending", zh="付款处理中"),
    "refunded": Text(en="its payment was refunded", zh="付款已退回"),
}
NO_POLICY = Text(en="[Please complete: the handbook says nothing about this.]", zh="【请补充：手册中没有相关规定。】")
_MONEY_MATTERS = frozenset({"track_refund", "get_refund", "payment_issue", "wrong_charge", "unknown_charge"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the handbook says in the words to quote, and where."""

    quote: str
    passage: Passage


def draft(state: DialogueState, order: Order | None, policies: Sequence[Policy], currency: str) -> str:
    """The reply to send once somebody has read it.

    Args:
        order: shown to the customer only where it is theirs; the caller leaves it out otherwise.
        policies: quoted, at most one where something still has to be asked.
    """
    language = state.language
    parts = [Text(en="Hello,", zh="您好！"), Text(en="thank you for your message.", zh="感谢您的来信。")]
    if state.intent in _OPENING:
        parts.append(_OPENING[state.intent])
    if state.refused and state.order is None:
        number = state.refused[-1]
        parts.append(
            Text(
                en=f"We could not find the order number {number} in your account; please check it.",
                zh=f"我们在您的账户中没有找到订单号{number}，请核对。",
            )
        )
    if order is not None:
        parts.append(order_words(order, currency, money=state.intent in _MONEY_MATTERS))
    lines = [p.of(language) for p in parts]
    lines += [_policy(policy, language) for policy in policies]
    if "intent" not in state.missing and not policies:
        lines.append(NO_POLICY.of(language))
    lines += [_ASK[slot].of(language) for slot in state.missing]
    lines.append(Text(en="Kind regards, customer service", zh="此致，客服部").of(language))
    return ("" if language == "zh" else " ").join(lines)


def order_words(order: Order, currency: str, *, money: bool = True, customer: str | None = None) -> Text:
    """What the store knows of an order.

    Args:
        money: its payment too; refunds are always said.
        customer: the name to say it of, for the operator; without it the customer is spoken to.
    """
    amount = fmt.number(order.amount, "currency", currency)
    en_day, zh_day = day_of(order.day)
    named = [_product(name) for name in order.products]
    among = (f", among them {', '.join(named)}", f"，含{'、'.join(named)}") if named else ("", "")
    whose = (f"Order {order.id} of customer {customer}, placed on {en_day},", f"顾客 {customer} ")
    en, zh = whose if customer else (f"Your order {order.id} of {en_day}", "您")
    en = f"{en} has {order.items} item{'s' if order.items != 1 else ''}{among[0]}, for {amount} in all"
    zh = f"{zh}{zh_day}的订单{order.id}共{order.items}项商品{among[1]}，合计{amount}"
    if money and order.status in _STATUS:
        en, zh = f"{en}, and {_STATUS[order.status].en}", f"{zh}，{_STATUS[order.status].zh}"
    en, zh = f"{en}.", f"{zh}。"
    if order.refunds:
        refunds = _refunds(order, currency)
        en, zh = f"{en} {refunds.en}", f"{zh}{refunds.zh}"
    return Text(en=en, zh=zh)


def _refunds(order: Order, currency: str) -> Text:
    total, count = fmt.number(order.refunded, "currency", currency), len(order.refunds)
    en_day, zh_day = day_of(order.refunds[-1].day)
    if count == 1:
        return Text(
            en=f"We issued a refund of {total} for it on {en_day}.", zh=f"我们已于{zh_day}为其发起{total}退款。"
        )
    return Text(
        en=f"We issued {count} refunds for it, {total} in all, the last on {en_day}.",
        zh=f"我们已为其发起{count}笔退款，合计{total}，最近一笔在{zh_day}。",
    )


def _product(name: str) -> str:
    """A product's name as a customer reads it: without the codes in brackets, and not shouted."""
    plain = name.partition("(")[0].strip(" -,;:") or name
    return plain.capitalize() if plain.isupper() else plain


def asked_for(state: DialogueState) -> Text | None:
    """What the draft asks the customer for, named for the operator."""
    return _NAMES[state.missing[0]] if state.missing else None


def _policy(policy: Policy, language: Language) -> str:
    return f"我们的规定是：“{policy.quote}”" if language == "zh" else f"Our policy says: “{policy.quote}”"
