"""``shopops ask``: one question, or a file of them."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db.errors import QuestionError, UsageError

if TYPE_CHECKING:
    from agent.ask import Analyst
    from agent.contracts import Answer, Question
    from agent.doing.work import Done
    from agent.settings import Settings

LONGEST_INPUT = 200_000  # characters read from stdin; what a question may have is less, and said by the analyst
EPILOG = """Examples:

\b
  shopops ask "How much revenue did we make last month?"
  shopops ask "那按部门呢？" --conversation monday
  shopops ask --batch questions.jsonl --out answers.jsonl

Exit status: 0 answered (or asked back, or out of scope), 1 failed or refused, 2 used wrongly, 130 stopped."""


@dataclass(frozen=True, slots=True)
class Output:
    """How an answer is shown."""

    json: bool
    explain: bool
    color: bool


@click.command(epilog=EPILOG)
@click.argument("question", nargs=-1)
@click.option("--store", metavar="S", help="The store to ask; the one in the settings without it.")
@click.option("--as-of", metavar="DATE", help="Answer as if today were this day (YYYY-MM-DD).")
@click.option("--model", metavar="M", help="local:NAME, a .gguf file, or hosted:MODEL.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON (docs/answer-json.md).")
@click.option("--explain", is_flag=True, help="Show plan, SQL, definitions and timings too.")
@click.option("--conversation", metavar="ID", help="Go on with this conversation, or begin it.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same.")
@click.option("--batch", metavar="IN.jsonl", type=click.Path(path_type=Path), help="Answer every line of this file.")
@click.option("--out", metavar="OUT.jsonl", type=click.Path(path_type=Path), help="Where the answers of --batch go.")
@click.option("--resume", is_flag=True, help="Go on with a --batch that was stopped.")
def ask(
    question: tuple[str, ...],
    store: str | None,
    as_of: str | None,
    model: str | None,
    as_json: bool,
    explain: bool,
    conversation: str | None,
    no_color: bool,
    batch: Path | None,
    out: Path | None,
    resume: bool,
) -> int:
    """Ask a question in English or Chinese; QUESTION "-" reads it from standard input."""
    from agent.interfaces.cli.log import log_to_file
    from agent.settings import load_settings

    day = _day(as_of)
    settings = load_settings()
    log_to_file(settings.log_file)
    if batch is not None:
        if question or out is None or explain or conversation:
            raise UsageError("--batch takes --out, and no question, --explain or --conversation.")
        from agent.interfaces.cli.batch import answer_file

        return answer_file(batch, out, resume, _opener(settings, store, model), store or settings.store, day)
    if out is not None or resume:
        raise UsageError("--out and --resume belong to --batch.")
    text = _text(question)
    output = Output(as_json, explain, color=not no_color)
    return _one(text, conversation, day, store or settings.store, output, _opener(settings, store, model))


def _opener(settings: Settings, store: str | None, model: str | None) -> Callable[[bool], Analyst]:
    def open_it(transient: bool) -> Analyst:
        from agent.open import open_analyst

        if not transient:
            opened = open_analyst(settings, store=store, model=model)
            opened.decide = lambda question: _decided(settings, question)
            return opened
        from agent.memory import Memory

        return open_analyst(settings, store=store, model=model, memory=Memory.transient())

    return open_it


def _decided(settings: Settings, question: Question) -> Done | None:
    """What a bare "yes" or "no" in a conversation did; everything else is a question."""
    from agent.deciding import Deciding, said

    if question.conversation is None or said(question.text) is None:
        return None
    from agent.service import Service

    with Service.open(settings) as service:
        return Deciding(service)(question)


def _one(
    text: str,
    conversation: str | None,
    as_of: date | None,
    store: str,
    output: Output,
    opener: Callable[[bool], Analyst],
) -> int:
    import threading

    from agent.contracts import Question
    from agent.interfaces.cli.waiting import cancellable, spinner

    question = Question(f"q{secrets.token_hex(4)}", text, store, as_of, conversation)
    with spinner(output.color) as say:

        def work(cancel: threading.Event) -> tuple[Analyst, Answer]:
            say("opening the store")
            opened = opener(False)
            return opened, opened.ask(question, progress=lambda stage, message: say(message), cancel=cancel)

        analyst, answer = cancellable(work)
    try:
        _show(answer, analyst, output)
    finally:
        analyst.close()
    return answer.exit_status


def _show(answer: Answer, analyst: Analyst, output: Output) -> None:
    if output.json:
        from agent.answer_json import answer_json

        click.echo(answer_json(answer, indent=2))
        return
    if answer.status in {"failed", "refused"}:
        from agent.interfaces.text import one_line

        click.echo(f"Error: {one_line(answer.text)}", err=True)
        return
    from agent.interfaces.terminal import render, terminal

    schema = analyst.store.schema
    console = terminal(color=output.color)
    render(answer, schema, console)
    if output.explain:
        from agent.interfaces.terminal_explain import explain

        explain(answer, schema, console)


def _text(words: tuple[str, ...]) -> str:
    """The question, whether quoted or not; from standard input for ``-``."""
    try:
        text = sys.stdin.read(LONGEST_INPUT) if words == ("-",) else " ".join(words)
        text.encode("utf-8")
    except UnicodeError:
        raise QuestionError("The question is not UTF-8 text.", "Check the terminal's or the file's encoding.") from None
    if not text.strip():
        raise QuestionError("The question is empty.", 'Ask one, for example: shopops ask "revenue last month"')
    return text.strip()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise UsageError(f"--as-of '{text}' is not a date.", "Write it as YYYY-MM-DD.") from None
