"""The first sentence of an answer about anomalies: how much is off, or that nothing is."""

from __future__ import annotations

from collections.abc import Sequence

from db.semantic.schema import Text
from tools.anomaly_sentences import Finding
from tools.evidence import Fact
from tools.grammar import listed, plural
from tools.wording import Wording

_BESIDES = Text(en=" apart from days near holidays", zh="（临近节假日的除外）")
_NOTHING = Text(en="", zh="")


def headline(rows: int, found: Sequence[Finding], wording: Wording, step: int) -> Fact:
    """Of one metric: how many things were off, and how many of them lie near a holiday."""
    name, scope = wording.metric(wording.query.metrics[0]), wording.scope()
    if not found:
        every = _NOTHING
        if rows > 1:
            days = "days" if step == 1 else "weeks"
            every = Text(en=f" on all {rows} days" if step == 1 else f" in all {rows} {days}", zh="一直")
        text = Text(
            en=f"Nothing unusual {scope.en}: {name.en} stayed within the usual range{every.en}.",
            zh=f"{scope.zh}没有异常：{name.zh}{every.zh}在通常范围内。",
        )
        return Fact("", rows, "count", text, ())
    near = sum(f.event.excused for f in found)
    explained = _NOTHING
    if near == len(found):
        explained = Text(en=", all near a holiday" if near > 1 else ", near a holiday", zh="，均临近节假日")
    elif near:
        explained = Text(en=f", {near} of them near a holiday", zh=f"，其中{near}处临近节假日")
    verb, things = ("was", "thing") if len(found) == 1 else ("were", "things")
    text = Text(
        en=f"There {verb} {len(found)} unusual {things} in {name.en} {scope.en}{explained.en}.",
        zh=f"{scope.zh}{name.zh}有{len(found)}处异常{explained.zh}。",
    )
    return Fact("", len(found), "count", text, (), 1.1, (str(near),))


def members_headline(looked: int, found: Sequence[Finding], wording: Wording, split: str) -> Fact:
    """Of a dimension: how many members were looked at, and how many are off."""
    name, scope, label = wording.metric(wording.query.metrics[0]), wording.scope(), wording.dimension(split)
    off = dict.fromkeys(f.subject.name.en for f in found if not f.event.excused)
    if not off:
        tail = _BESIDES if found else _NOTHING
        text = Text(
            en=f"None of the {looked} {plural(label.en)} examined had unusual {name.en} {scope.en}{tail.en}.",
            zh=f"{scope.zh}，所检查的{looked}个{label.zh}的{name.zh}都没有异常{tail.zh}。",
        )
        return Fact("", looked, "count", text, ())
    text = Text(
        en=f"Of the {looked} {plural(label.en)} examined, {len(off)} had unusual {name.en} {scope.en}.",
        zh=f"{scope.zh}，所检查的{looked}个{label.zh}中有{len(off)}个的{name.zh}出现异常。",
    )
    return Fact("", len(off), "count", text, (), 1.1, (str(looked),))


def scan_headline(looked: Sequence[str], found: Sequence[Finding], wording: Wording) -> Fact:
    """Of the store: how many of the main figures were off, and which."""
    scope = wording.scope()
    off = tuple(dict.fromkeys(f.subject.metric.name for f in found if not f.event.excused))
    if not off:
        tail = _BESIDES if found else _NOTHING
        text = Text(
            en=f"Nothing unusual {scope.en} in any of the {len(looked)} main figures{tail.en}.",
            zh=f"{scope.zh}，{len(looked)}项主要指标均无异常{tail.zh}。",
        )
        return Fact("", len(looked), "count", text, ())
    names = [wording.metric(name) for name in off]
    text = Text(
        en=f"{len(off)} of the {len(looked)} main figures {'was' if len(off) == 1 else 'were'} unusual {scope.en}: "
        f"{listed([n.en for n in names])}.",
        zh=f"{scope.zh}，{len(looked)}项主要指标中有{len(off)}项异常：{'、'.join(n.zh for n in names)}。",
    )
    return Fact("", len(off), "count", text, (), 1.1, (str(len(looked)), *(w for n in names for w in (n.en, n.zh))))
