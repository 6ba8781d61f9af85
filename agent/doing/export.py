"""A yes to an export: run the shown calls once more, as this asker and of that day, and write their tables to a file.

The file is written before the proposal is decided, under a name that belongs to the proposal: a process killed in
between writes the same file again. Customers stand under their ids only in a file that its own asker opens and may
see them in; whatever goes to a channel keeps the pseudonyms.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.contracts import Answer, Call, Plan, Principal
from agent.delivery.message import Attachment, Message
from agent.delivery.names import check_channels
from agent.doing.work import Done, Work
from agent.execute import Desk, execute
from agent.policy import check_policy
from agent.present.tables_file import write_tables
from agent.relink import relink
from db.errors import StoreError
from db.semantic.schema import Text
from db.state.outbox import put_on
from db.state.proposals import KeptProposal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from agent.service import Service
    from tools.evidence import Evidence

MEDIA = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".zip": "application/zip",
}


def prepare(service: Service, kept: KeptProposal, principal: Principal, now: datetime) -> Work:
    """Make the file.

    Raises:
        ShopOpsError: a call that this asker may no longer run, or that fails. StoreError: the disk is full or shut.
        UsageError: the settings no longer have a channel of that name.
    """
    payload = kept.payload
    channels = tuple(payload["channels"])
    check_channels(channels, service.settings)
    tables = _tables(service, kept, principal, relinked=not channels)
    path = _path(service.settings.data_dir, kept, principal, len(tables))
    about = [("store", kept.store), ("as of", str(payload["as_of"])), ("by", principal.name), ("proposal", kept.id)]
    try:
        write_tables(tables, path, payload["language"], about)
    except OSError as error:
        raise StoreError("The file cannot be written.", "Look at the data folder's space and permissions.") from error
    message = _message(tables, path, payload["language"])

    def write(connection: Connection) -> Done:
        for channel in channels:
            put_on(connection, f"{kept.id}-{channel}", channel, message.to_json(), now)
        return Done(_done(path, channels), path)

    return Work(write)


def _tables(service: Service, kept: KeptProposal, principal: Principal, relinked: bool) -> Sequence[Evidence]:
    analyst = service.analyst(kept.store)
    plan = Plan("run", tuple(Call(call["tool"], call["args"]) for call in kept.payload["calls"]))
    check_policy(plan, principal, analyst.store.schema)
    as_of = date.fromisoformat(kept.payload["as_of"])
    executed = execute(plan, Desk(analyst.store, principal, analyst.limits, as_of, analyst.workspace))
    if not relinked:
        return executed.evidence
    blank = Answer("", "", kept.payload["language"], kept.store, as_of, "answered", "", evidence=executed.evidence)
    return relink(blank, executed.people, principal).evidence


def _path(data_dir: Path, kept: KeptProposal, principal: Principal, tables: int) -> Path:
    """A folder for each asker: their name made safe, and told apart from others that look the same when made safe."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", principal.name)[:40].strip("-") or "user"
    if safe != principal.name:
        safe = f"{safe}-{hashlib.sha256(principal.name.encode()).hexdigest()[:8]}"
    ending = ".xlsx" if kept.payload["format"] == "xlsx" else ".csv" if tables == 1 else ".zip"
    return data_dir / "exports" / safe / f"{kept.store}-{kept.payload['as_of']}-{kept.id}{ending}"


def _message(tables: Sequence[Evidence], path: Path, language: Any) -> Message:
    titles = "\n".join(f"- {table.title.of(language)}" for table in tables)
    title = Text(en="Export", zh="数据导出").of(language)
    return Message(title, titles, language, attachments=(Attachment(path.name, MEDIA[path.suffix], path),))


def _done(path: Path, channels: Sequence[str]) -> Text:
    to = ", ".join(channels)
    if to:
        return Text(en=f"Written, and on its way to {to}: {path.name}.", zh=f"已生成并发送到{to}：{path.name}。")
    return Text(en=f"Written: {path.name}.", zh=f"已生成文件：{path.name}。")
