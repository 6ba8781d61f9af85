"""``shopops eval`` and ``shopops bench``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from agent.evaluation.run import Run
    from agent.evaluation.sets import Case, Split
    from agent.settings import Settings

EVAL_EPILOG = """Examples:

\b
  shopops eval --split dev --language en --limit 20 --show wrong
  shopops eval --model local:qwen2.5-coder-1.5b --model local:qwen2.5-coder-0.5b
  shopops eval --compare before.json after.json

Exit status: 0, 1 when a language is right in less than --min of a split, 2 used wrongly."""
BENCH_EPILOG = """Example:

\b
  shopops bench ask

Exit status: 0 when every bar is met, 1 when one is missed."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which questions are asked, and what is shown."""

    split: Split
    language: str
    kind: str | None
    limit: int | None
    own: Path | None
    show: str | None


@click.command(name="eval", epilog=EVAL_EPILOG)
@click.option("--split", type=click.Choice(["dev", "test", "all"]), default="dev", show_default=True)
@click.option("--language", type=click.Choice(["en", "zh", "all"]), default="all", show_default=True)
@click.option("--kind", metavar="KIND", help="Only questions of this kind, e.g. ranking.")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="About this many questions, spread over the set.")
@click.option(
    "--model", "models", metavar="M", multiple=True, help="local:NAME, a .gguf file, hosted:MODEL; repeatable."
)
@click.option("--store", metavar="S", help="The store to ask; the one in the settings without it.")
@click.option("--set", "own", metavar="FILE", type=click.Path(path_type=Path), help="Your own questions (JSONL).")
@click.option("--show", type=click.Choice(["wrong"]), help="Print wrong answers, those of the test split too.")
@click.option("--min", "least", metavar="SHARE", type=click.FloatRange(0, 1), help="Exit 1 below this, e.g. 0.95.")
@click.option("--save", metavar="PATH", type=click.Path(path_type=Path), help="Where the run is saved, for one model.")
@click.option("--compare", metavar="RUN RUN", nargs=2, type=click.Path(path_type=Path), help="Compare two saved runs.")
def eval_command(
    split: Split,
    language: str,
    kind: str | None,
    limit: int | None,
    models: tuple[str, ...],
    store: str | None,
    own: Path | None,
    show: str | None,
    least: float | None,
    save: Path | None,
    compare: tuple[Path, Path] | None,
) -> int:
    """Ask sets of questions whose answers are known, and count what is right.

    Questions and answers of the test split are neither shown nor saved unless --show is given: nothing may be tuned on
    them.
    """
    from rich.console import Console

    from agent.evaluation.report import show_side_by_side

    console = Console()
    if compare:
        from agent.evaluation.saved import load

        show_side_by_side([load(path) for path in compare], console)
        return 0
    if save and len(models) > 1:
        raise UsageError("--save is for one model.", "Leave it out: each run says where it is saved.")
    from agent.settings import load_settings

    settings = load_settings()
    which = Chosen(split, language, kind, limit, own, show)
    cases = _cases(which)
    runs = [_measured(model, store, cases, which, settings, save, console) for model in models or (settings.model,)]
    if len(runs) > 1:
        show_side_by_side(runs, console)
    return _status(runs, least, console)


def _cases(which: Chosen) -> tuple[Case, ...]:
    from agent.evaluation.run import chosen
    from agent.evaluation.sets import load_file, load_sets

    everything = load_file(which.own) if which.own else load_sets(split=which.split, language=which.language)
    cases = chosen(everything, which.kind, which.limit)
    if not cases:
        kinds = ", ".join(dict.fromkeys(case.kind for case in everything))
        raise UsageError(
            "No question is of that kind." if kinds else "The set is empty.", f"Kinds: {kinds}." if kinds else ""
        )
    return cases


