"""The sentences of an audience, in both languages."""

from __future__ import annotations

from db.semantic.schema import Text
from tools import format as fmt
from tools.audience_choice import Audience
from tools.audience_reasons import REASONS
from tools.evidence import Cell, Evidence, Fact, Value, worded

GROUPS = {True: Text(en="holdout", zh="对照组"), False: Text(en="contact", zh="触达组")}
NAMED = 3  # customers whose reasons are said


class AudienceSentences:
    """Words one audience.

    Args:
        people: the table of customers. sums: the one-row table of expectations. offer: what is offered, in words.
    """

    def __init__(self, audience: Audience, people: Evidence, sums: Evidence, offer: Text, currency: str) -> None:
        self._audience, self._people, self._sums, self._offer = audience, people, sums, offer
        self._currency = currency
        self._value = dict(zip([c.name for c in sums.columns], sums.rows[0], strict=True))
        self._unit = {c.name: c.unit for c in sums.columns}

    def write(self) -> tuple[Fact, ...]:
        """All facts, most important first."""
        found = [self._headline(), self._unpaid(), self._money(), self._holdout(), self._quality(), self._reasons()]
        found += [self._assumptions(), self._left_out()]
        return tuple(fact for fact in found if fact is not None)

    def _shown(self, name: str) -> str:
        return fmt.number(self._value[name], self._unit[name], self._currency)

    def _fact(self, name: str, text: Text, weight: float, *cited: str) -> Fact:
        cells = tuple(Cell(self._sums.id, 0, column) for column in (name, *cited))
        return Fact("", self._value[name], self._unit[name], text, cells, weight)

    def _headline(self) -> Fact:
        n, r, rate = (self._shown(name) for name in ("contacts", "responses", "rate"))
        base, every, days = self._shown("base"), self._shown("candidates"), self._shown("days")
        do, do_zh = ("redeem", "核销") if self._audience.goal == "coupon" else ("buy", "购买")
        pool = self._shown("together")
        who = "candidate" if self._value["candidates"] == 1 else "candidates"
        text = Text(
            en=f"For {self._offer.en}, contact {n} of the {pool} likeliest customers: about {r} of them ({rate}) "
            f"should {do} within {days} days, against {base} of all {every} {who}.",
            zh=f"针对{self._offer.zh}，建议在最可能响应的{pool}位顾客中触达{n}位：预计{days}天内约{r}人（{rate}）{do_zh}，"
            f"而全部{every}位候选人的预期比例为{base}。",
        )
        return self._fact("contacts", text, 1.2, "together", "responses", "rate", "base", "candidates", "days")

    def _unpaid(self) -> Fact | None:
        if self._audience.pays:
            return None
        text = Text(
            en="By these assumptions no contact pays back; the likeliest are listed all the same.",
            zh="按这些假设，没有任何一次触达能回本；仍列出最可能响应的顾客。",
        )
        return Fact("", None, "text", text, (), 1.1)

    def _money(self) -> Fact:
        revenue, cost, profit = (self._shown(name) for name in ("revenue", "cost", "profit"))
        text = Text(
            en=f"Expected: up to {revenue} of extra revenue at {cost} of cost, which leaves up to {profit} of profit.",
            zh=f"预期增收最多{revenue}，成本{cost}，利润最多{profit}。",
        )
        return self._fact("profit", text, 1.0, "revenue", "cost")

    def _holdout(self) -> Fact:
        size, every, rise, expected = (self._shown(n) for n in ("holdout", "together", "rise", "expected_rise"))
        power = self._shown("power")
        if self._audience.holdout.measurable and self._audience.holdout.size == len(self._audience.held):
            text = Text(
                en=f"Leave {size} of the {every} chosen at random without it: that shows the expected rise of "
                f"{expected} a customer with {power} power.",
                zh=f"从选出的{every}人中随机留出{size}人不触达：以{power}的检验功效即可看出预期的人均增收{expected}。",
            )
        else:
            text = Text(
                en=f"Leave {size} of the {every} chosen at random without it. So few show only a rise of {rise} a "
                f"customer or more; {expected} is expected, so judge several rounds together.",
                zh=f"从选出的{every}人中随机留出{size}人不触达。人数有限，只能看出人均{rise}以上的增收，"
                f"而预期为{expected}，因此请合并多轮结果评估。",
            )
        return self._fact("holdout", text, 0.9, "together", "rise", "expected_rise", "power")

    def _quality(self) -> Fact | None:
        if "tested" not in self._value:
            return None
        count, base, top = (self._shown(n) for n in ("tested", "tested_base", "tested_top"))
        kinds = ("mailings", "redeemed", "触达记录", "核销率") if self._audience.goal == "coupon" else (
            "customers and weeks", "bought", "样本", "购买率")  # fmt: skip
        text = Text(
            en=f"Tried on {count} later {kinds[0]} that it had not seen: {top} of the likeliest tenth {kinds[1]}, "
            f"against {base} of all.",
            zh=f"在模型未见过的{count}条后期{kinds[2]}上检验：最可能的一成{kinds[3]}为{top}，总体为{base}。",
        )
        return self._fact("tested_top", text, 0.8, "tested", "tested_base")

    def _reasons(self) -> Fact | None:
        column = {c.name: i for i, c in enumerate(self._people.columns)}
        rows = [
            (i, row) for i, row in enumerate(self._people.rows) if row[column["group"]] == GROUPS[False]
        ][:NAMED]  # fmt: skip
        if not rows:
            return None

        def rate(row: tuple[Value, ...]) -> str:
            return fmt.number(row[column["probability"]], "ratio")

        en = "; ".join(f"{row[0]} ({rate(row)}: {worded(row[column['why']], 'en')})" for _, row in rows)
        zh = "；".join(f"{row[0]}（{rate(row)}：{worded(row[column['why']], 'zh')}）" for _, row in rows)
        text = Text(en=f"The likeliest: {en}.", zh=f"最可能响应的：{zh}。")
        named = ("probability", *(r.column for r in REASONS))
        cells = tuple(Cell(self._people.id, i, name) for i, _ in rows for name in named)
        return Fact("", rows[0][1][column["probability"]], "ratio", text, cells, 0.7, tuple(str(r[0]) for _, r in rows))

    def _assumptions(self) -> Fact:
        contact, margin, extra, coupon = (self._shown(n) for n in ("contact_cost", "margin", "extra", "coupon"))
        if self._audience.goal == "coupon":
            count = self._shown("redeemers")
            text = Text(
                en=f"Assumed: {contact} a contact and {margin} margin. From the data: {coupon} of coupons a response, "
                f"and {extra} of extra spend, by which {count} past redeemers outdid those mailed who did not redeem; "
                "part of it they may have meant to spend anyway.",
                zh=f"假设每次触达成本{contact}、毛利率{margin}。数据测得：每次响应的券成本{coupon}、增收{extra}"
                f"（过往{count}人次核销者相对收到而未核销者的差额，其中一部分可能本来就会消费）。",
            )
        else:
            text = Text(
                en=f"Assumed: {contact} a contact and {margin} margin. A buyer spends {extra} on these products within "
                "the time; many would buy anyway, which only the group left out can show.",
                zh=f"假设每次触达成本{contact}、毛利率{margin}。购买者在此期间平均花费{extra}；"
                "其中许多人本来就会购买，只有留出组能说明真实增量。",
            )
        return self._fact("extra", text, 0.6, "contact_cost", "margin", "coupon", "redeemers")

    def _left_out(self) -> Fact | None:
        if not self._audience.mailed_already:
            return None
        count = self._shown("mailed_already")
        text = Text(
            en=f"Left out: {count} customers whom the running campaign has reached already.",
            zh=f"已排除正在进行的活动已触达的{count}位顾客。",
        )
        return self._fact("mailed_already", text, 0.5)
