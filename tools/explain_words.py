"""The words that ask why a figure moved."""

from __future__ import annotations

from db.semantic.schema import Words


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(word.split()) for word in text.split(",")))


ASKS = Words(
    en=_listed("""
    why, why did, why was, why were, why is, why are, why has, why have, why so, how come, what caused,
    what is causing, what's causing, what was the cause, cause of, causes of, root cause, root causes,
    what drove, what is driving, what's driving, what drives the change, what led to, what pushed,
    what pulled, what dragged, what is dragging, what hurt, what boosted, what lifted, what is behind,
    what's behind, what was behind, what lies behind, who is behind, reason for, reasons for,
    reason why, reason behind, reasons behind, explain the drop, explain the fall, explain the decline,
    explain the decrease, explain the dip, explain the rise, explain the increase, explain the jump,
    explain the growth, explain the change, explain the difference,
    explain the swing, explain the spike, explain what happened,
    explain why, account for the drop, accounts for the drop, account for the change, accounts for the change,
    accounts for the rise, attribute the change, attribution of the change,
    attribute the rise, attribute the fall, attribute the drop, attribution of, contributed to the drop,
    contributed to the rise, contributed to the change, contributed most to, contributions to the change,
    responsible for the drop, responsible for the rise, to blame, due to what, diagnose, decompose,
    break down the change, price volume mix, price or volume, volume or price, what went wrong
    """),
    zh=_listed("""
    为什么, 为何, 为啥, 为嘛, 咋回事, 怎么回事, 咋就, 咋会, 咋跌, 咋涨, 咋降, 咋掉, 怎么会, 怎么就,
    怎么这么多, 怎么这么少, 怎么这么, 咋这么, 咋多了, 咋少了, 是价格还是销量, 价格还是销量, 什么原因,
    啥原因, 原因是什么, 原因何在, 主要原因, 根本原因, 根因, 归因, 做个归因, 何故, 是什么导致, 什么导致,
    什么造成, 由什么引起, 什么引起, 因为什么, 因为啥, 由于什么, 什么拉低, 什么拉高, 什么拖累, 谁拖了后腿,
    拖了后腿, 拖后腿, 拖累, 靠什么拉动, 什么推动, 推动了, 驱动因素, 影响因素, 解释一下, 解释下降, 解释上升,
    解释变化, 解释增长, 说明变化, 怎么跌了, 怎么降了, 怎么少了, 怎么掉了, 怎么涨了, 怎么多了, 怎么下滑, 怎么下降,
    怎么上升, 怎么增长, 哪里出了问题, 问题出在哪, 出了什么问题, 量价拆解, 量价分析, 拆解变化, 分解变化, 贡献分解,
    因素分解, 变化来自哪, 下降来自哪, 增长来自哪
    """),
)
HINTS = Words(
    en=_listed("""
    the reason, reasons, what made, what happened to, what happened with, what happened, driver, drivers, driving,
    behind, because, explain, factor, factors, contribute,
    contributed, contribution, blame, culprit, impact, responsible, mix effect,
    price effect, volume effect, where did it come from, come from, drag
    """),
    zh=_listed("""
    原因, 导致, 造成, 引起, 拉动, 发生了什么, 发生什么, 怎么了,
    什么情况, 啥情况, 怎么个情况, 背后, 因素, 贡献, 影响, 解释, 分析一下, 来自哪, 罪魁祸首,
    结构效应, 价格效应, 咋了
    """),
)
