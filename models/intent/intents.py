"""The intents of customers' messages: 33 fine ones under order, refund, delivery and others, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from db.semantic.schema import Text

Coarse = Literal["order", "refund", "delivery", "others"]
NONE = "none"  # a message that is none of these

COARSE: Mapping[Coarse, Text] = {
    "order": Text(en="order", zh="订单"),
    "refund": Text(en="refund or return", zh="退款退货"),
    "delivery": Text(en="delivery", zh="配送"),
    "others": Text(en="others", zh="其他"),
}


@dataclass(frozen=True, slots=True)
class Intent:
    """One fine intent.

    Attributes:
        needs_order: it cannot be answered without the order's number.
        asks: what the handbook is asked for it, in both languages; None where the handbook is asked the message itself.
    """

    coarse: Coarse
    label: Text
    needs_order: bool = False
    asks: Text | None = None


def _intent(coarse: Coarse, en: str, zh: str, order: bool = False, asks: tuple[str, str] | None = None) -> Intent:
    return Intent(coarse, Text(en=en, zh=zh), order, Text(en=asks[0], zh=asks[1]) if asks else None)


INTENTS: Mapping[str, Intent] = {
    "place_order": _intent("order", "placing an order", "下单"),
    "cancel_order": _intent(
        "order", "cancelling an order", "取消订单", True, ("cancelling an order", "修改或取消订单")
    ),
    "change_order": _intent("order", "changing an order", "修改订单", True, ("changing an order", "修改或取消订单")),
    "track_order": _intent("order", "where an order is", "查询订单", True, ("tracking an order", "查询物流")),
    "refund_policy": _intent("refund", "the rules of returns and refunds", "退货退款规则"),
    "get_refund": _intent("refund", "asking for a refund", "申请退款", True, ("how refunds are paid", "退款方式")),
    "track_refund": _intent(
        "refund", "where a refund is", "查询退款进度", True, ("how long a refund takes", "退款需要多长时间")
    ),
    "return_item": _intent("refund", "returning an item", "退货", True, ("how to return an item", "如何退货")),
    "exchange_item": _intent("refund", "exchanging an item", "换货", True, ("exchanges", "换货")),
    "damaged_item": _intent(
        "refund",
        "a damaged or spoilt item",
        "商品破损变质",
        True,
        ("damaged, wrong or missing items", "破损、错发或漏发"),
    ),
    "wrong_or_missing_item": _intent(
        "refund", "a wrong or missing item", "错发漏发", True, ("damaged, wrong or missing items", "破损、错发或漏发")
    ),
    "delivery_options": _intent("delivery", "delivery options and prices", "配送方式与费用"),
    "delivery_period": _intent(
        "delivery",
        "how long delivery takes",
        "配送时长",
        asks=("delivery options, time and prices", "配送方式、时间与费用"),
    ),
    "late_delivery": _intent(
        "delivery", "a late or lost delivery", "配送延误或丢失", True, ("late deliveries", "配送延误")
    ),
    "change_address": _intent(
        "delivery",
        "changing the delivery address",
        "修改收货地址",
        True,
        ("changing the delivery address", "修改收货地址"),
    ),
    "payment_methods": _intent("others", "ways to pay", "付款方式"),
    "payment_issue": _intent("others", "a payment that failed", "付款失败"),
    "wrong_charge": _intent("others", "a wrong charge", "扣款有误", True),
    "unknown_charge": _intent("others", "a charge not recognised", "不明扣款"),
    "cancellation_fee": _intent(
        "others", "a fee for cancelling", "取消费用", asks=("fee for cancelled orders", "已取消的订单收取消费用吗")
    ),
    "invoice": _intent("others", "an invoice or receipt", "发票", True),
    "create_account": _intent("others", "opening an account", "注册账户"),
    "edit_account": _intent(
        "others", "changing account data", "修改账户资料", asks=("changing account data", "修改账户资料")
    ),
    "delete_account": _intent("others", "closing an account", "注销账户", asks=("closing an account", "注销账户")),
    "password": _intent(
        "others", "password or login", "密码与登录", asks=("password is reset in the account", "密码重置")
    ),
    "human_agent": _intent("others", "speaking with a person", "人工客服"),
    "complaint": _intent("others", "a complaint", "投诉"),
    "review": _intent("others", "praise or feedback", "评价反馈"),
    "newsletter": _intent("others", "newsletters and mailings", "订阅与退订", asks=("marketing messages", "营销信息")),
    "coupon": _intent("others", "a coupon", "优惠券"),
    "membership": _intent("others", "membership and points", "会员与积分"),
    "product_question": _intent("others", "a question about a product", "商品咨询"),
    "privacy": _intent("others", "personal data", "个人信息"),
}


def coarse_of(label: str) -> Coarse:
    """The coarse intent of a fine one; "others" for what is none of these."""
    return INTENTS[label].coarse if label in INTENTS else "others"


def label_of(label: str) -> Text:
    """The words for a fine intent."""
    return INTENTS[label].label if label in INTENTS else Text(en="none of the known intents", zh="不属于已知意图")
