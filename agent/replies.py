"""What the product says when it does not compute: clarifying questions, out of scope, what can be asked instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from agent.contracts import Ambiguity, Option, Reading, Understanding
from db.semantic.schema import StoreSchema, Text
from tools.registry import tool

NEAR_ENOUGH = 88  # rapidfuzz ratio; below it the "nearest" word is a guess that helps nobody
FIGURES_OFFERED = 4


def which_member(ambiguity: Ambiguity, text: str, clause: str) -> tuple[Text, tuple[Option, ...]]:
    """Ask which of several members is meant; each option is the whole question made plain."""
    words = ambiguity.words
    options = tuple(Option(o.label, text.replace(clause, o.question)) for o in ambiguity.options)
    message = Text(
        en=f'"{words}" can mean several things here, and their figures differ. Which one?',
        zh=f"“{words}”在本店有多种含义，数字不同。请问是哪一个？",
    )
    return message, options


def which_figure(
    understanding: Understanding, schema: StoreSchema, partly: Sequence[str] = ()
) -> tuple[Text, tuple[Option, ...]]:
    """Ask which figure is meant, offering the main ones."""
    reading = understanding.readings[0]
    reached = [
        n
        for n in (partly or reading.metric_options or schema.metrics)
        if all(schema.can_split(n, f.dimension) for f in reading.filters)
    ]
    names = (reached or list(schema.metrics))[:FIGURES_OFFERED]
    zh = understanding.language == "zh"
    options = tuple(
        Option(
            schema.metrics[n].label,
            f"{understanding.text.rstrip('?？。.!')}{'：' if zh else ' - '}"
            f"{schema.metrics[n].label.of(understanding.language).lower()}",
        )
        for n in names
    )
    return Text(en="Which figure do you mean?", zh="请问您想看哪个指标？"), options


_WHICH: Mapping[str, Text] = {
    "customers": Text(en="Which customer? Please give the number.", zh="请问是哪位顾客？请给出编号。"),
    "orders": Text(en="Which order? Please give its number.", zh="请问是哪个订单？请给出订单号。"),
    "products": Text(en="Which product? Please give its number.", zh="请问是哪个商品？请给出编号。"),
    "text": Text(en="What did the customer write? Please add the message.", zh="请问顾客写了什么？请附上原文。"),
}


def which_one(kind: str) -> Text:
    """Ask for the number of what was only pointed at ("this order"), or for the message that is to be answered."""
    return _WHICH[kind]


def lacking(name: str, schema: StoreSchema) -> Text:
    """Why the store cannot answer, from its own declaration, and what can be asked."""
    entry, can = schema.unavailable[name], what_can_be_asked(schema)
    return Text(en=f"{entry.why.en} {can.en}", zh=f"{entry.why.zh}{can.zh}")


def lacking_role(tool_name: str, schema: StoreSchema) -> Text:
    """Why a tool cannot be used in this store: the tables that it needs are not there."""
    missing, can = ", ".join(tool(tool_name).lacks(schema)), what_can_be_asked(schema)
    return Text(
        en=f"This store has no table of {missing}, which {tool_name} needs. {can.en}",
        zh=f"本店没有{tool_name}所需的数据表：{missing}。{can.zh}",
    )


def only_reads(schema: StoreSchema) -> Text:
    """An order to change the data."""
    can = what_can_be_asked(schema)
    return Text(
        en=f"ShopOps only reads the store; it never changes or deletes data. {can.en}",
        zh=f"ShopOps只读取数据，不会修改或删除。{can.zh}",
    )


def no_experiment() -> Text:
    """A question for what a change would do."""
    return Text(
        en="I can tell what happened and what is likely if things go on as they are, not what a change would do: the"
        " data has no such experiment. Try it on some customers, hold others out, and ask me to compare the two.",
        zh="我能说明已经发生的情况，以及照现状发展的预测，但无法推断一项改动会带来什么："
        "数据中没有这样的实验。可以先对部分顾客试行并保留对照组，再让我比较两组。",
    )


def unbounded(schema: StoreSchema) -> Text:
    """A limit on a figure ("under $20") that has nothing to be held against."""
    can = what_can_be_asked(schema)
    return Text(
        en=f'A limit needs something to hold it against, as in "stores with revenue above 10,000". {can.en}',
        zh=f"数值条件需要有对象，例如“销售额超过1万的门店”。{can.zh}",
    )


def cannot_answer(readings: Sequence[Reading], schema: StoreSchema) -> Text:
    """The question is outside the store's figures; nearest known words where a word was unknown."""
    can = what_can_be_asked(schema)
    unread = [word for reading in readings for word in reading.unread]
    near = nearest(unread, schema)
    if near:
        word, label = near
        return Text(
            en=f'I don\'t know "{word}" in this store; did you mean {label.en}? {can.en}',
            zh=f"本店没有“{word}”；您是指{label.zh}吗？{can.zh}",
        )
    if strangers := [word.removesuffix("'s") for reading in readings for word in reading.strangers]:
        return Text(
            en=f'I don\'t know "{strangers[0]}" in this store. {can.en}', zh=f"本店没有“{strangers[0]}”。{can.zh}"
        )
    return Text(
        en=f"That is outside what this store's data can answer. {can.en}", zh=f"这个问题超出了本店数据的范围。{can.zh}"
    )


def what_can_be_asked(schema: StoreSchema) -> Text:
    """A sentence on what can be asked, from the store's own metrics and dimensions."""
    metrics = [m for m in schema.metrics.values() if not m.hidden][:6]
    splits = [d for d in schema.dimensions.values() if d.kind == "member"][:5]
    en_metrics, en_splits = (
        ", ".join(m.label.en.lower() for m in metrics),
        ", ".join(d.label.en.lower() for d in splits),
    )
    zh_metrics, zh_splits = "、".join(m.label.zh for m in metrics), "、".join(d.label.zh for d in splits)
    return Text(
        en=f"You can ask for figures such as {en_metrics}, by {en_splits} or over time.",
        zh=f"可以询问{zh_metrics}等指标，并可按{zh_splits}或时间查看。",
    )


def nearest(words: Sequence[str], schema: StoreSchema) -> tuple[str, Text] | None:
    """The unknown word that is closest to something the store knows, with that thing's label."""
    labels: dict[str, Text] = {}
    for metric in schema.metrics.values():
        if not metric.hidden:
            labels.update(
                {
                    w.lower(): metric.label
                    for w in (metric.label.en, metric.label.zh, *metric.synonyms.en, *metric.synonyms.zh)
                }
            )
    for dimension in schema.dimensions.values():
        labels.update({w.lower(): dimension.label for w in (dimension.label.en, dimension.label.zh)})
        for value, member in dimension.members.items():
            shown = member.label or Text(en=value, zh=value)
            labels.update(
                {w.lower(): shown for w in (value, shown.en, shown.zh, *member.synonyms.en, *member.synonyms.zh)}
            )
    best: tuple[float, str, Text] | None = None
    for word in words:
        if len(word) < (2 if not word.isascii() else 4):
            continue
        found = process.extractOne(word, list(labels), scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH)
        if found and (best is None or found[1] > best[0]):
            best = (found[1], word, labels[found[0]])
    return (best[1], best[2]) if best else None
