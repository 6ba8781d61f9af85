"""A bench in the terminal: what was measured, the bar beside it, ok or miss."""

from __future__ import annotations

import os
import platform
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.evaluation.bench import THREADS, Bench, Times
from agent.evaluation.benches import BenchTable

MEMORY_BAR = 2_500_000_000
"""Bytes of the whole process with the 1.5B model loaded."""


def show_bench(bench: Bench, console: Console) -> int:
    """Print one table. Returns 0 when every bar is met, else 1."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}), {bench.model}, {bench.day}"
    table = Table(title=f"shopops bench ask: {machine}", title_justify="left")
    for heading, justify in (
        ("measured", "left"),
        ("median", "right"),
        ("95 %", "right"),
        ("bar", "right"),
        ("", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # one of rich's two words
    for times in bench.times:
        table.add_row(*_row(times), _mark(times.ok))
    small = bench.memory is not None and bench.memory <= MEMORY_BAR
    memory = f"{bench.memory / 1e9:.2f} GB" if bench.memory is not None else "not known here"
    table.add_row("memory of the process, peak", memory, "", f"{MEMORY_BAR / 1e9:.1f} GB", _mark(small))
    done = bench.together
    table.add_row(
        f"{done.asked} questions by {THREADS} threads",
        f"{done.finished} answered, {done.strayed} mixed up",
        f"{done.seconds:.0f} s in all",
        f"{done.asked}, 0",
        _mark(done.ok),
    )
    console.print(table)
    console.print(f"Of the {done.asked}, {done.right} met their own expectation.", highlight=False)
    return 0 if all(times.ok for times in bench.times) and small and done.ok else 1


def show_table(bench: BenchTable, day: date, console: Console) -> int:
    """Print what a bench of models or detectors measured. Returns 0 when every bar is met, else 1."""
    title = f"shopops bench {bench.name}: {bench.data}; {bench.split}; seed {bench.seed}; {day}"
    table = Table(title=title, title_justify="left")
    for heading, justify in (("measured", "left"), ("value", "right"), ("bar", "right"), ("", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # one of rich's two words
    for row in bench.rows:
        table.add_row(escape(row.measured), escape(row.shown), escape(row.bar), "" if row.ok is None else _mark(row.ok))
    console.print(table)
    for note in bench.notes:
        console.print(note, highlight=False, markup=False)
    return 0 if all(row.ok is not False for row in bench.rows) else 1


def _row(times: Times) -> tuple[str, str, str, str]:
    bar = f"{times.bar:,.0f} ms"
    if times.lacking:
        return times.name, escape(times.lacking), "", bar
    places = 1 if times.bar < 10 else 0
    return times.name, f"{times.spread.median:,.{places}f} ms", f"{times.spread.p95:,.{places}f} ms", bar


def _mark(ok: bool) -> str:
    return "[green]ok[/]" if ok else "[red]miss[/]"