def _measured(
    model: str, store: str | None, cases: tuple[Case, ...], which: Chosen, settings: Settings, path: Path | None,
    console: Console,
) -> Run:  # fmt: skip
    """Run, save and show one model."""
    from agent.evaluation.grade import labels_of
    from agent.evaluation.opening import open_to_measure
    from agent.evaluation.report import show_run, show_wrong
    from agent.evaluation.run import Run, run_cases, warm_up
    from agent.evaluation.saved import default_path, git_commit, save

    now = datetime.now().astimezone()
    with closing(open_to_measure(settings, store, model)) as analyst, _bar(model, len(cases)) as step:
        warm_up(analyst, cases, store or settings.store)
        outcomes = run_cases(
            analyst,
            cases,
            store=store or settings.store,
            labels=labels_of(analyst.store.schema),
            keep_words=lambda case: case.split != "test" or which.show is not None,
            done=lambda outcome: step(),
        )
    stamp = now.strftime("%Y%m%d-%H%M%S")
    run = Run(f"{path.stem if path else stamp}", model, now.date(), git_commit(), outcomes)
    show_run(run, console)
    if which.show:
        show_wrong(run, console)
    saved = save(run, path or default_path(settings.data_dir, run, stamp))
    console.print(f"Saved to {saved}", highlight=False, soft_wrap=True)
    return run


def _status(runs: list[Run], least: float | None, console: Console) -> int:
    from agent.evaluation.summary import lowest

    below = [run for run in runs if least is not None and lowest(run.outcomes) < least]
    for run in below:
        console.print(
            f"{run.model}: {lowest(run.outcomes):.1%} in its weakest language and split, less than {least:.1%}."
        )
    return 1 if below else 0


class _bar:
    """A progress bar on standard error; ``step()`` after each question."""

    def __init__(self, what: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(what, total=total)

    def __enter__(self) -> Callable[[], None]:
        self._progress.start()
        return lambda: self._progress.advance(self._task)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


@click.command(name="bench", epilog=BENCH_EPILOG)
@click.argument("name", metavar="NAME", required=False)
@click.option("--model", metavar="M", help="For ask: local:NAME, a .gguf file, or hosted:MODEL.")
@click.option("--store", metavar="S", help="For ask: the store; the one in the settings without it.")
@click.option(
    "--questions",
    metavar="N",
    type=click.IntRange(8),
    default=100,
    show_default=True,
    help="For ask: asked at once, by 8 threads.",
)
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of benchmark data that does not ship; ../shared/data where it is there.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of every split and model.")
def bench_command(
    name: str | None, model: str | None, store: str | None, questions: int, data: Path | None, seed: int
) -> int:
    """Measure on this machine. NAME: ask (times and memory of one question), or one of the models and detectors."""
    from agent.evaluation.benches import BENCHES

    if name != "ask" and name not in BENCHES:
        what = f"There is no bench '{name}'." if name else "Which bench?"
        raise UsageError(what, f"There is: ask, {', '.join(BENCHES)}.")
    if name == "ask":
        return _bench_ask(model, store, questions)
    return _bench_model(name or "", data, seed)


def _bench_ask(model: str | None, store: str | None, questions: int) -> int:
    from rich.console import Console

    from agent.evaluation.bench import bench_ask, steps
    from agent.evaluation.bench_report import show_bench
    from agent.settings import load_settings

    with _bar("measuring", steps(questions)) as step:
        bench = bench_ask(load_settings(), store, model, questions, datetime.now().astimezone().date(), step)
    return show_bench(bench, Console())


def _bench_model(name: str, data: Path | None, seed: int) -> int:
    from rich.console import Console

    from agent.evaluation.bench_report import show_table
    from agent.evaluation.benches import BenchSkipped, Setup, run_bench
    from agent.settings import load_settings

    beside = data or next((path for path in (Path("../shared/data"), Path("shared/data")) if path.is_dir()), None)
    console = Console()
    with console.status(name) as status:
        setup = Setup(load_settings(), beside, seed, lambda stage, done: status.update(f"{stage} {done:.0%}"))
        try:
            table = run_bench(name, setup)
        except BenchSkipped as skipped:
            console.print(f"Skipped: {skipped}", highlight=False)
            return 0
    return show_table(table, datetime.now().astimezone().date(), console)
