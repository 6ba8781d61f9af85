"""What the store cannot answer, and words that would name two things."""

from __future__ import annotations

import copy
from typing import Any

from db.drafting.building import Building
from db.drafting.vocabulary import shipped
from db.semantic.collisions import folded


def lay(build: Building) -> None:
    """Declare what is lacking, then leave each word to one thing of a kind."""
    _lacking(build)
    _apart(build)


def _lacking(build: Building) -> None:
    """What operators ask for and this store has no column of, so that it is said instead of guessed."""
    why = {
        "en": "The data that was connected has no column for it.",
        "zh": "已接入的数据中没有相应的字段。",
    }
    have = set(build.dimensions)
    gone = {
        "geography": have & {"country", "province", "city"},
        "gender": have & {"gender"},
        "channel": have & {"sales_channel", "device"},
        "cancellations": {"cancelled_orders"} & set(build.metrics),
        "delivery": {"shipping", "fulfillment_status", "shipping_method"} & (have | set(build.metrics)),
        "logistics": {"shipping", "fulfillment_status", "shipping_method"} & (have | set(build.metrics)),
        "product_names": have & {"product"},
        "wallet_brands": have & {"payment_method"},
    }
    for name, entry in shipped()["unavailable"].items():
        if not gone.get(name):
            build.unavailable[name] = {**copy.deepcopy({k: entry[k] for k in ("label", "synonyms")}), "why": why}
    for name, entry in shipped()["metrics"].items():
        if (
            name not in build.metrics
            and not entry.get("hidden")
            and name not in ("lines", "gross_sales", "counted_revenue")
        ):
            words = {key: copy.deepcopy(entry[key]) for key in ("label", "synonyms") if key in entry}
            build.unavailable[f"no_{name}"] = {"synonyms": {}, **words, "why": why}


def _apart(build: Building) -> None:
    """Take a word from all but the first that has it: one word names one thing of a kind."""
    shown = {name: entry for name, entry in build.metrics.items() if not entry.get("hidden")}
    said: set[str] = set()
    for entries in (shown, build.dimensions):
        taken: set[str] = set()
        for name, entry in entries.items():
            if any(folded(word) in taken for word in entry["label"].values()):  # two columns of one name
                entry["label"] = {language: f"{word} ({name})" for language, word in entry["label"].items()}
            taken |= {folded(word) for word in entry["label"].values()}
        for entry in entries.values():
            _keep(entry, taken)
        said |= taken
    build.unavailable = {
        name: entry
        for name, entry in build.unavailable.items()
        if not any(folded(word) in said for word in entry["label"].values())
    }
    for entry in build.unavailable.values():
        _keep(entry, said)


def _keep(entry: dict[str, Any], taken: set[str]) -> None:
    synonyms = entry.get("synonyms")
    if not synonyms:
        return
    for language, words in synonyms.items():
        fresh = []
        for word in dict.fromkeys(map(str, words)):
            if folded(word) not in taken:
                fresh.append(word)
                taken.add(folded(word))
        synonyms[language] = fresh
