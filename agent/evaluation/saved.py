"""Runs as JSON files: one run a file, to compare with later."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import asdict
from datetime import date
from pathlib import Path

from agent.evaluation.run import Outcome, Run
from db.errors import UsageError
from models.llm.base import Usage

FORMAT = 1
GIT_SECONDS = 5


def save(run: Run, path: Path) -> Path:
    """Write a run. Raises UsageError where that cannot be."""
    from db.sources.atomic import replacing

    data = {"format": FORMAT, **asdict(run), "day": run.day.isoformat()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            draft.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"The run cannot be saved to {path}: {error.strerror}.", "Give another --save PATH.") from None
    return path


def load(path: Path) -> Run:
    """Read a saved run. Raises UsageError where it is none."""
    try:
        data = json.loads(path.read_text("utf-8"))
        if data.pop("format") != FORMAT:
            raise ValueError
        outcomes = tuple(Outcome(**{**item, "tokens": Usage(**item["tokens"])}) for item in data.pop("outcomes"))
        return Run(**{**data, "day": date.fromisoformat(data["day"])}, outcomes=outcomes)
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", "`shopops eval` says where it saves a run.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{path} is not a saved run.", "`shopops eval` says where it saves a run.") from None


def default_path(folder: Path, run: Run, stamp: str) -> Path:
    """Where a run goes that was given no path: ``evals/STAMP-MODEL.json`` under the data folder."""
    model = re.sub(r"[^A-Za-z0-9.-]+", "-", run.model.rpartition("/")[2])
    return folder / "evals" / f"{stamp}-{model}.json"


def git_commit(folder: Path = Path(__file__).parent) -> str | None:
    """The commit of the source, with ``+`` where it was changed since; None outside a checkout."""
    try:
        head = _git(folder, "rev-parse", "--short", "HEAD")
        return head + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=GIT_SECONDS)
    return done.stdout.strip()
