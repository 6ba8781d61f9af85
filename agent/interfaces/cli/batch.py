"""``shopops ask --batch``: a file of questions in, a file of answers out, nothing lost when it is stopped.

Answers are appended to ``OUT.part`` line by line; ``OUT`` is put in place, in the order of the questions, once all are
there.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from agent.answer_json import answer_object
from agent.contracts import Question
from agent.interfaces.cli.waiting import bar, cancellable
from db.errors import ShopOpsError, UsageError

if TYPE_CHECKING:
    from agent.ask import Analyst

LARGEST_BYTES = 100_000_000  # read at once; a hundred thousand questions are 10 MB
FAILED = ("failed", "refused")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: a question, or why it is none (``error``)."""

    number: int
    id: str
    question: str = ""
    conversation: str | None = None
    error: str | None = None


def answer_file(
    source: Path, target: Path, resume: bool, opener: Callable[[bool], Analyst], store: str, as_of: date | None
) -> int:
    """Answer every line; the exit status: 1 where a line could not be read or answered.

    Raises:
        UsageError: the files cannot be used, two lines have one id, or an unfinished run is in the way.
        ShopOpsError: the store or the model cannot be opened.
    """
    lines = read_lines(source)
    part = target.with_name(f"{target.name}.part")
    kept = _kept(part, lines, resume)
    try:
        _write(part, kept.values())
        with part.open("a", encoding="utf-8") as file, closing(opener(True)) as analyst:
            _answer_all(lines, kept, file, analyst, store, as_of)
        answers = _read(part)
        _write(target, (answers[line.id] for line in lines))
        part.unlink()
    except KeyboardInterrupt:
        click.echo(f"Finished answers are kept in {part}; add --resume to go on.", err=True)
        raise
    except OSError as error:
        hint = "Look at the folder and its free space, then add --resume: what was finished is kept."
        raise UsageError(f"{target} cannot be written: {error.strerror}.", hint) from None
    counts = Counter(json.loads(text)["status"] for text in answers.values())
    said = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())
    click.echo(f"{len(lines)} lines: {said or 'nothing to do'} → {target}", err=True)
    return 1 if any(counts[status] for status in FAILED) else 0


def read_lines(source: Path) -> list[Line]:
    """The lines of a batch file; one that is no question carries its error. Raises UsageError for the whole file."""
    try:
        if source.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"{source} is larger than {LARGEST_BYTES // 1_000_000} MB.", "Split it.")
        raw = source.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from None
    lines = [_line(number, text) for number, text in enumerate(raw, 1) if text.strip()]
    seen: dict[str, int] = {}
    for line in lines:
        if line.id in seen:
            raise UsageError(f"{source} lines {seen[line.id]} and {line.number} have the same id '{line.id[:80]}'.")
        seen[line.id] = line.number
    return lines


def _line(number: int, raw: bytes) -> Line:
    fallback = f"line-{number}"
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Line(number, fallback, error="It is not JSON in UTF-8.")
    if not isinstance(data, dict):
        return Line(number, fallback, error='It is not an object like {"id": "1", "question": "…"}.')
    name, question = data.get("id"), data.get("question")
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        return Line(number, fallback, error='Its "id" is missing, or is not text.')
    conversation, lang = data.get("conversation"), data.get("lang")
    checks = {
        'Its "question" is missing, or is not text.': not isinstance(question, str),
        'Its "question" is empty.': isinstance(question, str) and not question.strip(),
        'Its "conversation" is not text.': not isinstance(conversation, str | None),
        'Its "lang" is neither "en" nor "zh".': lang not in (None, "en", "zh"),
        "It holds half a character (a lone surrogate).": not _whole(f"{name}{question}{conversation}"),
    }
    error = next((sentence for sentence, wrong in checks.items() if wrong), None)
    if error is not None:
        return Line(number, str(name) if _whole(str(name)) else fallback, error=error)
    return Line(number, str(name), str(question), conversation)


def _whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _kept(part: Path, lines: list[Line], resume: bool) -> dict[str, str]:
    """Finished answers of the run that was stopped, by id. A conversation that it did not end is asked anew."""
    if not part.exists() or not part.stat().st_size:
        return {}
    if not resume:
        raise UsageError(f"{part} holds the answers of a run that was stopped.", "Add --resume to go on, or delete it.")
    asked = {line.id: line for line in lines}
    same = {key: text for key, text in _read(part).items() if _is_answer_of(asked.get(key), text)}
    broken = {line.conversation for line in lines if line.conversation and line.id not in same}
    return {key: text for key, text in same.items() if asked[key].conversation not in broken}


def _read(part: Path) -> dict[str, str]:
    """The whole lines of an output file, by id."""
    found: dict[str, str] = {}
    for text in part.read_text("utf-8", "replace").split("\n"):
        try:
            found[json.loads(text)["id"]] = text
        except (ValueError, KeyError, TypeError):
            continue  # empty, or cut off while it was being written
    return found


def _write(path: Path, texts: Iterable[str]) -> None:
    """Put a file of lines in its place in one step."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.writelines(f"{text}\n" for text in texts)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def _is_answer_of(line: Line | None, text: str) -> bool:
    return line is not None and line.error is None and json.loads(text).get("question") == line.question


def _answer_all(
    lines: list[Line], kept: Mapping[str, str], file: IO[str], analyst: Analyst, store: str, as_of: date | None
) -> None:
    with bar("questions") as tell:
        for done, line in enumerate(lines):
            if line.id in kept:
                continue
            tell(f"{done} of {len(lines)}", done / len(lines))
            file.write(json.dumps(_answer(line, analyst, store, as_of), ensure_ascii=False, allow_nan=False) + "\n")
            file.flush()


def _answer(line: Line, analyst: Analyst, store: str, as_of: date | None) -> dict[str, Any]:
    if line.error is not None:
        return error_object(line.id, UsageError(f"Line {line.number} cannot be read: {line.error}"))
    question = Question(line.id, line.question, store, as_of, line.conversation)

    def work(cancel: threading.Event) -> dict[str, Any]:
        return answer_object(analyst.ask(question, cancel=cancel))

    return cancellable(work)


def error_object(name: str, error: ShopOpsError) -> dict[str, Any]:
    """What stands in the output for a line that is no question."""
    return {"id": name, "status": "failed", "text": str(error), "error": error.code}
