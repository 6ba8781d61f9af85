"""For administrators: connect a shop of one's own. Looked at first, kept only after a yes; the draft waits in memory.

From a browser a database is given by its PostgreSQL address, and files are sent: paths of this machine are for the
command line, whose user may read them anyway.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent import connect as connecting
from agent.connecting.drafts import Draft
from agent.interfaces.chat.tabs import NotFound
from agent.interfaces.chat.tabs.data import data
from agent.interfaces.chat.views.connect import draft_html
from agent.interfaces.chat.visit import Visit
from agent.interfaces.chat.words import tabs as words
from db.errors import UsageError

UPLOAD_BYTES = 50_000_000  # of all files together
_drafts: dict[tuple[Path, str], Draft] = {}  # one of each administrator; a new one takes the place of the old
_lock = threading.Lock()


def connect_look(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Look at a database and show what connecting it would give. Nothing is kept."""
    address = str(asked.get("address", "")).strip()
    if not address.startswith(("postgresql://", "postgres://")):
        raise UsageError("From here a PostgreSQL address can be connected.", "Write postgresql://USER@HOST/DATABASE.")
    return look(visit, address, asked)


def look(visit: Visit, source: str | Sequence[Path], asked: Mapping[str, Any]) -> dict[str, Any]:
    """As :func:`connect_look`, for files too."""
    name = str(asked.get("name", "")).strip()
    connecting.check_name(name)
    if (visit.service.settings.stores_folder / f"{name}.yaml").exists():
        raise UsageError(f"There is a store '{name}' already.", "Choose another name.")
    wishes = connecting.Wishes(currency=_currency(asked.get("currency")), limit=UPLOAD_BYTES)
    draft = connecting.preview(visit.service.settings, source, name, wishes)
    _keep(visit, draft)
    return {"html": draft_html(draft, visit.language)}


def connect_yes(visit: Visit, _: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was shown; the store can then be chosen."""
    draft = _keep(visit, None)
    if draft is None:
        raise NotFound("draft")
    try:
        made = connecting.connect(visit.service.settings, draft)
    finally:
        connecting.discard(draft)
    now, what = datetime.now(UTC), {"store": made.name, "place": made.place}
    visit.service.state.append_audit(visit.principal.name, "store_connect", what, now)
    return {"said": words.CONNECTED.of(visit.language).format(name=made.name), "store": made.name}


def connect_no(visit: Visit, _: Mapping[str, Any]) -> dict[str, Any]:
    """Forget what was shown."""
    draft = _keep(visit, None)
    if draft is not None:
        connecting.discard(draft)
    return data(visit, {})


def _keep(visit: Visit, draft: Draft | None) -> Draft | None:
    """Put a draft in place of the one that waits. Gives the old one where it was only taken away."""
    key = (visit.service.settings.data_dir, visit.principal.name)
    with _lock:
        old = _drafts.pop(key, None)
        if draft is not None:
            _drafts[key] = draft
    if draft is not None and old is not None:
        connecting.discard(old)
    return old


def _currency(code: object) -> str | None:
    text = str(code or "").strip().upper()
    if not text:
        return None
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise UsageError("This is no currency.", "Write its three letters, e.g. EUR.")
    return text


def forget_folder(folder: Path) -> None:
    """Remove what was sent; a draft has its own copy."""
    shutil.rmtree(folder, ignore_errors=True)
