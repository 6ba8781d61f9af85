"""Runs in the terminal: tables for people, nothing for machines (see :mod:`agent.evaluation.saved`)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.evaluation import summary
from agent.evaluation.run import Outcome, Run

_LANGUAGES = {"en": "English", "zh": "Chinese"}


def show_run(run: Run, console: Console) -> None:
    """One run: right by kind, then what else was measured."""
    console.print(_kinds(run))
    console.print(_figures(run))
    console.print(_stages([run]))


def show_side_by_side(runs: Sequence[Run], console: Console) -> None:
    """Several runs: their totals and times in columns, and what turned between the first and each other."""
    table = Table(title="Side by side", title_justify="left")
    table.add_column("right")
    for run in runs:
        table.add_column(f"{run.name}\n{run.model}", justify="right")
    columns = sorted({(o.split, o.language) for run in runs for o in run.outcomes})
    for column in columns:
        scores = [summary.by_column(run.outcomes).get(column) for run in runs]
        table.add_row(_heading(column), *(f"{s} {s.share:.1%}" if s else "–" for s in scores))
    kinds = dict.fromkeys(o.kind for run in runs for o in run.outcomes)
    table.add_section()
    for kind in kinds:
        table.add_row(kind, *(str(summary.score(o for o in run.outcomes if o.kind == kind)) for run in runs))
    console.print(table)
    console.print(_stages(runs))
    for run in runs[1:]:
        better, worse = summary.turned(runs[0].outcomes, run.outcomes)
        console.print(
            f"[bold]{escape(runs[0].name)} → {escape(run.name)}[/]: "
            f"{len(better)} turned right, {len(worse)} turned wrong"
        )
        _list("right", better, console)
        _list("wrong", worse, console)


def show_wrong(run: Run, console: Console) -> None:
    """Every wrong answer with its question, where they were kept."""
    for o in run.outcomes:
        if o.right:
            continue
        console.print(
            f"\n[bold]{o.id}[/] {o.kind} · {o.split} · [red]{o.reason}[/] {escape(o.detail)}", highlight=False
        )
        if o.question:
            console.print(f"  ? {escape(o.question)}", highlight=False)
            console.print(f"  [dim]{o.status}: {escape(o.text or '')}[/]", highlight=False)


def _list(what: str, outcomes: Sequence[Outcome], console: Console) -> None:
    for o in outcomes:
        words = f"{o.question} – {o.reason} {o.detail}" if o.question else o.reason
        console.print(f"  {what}: {o.id} {escape(words)}", highlight=False)


def _heading(column: tuple[str, str]) -> str:
    split, language = column
    return f"{split} {_LANGUAGES.get(language, language)}"


def _kinds(run: Run) -> Table:
    columns = list(summary.by_column(run.outcomes))
    commit = f", commit {run.commit}" if run.commit else ""
    table = Table(title=f"{run.model}, {run.day}{commit}: right answers", title_justify="left", show_footer=True)
    table.add_column("kind", footer="all")
    totals = summary.by_column(run.outcomes)
    for column in columns:
        table.add_column(_heading(column), justify="right", footer=f"{totals[column]} {totals[column].share:.1%}")
    for kind, scores in summary.table(run.outcomes, lambda o: o.kind).items():
        table.add_row(kind, *(str(scores.get(column, "–")) for column in columns))
    return table


def _figures(run: Run) -> Table:
    outcomes = run.outcomes
    pairs, used = summary.parity(outcomes), summary.tokens(outcomes)
    table = Table(show_header=False)
    table.add_row(
        "wrong because", ", ".join(f"{n} {reason}" for reason, n in summary.reasons(outcomes).most_common()) or "–"
    )
    table.add_row("language parity", f"{pairs.both} pairs right in both, {pairs.one} in one, {pairs.none} in none")
    table.add_row("ungrounded numbers shown", str(sum(o.ungrounded for o in outcomes)))
    table.add_row("replaced sentences", str(sum(o.replaced for o in outcomes)))
    planners = {
        name: sum(o.planner == name for o in outcomes) for name in ("model", "code", "verified", "operator", None)
    }
    table.add_row("planned by", ", ".join(f"{n} {name or 'nobody (failed)'}" for name, n in planners.items() if n))
    table.add_row("tokens", f"{used.prompt:,} prompt ({used.cached:,} of them cached), {used.completion:,} completion")
    return table


def _stages(runs: Sequence[Run]) -> Table:
    table = Table(title="Milliseconds, median / 95th percentile", title_justify="left")
    table.add_column("stage")
    for run in runs:
        table.add_column(run.model, justify="right")
    spreads = [summary.stages(run.outcomes) for run in runs]
    for stage in spreads[0]:
        cells = [f"{s[stage].median:,.0f} / {s[stage].p95:,.0f}" if s[stage].count else "–" for s in spreads]
        table.add_row(_STAGES.get(stage, stage), *cells)
    return table


_STAGES = {"plan": "plan, by the model", "one tool": "whole answer, one tool"}
