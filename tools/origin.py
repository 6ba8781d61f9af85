"""Whether figures come from simulated data, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence

from db.semantic.schema import Origin, StoreSchema, Text
from tools.evidence import Fact
from tools.grammar import listed


def simulated_metrics(schema: StoreSchema, metrics: Sequence[str]) -> tuple[str, ...]:
    """Those of the metrics that rest, by themselves or by a part, on simulated data."""
    return tuple(m for m in metrics if any(p.origin == "simulated" for p in (schema.metric(m), *schema.parts(m))))


def origin_of(schema: StoreSchema, metrics: Sequence[str]) -> Origin:
    """The origin of a result with these metrics: simulated as soon as one is."""
    return "simulated" if simulated_metrics(schema, metrics) else "recorded"


def origin_facts(schema: StoreSchema, metrics: Sequence[str]) -> tuple[Fact, ...]:
    """One sentence that says which figures are simulated, to end a tool's facts; none where all are recorded."""
    simulated = simulated_metrics(schema, metrics)
    if not simulated:
        return ()
    if len(simulated) == len(metrics):
        text = Text(en="These figures come from simulated data.", zh="以上数字来自模拟数据。")
    else:
        labels = [schema.metric(name).label for name in simulated]
        en, zh = listed([label.en.lower() for label in labels]), "、".join(label.zh for label in labels)
        text = Text(en=f"The figures of {en} come from simulated data.", zh=f"其中{zh}来自模拟数据。")
    return (Fact("", None, "text", text, (), 1.0),)
