"""The words that ask for an audience, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from db.semantic.schema import Words

_EN_ASKS = """
who should we target|whom should we target|who to target|whom to target|who do we target
which customers should we target|which households should we target|who should we mail|who to mail|whom to mail
which customers should we mail|who should we send|who should i send|whom should we send|who to send
send the coupon to|send coupons to|send a coupon to|send the voucher to|mail the coupon to|mail coupons to
give the coupon to|give coupons to|who should get the coupon|who should get a coupon|who should receive
who should get|which customers should get|which customers should receive|audience for|target audience
target group|target list|mailing list|find an audience|build an audience|pick an audience|whom to offer
who to offer|who should we offer|whom should we offer|which customers would respond|who would respond
who is likely to respond|likely to respond|likely to redeem|who would redeem|who will redeem|most likely to buy
who would buy|who is likely to buy|best customers to mail|best customers to target|customers to target
customers to mail|worth mailing|worth targeting|worth sending|should we hold out|holdout group|control group
campaign targeting|prospects for
"""
_ZH_ASKS = """
给谁发券|券发给谁|优惠券发给谁|发券给谁|给谁发优惠券|给谁发|该发给谁|应该发给谁|发给哪些|给哪些顾客发
给哪些客户发|给哪些人发|给哪些会员发|目标人群|投放人群|目标客户|目标客群|目标顾客|目标用户|人群包|圈人|圈选|圈出
投给谁|投放给谁|投放给哪些|推给谁|推给哪些|推送给谁|推送给哪些|该推给|寄给谁|寄给哪些|邮寄给谁|寄送给|营销对象
触达谁|触达哪些|该触达|找谁做活动|适合谁|适合哪些顾客|适合哪些客户|哪些顾客会用券|哪些客户会用券|谁会用券
谁会核销|谁最可能核销|最可能核销|谁最可能买|最可能购买|最有可能购买|谁会买|哪些客户会买|哪些顾客会买|谁会响应
最可能响应|对谁投放|面向谁|面向哪些|受众|对照组|留出组|选哪些顾客|选哪些客户|选出最值得|值得发券|值得投放
名单给我
"""
_EN_HINTS = """
target|targeting|offer|coupon to|coupon for|voucher|mail|mailing|send|promote to|respond|redeem|campaign budget
reach out|contact|approach|win back with|budget
"""
_ZH_HINTS = """
发券|投放|定向|触达|推送|营销|优惠给|人群|名单|预算|邮寄|寄|响应|核销|挽回|召回
"""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for line in text.split("\n") for word in line.split("|") if word)


ASKS = Words(en=_listed(_EN_ASKS), zh=_listed(_ZH_ASKS))
HINTS = Words(en=_listed(_EN_HINTS), zh=_listed(_ZH_HINTS))
CHOICES: Mapping[str, Mapping[str, Words]] = {
    "goal": {
        "coupon": Words(
            en=("coupon", "coupons", "voucher", "vouchers", "redeem", "mail", "mailing", "campaign", "discount code"),
            zh=("券", "优惠券", "折扣券", "核销", "用券", "活动", "邮寄", "直邮"),
        ),
        "product": Words(
            en=("would buy", "likely to buy", "will buy", "to buy", "purchase", "offer the product"),
            zh=("会买", "购买", "可能买", "想买", "推荐这款", "推这款"),
        ),
    }
}
