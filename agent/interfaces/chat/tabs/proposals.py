"""What an answer proposed: done after a yes, let go after a no. The payload is the stored one, never the page's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.actions import Actions
from agent.interfaces.chat.tabs import NotFound
from agent.interfaces.chat.visit import Visit
from db.state.proposals import Proposals

_SAFE = re.compile(r"[A-Za-z0-9-]+")  # nothing that a pattern of file names would read as its own
LONGEST_ID = 64  # characters


def confirm(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Yes; where it made a file, the address of it."""
    name = _id(asked)
    done = Actions(visit.service).confirm(name, visit.principal)
    said = {"said": done.text.of(visit.language)}
    return said | {"file": f"chat/exports/{name}", "name": done.file.name} if done.file else said


def decline(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """No."""
    return {"said": Actions(visit.service).decline(_id(asked), visit.principal).text.of(visit.language)}


def exported(visit: Visit, name: str) -> Path:
    """The file that a confirmed proposal of the asker's made. Raises NotFound: another's, undecided, or gone."""
    kept = Proposals(visit.service.state.engine).find(name, visit.principal.name)
    if kept is None or kept.status != "done" or kept.action != "export" or not _SAFE.fullmatch(kept.id):
        raise NotFound(name)
    folder = visit.service.settings.data_dir / "exports"
    found = [path for path in folder.glob(f"*/*-{kept.id}.*") if path.is_file() and not path.name.startswith(".")]
    if len(found) != 1:
        raise NotFound(name)
    return found[0]


def _id(asked: Mapping[str, Any]) -> str:
    return str(asked.get("id", ""))[:LONGEST_ID]
