"""``--explain``: how an answer came about, down to the SQL that can be run as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text as Line

from agent.answer_json import STAGES, answer_object
from agent.contracts import Answer
from agent.interfaces.text import one_line, printable
from db.semantic.query import Interval
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt

WORDS = {
    "plan": Text(en="Plan", zh="计划"),
    "sql": Text(en="SQL", zh="SQL"),
    "definitions": Text(en="Definitions", zh="口径"),
    "periods": Text(en="Periods", zh="时间范围"),
    "corrections": Text(en="Spelling", zh="拼写更正"),
    "timings": Text(en="Time", zh="用时"),
    "tokens": Text(en="Tokens", zh="词元"),
    "replaced": Text(en="Replaced sentences", zh="替换的句子"),
}
SOURCES = {
    "verified": Text(en="a verified question, no model asked", zh="已验证的问题，未调用模型"),
    "model": Text(en="planned by the model", zh="由模型制定"),
    "operator": Text(en="your own SQL", zh="您自己的SQL"),
    "code": Text(en="settled by the words alone, no model asked", zh="由措辞直接确定，未调用模型"),
}
FORCED = Text(
    en="the model's form had one filling: the question's words left no choice",
    zh="表单只有一种填法：问题的措辞已无歧义",
)
STAGE_NAMES = {
    "understand": "理解",
    "plan": "计划",
    "execute": "执行",
    "compose": "成文",
    "verify": "核对",
    "total": "合计",
}
TOKENS = {
    "prompt": Text(en="read {n}", zh="读取{n}"),
    "cached": Text(en="of these kept from before {n}", zh="其中沿用{n}"),
    "completion": Text(en="written {n}", zh="生成{n}"),
}


def explain(answer: Answer, schema: StoreSchema, console: Console) -> None:
    """Print plan, SQL, definitions, periods, corrections, timings and tokens, in the answer's language."""
    language = answer.language
    sections = {
        "plan": list(_plan(answer)),
        "periods": list(_periods(answer)),
        "definitions": list(_definitions(answer, schema)),
        "corrections": [Line(f"{one_line(a)} → {one_line(b)}") for a, b in answer.corrections],
        "sql": list(_sql(answer)),
        "timings": [_timings(answer)],
        "tokens": [_tokens(answer)] if answer.model else [],
        "replaced": [Line(str(answer.replaced_sentences))] if answer.evidence else [],
    }
    for name, lines in sections.items():
        if lines:
            console.print()
            console.print(Line(WORDS[name].of(language), style="bold magenta"))
            for line in lines:
                console.print(Line("  ") + line if "\n" not in line.plain else line, soft_wrap=name == "sql")


def _plan(answer: Answer) -> Iterator[Line]:
    if answer.plan is None:
        return
    source = SOURCES[answer.plan.source]
    if answer.plan.source == "model" and not answer.plan.choices:
        source = FORCED
    yield Line(source.of(answer.language), style="dim")
    for call in answer_object(answer)["plan"]:
        args = call["args"]
        yield Line(call["tool"], style="bold")
        for key, value in args.items():
            if key != "sql":
                yield Line(f"  {key}: ", style="dim") + Line(one_line(json.dumps(value, ensure_ascii=False)))


def _periods(answer: Answer) -> Iterator[Line]:
    seen: dict[Interval, None] = {}
    for query in answer.queries:
        seen |= dict.fromkeys(p for p in (query.time, query.compare) if p is not None)
    for interval in seen:
        words = fmt.period(interval).of(answer.language)
        yield Line(words) + Line(f"  {interval.start} ≤ day < {interval.end}", style="dim")


def _definitions(answer: Answer, schema: StoreSchema) -> Iterator[Line]:
    for name in dict.fromkeys(name for query in answer.queries for name in query.metrics):
        metric = schema.metrics[name]
        line = Line(metric.label.of(answer.language), style="bold")
        yield line + Line(f": {one_line(metric.description.of(answer.language))}", style="not bold")


def _sql(answer: Answer) -> Iterator[Line]:
    for evidence in answer.evidence:
        if evidence.sql:
            if len(answer.evidence) > 1:
                yield Line(evidence.id, style="dim")
            yield Line(printable(pretty(evidence.sql)))
        elif evidence.method:
            yield Line(one_line(evidence.method))


_SQLITE = re.compile(r"\b(?:strftime|printf|substr)\(|\bdate\([^()]*, ?'", re.IGNORECASE)  # as the layer writes it


def pretty(sql: str) -> str:
    """SQL laid out over lines; as it is where it cannot be read."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    dialect = "sqlite" if _SQLITE.search(sql) else "duckdb"  # which reads what is written for PostgreSQL too
    try:
        return sqlglot.transpile(sql, read=dialect, write=dialect, pretty=True)[0]
    except (SqlglotError, IndexError):
        return sql


def _timings(answer: Answer) -> Line:
    names = STAGE_NAMES if answer.language == "zh" else {}
    spent = ((names.get(stage, stage), getattr(answer.timings, stage)) for stage in STAGES)
    return Line(" · ".join(f"{name} {milliseconds:,.0f} ms" for name, milliseconds in spent))


def _tokens(answer: Answer) -> Line:
    parts = (words.of(answer.language).format(n=f"{getattr(answer.tokens, key):,}") for key, words in TOKENS.items())
    return Line(" · ".join(parts))
