"""What an operator's yes does: exactly the stored payload, once, by whom it was shown to, and on the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from agent.contracts import Principal, Proposal
from agent.doing.work import Done, Work
from agent.policy import check_acting
from db.errors import ProposalError
from db.semantic.schema import Text
from db.state.proposals import Decision, KeptProposal, Proposals, decide_on

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from agent.service import Service

__all__ = ["Actions", "Done"]

DOERS: Mapping[str, str] = {
    "set_alert": "agent.doing.set_alert",
    "schedule_brief": "agent.doing.schedule_brief",
    "export": "agent.doing.export",
}
_DECIDED = {
    "done": ("This was done already; nothing was done again.", "此前已执行，未重复执行。"),
    "declined": ("This was declined already.", "此前已取消。"),
    "expired": ("This waited for more than a day and is no longer valid.", "该提议已超过一天，已失效。"),
}


def _now() -> datetime:
    return datetime.now(UTC)


class Actions:
    """Confirms and declines proposals. Safe for many threads and processes: of two yeses one acts."""

    def __init__(self, service: Service, clock: Callable[[], datetime] = _now) -> None:
        self._service, self._clock = service, clock
        self._proposals = Proposals(service.state.engine)

    def waiting(self, principal: Principal) -> tuple[Proposal, ...]:
        """This principal's open proposals, newest first."""
        return tuple(map(proposal_of, self._proposals.waiting(principal.name, self._clock())))

    def confirm(self, proposal_id: str, principal: Principal) -> Done:
        """Do what the proposal says. Said twice, it is done once, and the second answer says so.

        Raises:
            ProposalError: this principal has none of that id, or it was declined or waited for too long.
            PermissionRefused: the role may not act, or no longer sees what the payload touches.
            ShopOpsError: what the action itself raises; the proposal then stays open.
        """
        kept = self._found(proposal_id, principal)
        check_acting(principal)
        if kept.status == "done":
            return _before("done")
        self._open(kept)
        now = self._clock()
        work: Work = import_module(DOERS[kept.action]).prepare(self._service, kept, principal, now)

        def act(connection: Connection) -> Done:
            if not decide_on(connection, kept, "done", now):
                raise _Decided
            return work.write(connection)

        return self._audited(kept, "confirm", now, act)

    def decline(self, proposal_id: str, principal: Principal) -> Done:
        """Let a proposal go.

        Raises:
            ProposalError: this principal has none of that id, or it was done or has expired.
        """
        kept = self._found(proposal_id, principal)
        if kept.status == "declined":
            return _before("declined")
        self._open(kept)
        now = self._clock()

        def let_go(connection: Connection) -> Done:
            if not decide_on(connection, kept, "declined", now):
                raise _Decided
            return Done(Text(en="Nothing was done.", zh="已取消，未执行任何操作。"))

        return self._audited(kept, "decline", now, let_go)

    def _found(self, proposal_id: str, principal: Principal) -> KeptProposal:
        kept = self._proposals.find(proposal_id, principal.name)
        if kept is None:
            raise ProposalError("You have no such proposal.", "Ask again; its id stands below the answer.")
        return kept

    def _open(self, kept: KeptProposal) -> None:
        status: Decision | str = kept.status
        if status == "open" and kept.expired(self._clock()):
            status = "expired"
        if status != "open":
            raise ProposalError(_DECIDED[status][0], "Ask again to have it proposed anew.")

    def _audited(self, kept: KeptProposal, decision: str, now: datetime, act: Callable[[Connection], Done]) -> Done:
        """Act and record it in one transaction; where another yes or no was quicker, say what became of it."""
        what = {"proposal": kept.id, "action": kept.action, "store": kept.store, "payload": dict(kept.payload)}
        try:
            return self._service.state.audited(kept.principal, decision, what, now, act)
        except _Decided:
            decided = self._proposals.find(kept.id, kept.principal)
            return _before(decided.status if decided else "expired")


class _Decided(Exception):
    """Another process decided the same proposal in between."""


def _before(status: str) -> Done:
    en, zh = _DECIDED[status]
    return Done(Text(en=en, zh=zh))


def proposal_of(kept: KeptProposal) -> Proposal:
    """A kept proposal as an answer carries it."""
    return Proposal(kept.id, kept.action, kept.payload, Text(en=kept.summary_en, zh=kept.summary_zh))
