"""Work that takes time, on a terminal and elsewhere: Ctrl-C is heard at once, progress goes to stderr."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

GRACE_SECONDS = 5.0  # a local model looks at the event after every token, 50 ms on two cores; then we leave it
REPORT_SECONDS = 2.0  # between lines of progress where there is no terminal

T = TypeVar("T")
Tell = Callable[[str, float], None]


def cancellable(work: Callable[[threading.Event], T]) -> T:
    """Run ``work`` beside the main thread, which alone hears Ctrl-C and then sets the event and stops waiting.

    Raises:
        KeyboardInterrupt: it was stopped; ``work`` had ``GRACE_SECONDS`` to end.
    """
    cancel = threading.Event()
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work(cancel))
        except BaseException as error:  # handed to the waiting thread
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="work")
    try:
        thread.start()
        while thread.is_alive():
            thread.join(0.2)
    except KeyboardInterrupt:
        cancel.set()
        if thread.is_alive():
            thread.join(GRACE_SECONDS)
        raise
    if failed:
        raise failed[0]
    return done[0]


@contextmanager
def spinner(color: bool) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console

    console = Console(stderr=True, no_color=not color or None)
    with console.status("…", spinner="dots") as status:
        yield lambda text: status.update(f"[dim]{text}…[/dim]")


@contextmanager
def bar(label: str) -> Iterator[Tell]:
    """Progress as ``tell(what, fraction)``: a bar on a terminal, a line every few seconds elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(label, total=1.0)
            yield lambda what, fraction: progress.update(task, description=f"{label}: {what}", completed=fraction)
        return
    last = [-REPORT_SECONDS]

    def tell(what: str, fraction: float) -> None:
        now = time.monotonic()
        if now - last[0] >= REPORT_SECONDS:
            last[0] = now
            click.echo(f"{label}: {what} {fraction:.0%}", err=True)

    yield tell
