"""The words that ask for a risk check, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from db.semantic.schema import Words

ASKS = Words(
    en=(
        *("check risk", "risk check", "risk score", "risk scan", "risk of fraud", "risky orders", "risky order"),
        *("risky customers", "risky payments", "how risky", "is it risky", "high risk orders", "high-risk orders"),
        *("risk level", "at risk of chargeback", "fraud", "frauds", "fraudulent", "fraudster", "fraudsters", "defraud"),
        *("fraud ring", "fraud rings", "fraud check", "anti-fraud", "scam", "scams", "scammer", "scammers", "scamming"),
        *(
            "suspicious",
            "riskiest",
            "most risky",
            "highest risk",
            "suspicious orders",
            "suspicious payments",
            "suspicious customers",
            "suspicious activity",
        ),
        *("anything suspicious", "anything fishy", "fishy", "looks fishy", "shady", "dodgy", "sketchy"),
        *("chargeback ring", "chargeback risk", "refund abuse", "refund abuser", "refund abusers", "refund fraud"),
        *("abusing refunds", "abuse refunds", "abusing our refund policy", "serial refunders", "return fraud"),
        *("stolen card", "stolen cards", "stolen credit card", "card testing", "testing cards", "card thief"),
        *("account takeover", "hacked account", "hijacked account", "fake orders", "fake order", "fake accounts"),
        *("shared devices", "same device", "share a device", "sharing a device", "same card", "share a card"),
        *("sharing cards", "linked accounts", "coupon abuse", "gaming us", "ripping us off", "cheating us", "cheaters"),
    ),
    zh=(
        *(
            "风险检查",
            "风险最高",
            "最可疑",
            "风险评估",
            "风险评分",
            "风险分",
            "风险扫描",
            "查风险",
            "有风险",
            "有没有风险",
            "高风险",
            "风险高",
        ),
        *("风险订单", "风险客户", "风险顾客", "风控", "反欺诈", "欺诈", "诈骗", "骗子", "骗单", "骗保", "骗退款"),
        *("可疑", "可疑订单", "可疑客户", "可疑交易", "可疑支付", "有猫腻", "猫腻", "有问题的订单", "有鬼"),
        *("刷单", "薅羊毛", "羊毛党", "盗刷", "盗卡", "盗号", "被盗", "套现", "恶意退款", "恶意下单", "恶意订单"),
        *("退款滥用", "滥用退款", "频繁退款", "反复退款", "老退款", "退款太多", "职业退款", "白嫖", "仅退款滥用"),
        *("试卡", "测卡", "撞卡", "冒用", "假订单", "虚假订单", "虚假交易", "小号", "马甲", "同一台设备", "同一设备"),
        *("共用设备", "共用一张卡", "同一张卡", "关联账号", "关联账户", "关联订单", "团伙", "作弊", "黑产", "拒付风险"),
    ),
)
HINTS = Words(
    en=("risk", "abuse", "abusing", "safe", "legit", "legitimate", "trust", "genuine", "chargebacks", "weird orders"),
    zh=("风险", "异常订单", "安全", "靠谱", "正常吗", "信得过", "可信", "滥用", "拒付", "奇怪的订单"),
)
CHOICES: Mapping[str, Mapping[str, Words]] = {
    "kind": {
        "refunds": Words(
            en=("refund", "refunds", "refunders", "refunded", "return fraud", "returns"),
            zh=("退款", "退货", "仅退款"),
        ),
        "payments": Words(
            en=(
                *("payment", "payments", "orders", "transactions", "purchases", "card", "cards", "card testing"),
                *("account takeover", "chargeback ring", "fraud ring", "fraud rings"),
            ),
            zh=("支付", "付款", "订单", "交易", "盗刷", "盗卡", "刷单", "试卡", "测卡", "盗号", "恶意下单"),
        ),
        "customers": Words(
            en=(
                "customers",
                "households",
                "shoppers",
                "accounts",
                "fraudsters",
                "scammers",
                "cheaters",
                "abuser",
                "abusers",
                "people",
            ),
            zh=("客户", "顾客", "用户", "会员", "买家", "骗子", "羊毛党", "账号", "账户"),
        ),
    }
}
