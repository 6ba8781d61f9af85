"""The templates: the shipped ones, or the operator's own in the data folder, in a sandbox.

A template sees strings and finished pictures only. HTML is escaped by the environment; Markdown is given texts that are
escaped already, so that no template can forget it. A template that fails stops the brief with file and line: nothing is
written with another one behind the operator's back.
"""

from __future__ import annotations

import traceback
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, FunctionLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from db.errors import SettingsError

SHIPPED = files("agent.brief") / "templates"


def _shipped(name: str) -> str | None:
    path = SHIPPED / name
    return path.read_text("utf-8") if path.is_file() else None


def environment(folder: Path, escape: bool) -> ImmutableSandboxedEnvironment:
    """An environment whose templates come from ``folder`` where they are there, else from the package."""
    loader = ChoiceLoader([FileSystemLoader(str(folder)), FunctionLoader(_shipped)])
    return ImmutableSandboxedEnvironment(
        loader=loader, autoescape=escape, undefined=StrictUndefined, keep_trailing_newline=True
    )


def text_of(folder: Path, name: str) -> str:
    """A file that is no template (the style sheet): the operator's own, else the shipped one."""
    own = folder / name
    return own.read_text("utf-8", "replace") if own.is_file() else (SHIPPED / name).read_text("utf-8")


def render(folder: Path, name: str, values: dict[str, Any], escape: bool) -> str:
    """A template filled in.

    Raises:
        SettingsError: it cannot be read or fails; the sentence names file and line.
    """
    own = folder / name
    where = str(own) if own.is_file() else name
    try:
        return environment(folder, escape).get_template(name).render(values)
    except TemplateSyntaxError as error:
        line, what = error.lineno, str(error.message)
    except (TemplateError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        line, what = _line(error, name), str(error)
    except UnicodeDecodeError:
        line, what = 1, "it is not UTF-8 text"
    sentence = what.strip().splitlines()[0].rstrip(".") if what.strip() else "it cannot be filled in"
    raise SettingsError(
        f"{where}, line {line}: {sentence}.", "Mend the line, or delete the file to use the shipped one."
    )


def _line(error: BaseException, name: str) -> int:
    """The line of the template on which it failed."""
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(name) or f.filename == "<template>"
    ]
    return frames[-1].lineno or 1 if frames else 1
