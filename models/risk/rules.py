"""Rules with stable codes, and the score: what each looks for, how strongly it speaks, and what to do.

A rule gives a strength of 0–1. Strengths of several rules are joined as independent signs (noisy or):
``score = 100 × (1 − Π (1 − strength))``. Codes never change their meaning; one that is given up is not used again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from db.semantic.schema import Text
from models.risk import signs
from models.risk.features import Features

ALERT = 70  # from here: hold and look now. Precision and recall there are measured by `shopops bench fraud`
REVIEW = 40  # from here: worth a look


Strength = Callable[[Features], float]


@dataclass(frozen=True, slots=True)
class Rule:
    """One sign of risk.

    Attributes:
        strength: 0 (nothing) to 1 (sure), from what was known. feature: the feature that it mainly reads.
        needs: ``payments.device`` and the like; without the column the rule is left out, and that is said.
        says: the finding in a few words. advice: what to do.
    """

    code: str
    name: str
    says: Text
    advice: Text
    feature: str
    needs: tuple[str, ...]
    strength: Strength


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that spoke: its code, how strongly, and the figure that it saw."""

    code: str
    strength: float
    value: float


_PAYMENTS, _REFUNDS = ("payments",), ("refunds",)
_DEVICE, _CARD, _ADDRESS = ("payments.device",), ("payments.card",), ("payments.address",)
_HOLD = Text(en="hold the order and verify the buyer", zh="暂缓发货并核实买家身份")
_LIMIT = Text(en="let a person approve this customer's refunds", zh="将该顾客的退款改为人工审核")
_LOOK = Text(en="review before shipping", zh="发货前人工复核")


def _silent(_features: Features) -> float:
    """For codes that speak from a model or a group, not from one event's features."""
    return 0.0


def _rule(
    code: str, name: str, feature: str, needs: tuple[str, ...], strength: Strength, en: str, zh: str, advice: Text
) -> Rule:
    return Rule(code, name, Text(en=en, zh=zh), advice, feature, needs, strength)


RULES: tuple[Rule, ...] = (
    _rule("R01", "shared_device", "device_customers", _DEVICE, signs.device,
          "one device used by several customers", "多名顾客共用一台设备", _HOLD),
    _rule("R02", "card_testing", "failures_day", _PAYMENTS, signs.testing,
          "failed tries in a row, or one card after another", "短时间内多次支付失败或轮番试卡",
          Text(en="block the card and ask for 3-D Secure", zh="冻结该卡并要求3DS验证")),
    _rule("R03", "velocity", "orders_day", _PAYMENTS, signs.velocity,
          "many orders within a day", "一天内下单过多", _LOOK),
    _rule("R04", "refund_ratio", "refunds", _REFUNDS, signs.refunds,
          "far more refunds than other customers", "退款远多于其他顾客", _LIMIT),
    _rule("R05", "amount_outlier", "amount", _PAYMENTS, signs.amount,
          "an unusually large amount", "金额异常偏大", _LOOK),
    _rule("R06", "many_cards", "customer_cards", _CARD, signs.many,
          "one customer with many cards or devices", "同一顾客使用多张卡或多台设备",
          Text(en="ask for proof of the card", zh="要求核验银行卡")),
    _rule("R07", "shared_card", "card_customers", _CARD, signs.card,
          "one card used by several customers", "多名顾客共用一张卡",
          Text(en="hold the orders and ask the card's bank", zh="暂缓发货并向发卡行核实")),
    _rule("R08", "shared_address", "address_customers", _ADDRESS, signs.address,
          "one address with many customers", "同一地址有许多顾客",
          Text(en="check the address before shipping", zh="发货前核对地址")),
    _rule("R09", "account_takeover", "own_z", _DEVICE, signs.takeover,
          "a known customer on a new device with a new card or address", "老顾客换了新设备，并使用新卡或新地址",
          Text(en="call the customer on the known number", zh="拨打顾客原预留电话核实")),
    _rule("R10", "bad_links", "bad_links", _PAYMENTS, signs.bad,
          "the customer, device or card had chargebacks before", "该顾客、设备或卡曾被拒付", _HOLD),
    _rule("R11", "same_reason", "same_reason", _REFUNDS, signs.same_reason,
          "the same refund reason again and again", "反复以同一理由退款", _LIMIT),
    _rule("R12", "over_refund", "of_order", _REFUNDS, signs.over,
          "more refunded than the order cost", "退款金额超过订单金额",
          Text(en="stop the refund and check it", zh="暂停退款并核查")),
)  # fmt: skip
UNUSUAL = _rule("R13", "unusual", "amount", _PAYMENTS, _silent,
                "unlike the rest, taken as a whole", "整体特征与众不同",
                Text(en="have a look", zh="建议人工查看"))  # fmt: skip
MODEL = _rule("R14", "chargeback_model", "amount", _PAYMENTS, _silent,
              "the trained model expects a chargeback", "训练模型预测可能拒付", _HOLD)  # fmt: skip
LINKED = _rule("R15", "linked_group", "amount", _PAYMENTS, _silent,
               "shares a card or device with a suspicious group", "与可疑团伙共用卡或设备",
               Text(en="look at the whole group at once", zh="将整个团伙一并排查"))  # fmt: skip
BY_CODE = {rule.code: rule for rule in (*RULES, UNUSUAL, MODEL, LINKED)}


def reasons_for(f: Features, rules: Sequence[Rule] = RULES) -> tuple[Reason, ...]:
    """The rules that speak, strongest first.

    >>> [r.code for r in reasons_for(Features(card_customers=4, card_addresses=4))]
    ['R07']
    """
    found = []
    for rule in rules:
        strength = rule.strength(f)
        if strength > 0:
            found.append(Reason(rule.code, min(strength, 0.99), float(getattr(f, rule.feature))))
    return tuple(sorted(found, key=lambda reason: -reason.strength))


def score_of(reasons: Sequence[Reason]) -> int:
    """The score, 0–100.

    >>> score_of([Reason("R01", 0.5, 3), Reason("R07", 0.5, 2)])
    75
    """
    left = 1.0
    for reason in reasons:
        left *= 1.0 - reason.strength
    return round(100 * (1.0 - left))


def usable(present: Sequence[str]) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules that a store can hold, and those left out, by the roles and ``role.field`` that it has."""
    kept = tuple(rule for rule in RULES if set(rule.needs) <= set(present))
    return kept, tuple(rule for rule in RULES if rule not in kept)
