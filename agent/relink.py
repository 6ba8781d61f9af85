"""Pseudonyms back into ids, on the screen of an operator who may see them; everyone else keeps the pseudonyms."""

from __future__ import annotations

from dataclasses import replace

from agent.contracts import Answer, Principal
from db.semantic.schema import Text
from tools.evidence import Evidence, Fact, Value
from tools.people import People


def relink(answer: Answer, people: People, principal: Principal) -> Answer:
    """The answer as this operator may see it. What is kept or logged is the answer before this."""
    if not principal.may_see_pii or not people.links:
        return answer
    return replace(
        answer,
        text=people.relink(answer.text),
        evidence=tuple(_evidence(item, people) for item in answer.evidence),
        facts=tuple(_fact(item, people) for item in answer.facts),
        suggestions=tuple(people.relink(words) for words in answer.suggestions),
    )


def _evidence(evidence: Evidence, people: People) -> Evidence:
    rows = tuple(tuple(_value(cell, people) for cell in row) for row in evidence.rows)
    method = people.relink(evidence.method) if evidence.method else None
    return replace(evidence, title=_text(evidence.title, people), rows=rows, method=method)


def _fact(fact: Fact, people: People) -> Fact:
    words = tuple(people.relink(word) for word in fact.words)
    return replace(fact, text=_text(fact.text, people), value=_value(fact.value, people), words=words)


def _text(text: Text, people: People) -> Text:
    return Text(en=people.relink(text.en), zh=people.relink(text.zh))


def _value(value: Value, people: People) -> Value:
    if isinstance(value, Text):
        return _text(value, people)
    return people.relink(value) if isinstance(value, str) else value
