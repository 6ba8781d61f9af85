"""A bare "yes" or "no" in a conversation, said right after something was proposed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.contracts import Question
from agent.doing.work import Done
from db.semantic.schema import Text
from db.state.proposals import Proposals

if TYPE_CHECKING:
    from agent.service import Service

_YES = re.compile(
    r"(?:yes|y|yep|yeah|ok|okay|sure|confirm(?:ed)?|do it|go ahead|please do|yes,? please|yes,? do it"
    r"|确认|确定|好|好的|好啊|是|是的|可以|行|同意|没问题|对|嗯|就这样|执行)",
    re.IGNORECASE,
)
_NO = re.compile(
    r"(?:no|n|nope|cancel|don'?t|do not|no,? thanks|never ?mind"
    r"|取消|不|不用|不用了|不要|不要了|算了|否|不了|不行|先不要)",
    re.IGNORECASE,
)

ASSISTANTS = frozenset({"mcp"})  # at these faces a model does the talking, and a yes would be its own


def _now() -> datetime:
    return datetime.now(UTC)


class Deciding:
    """Reads a yes or no as the answer to the one proposal of the turn right before, by the same person.

    >>> [said(text) for text in ("Yes!", "好的。", "取消", "yes, and by store?")]
    [True, True, False, None]
    """

    def __init__(self, service: Service, clock: Callable[[], datetime] = _now) -> None:
        self._service, self._clock = service, clock

    def __call__(self, question: Question) -> Done | None:
        """What the yes or no did; None where it is an ordinary question.

        Raises:
            ShopOpsError: what :class:`agent.actions.Actions` raises.
        """
        decision = said(question.text)
        if decision is None or question.conversation is None:
            return None
        from agent.actions import Actions

        asker = question.principal
        kept = Proposals(self._service.state.engine).right_before(
            question.conversation, asker.name, question.store, self._clock()
        )
        if not kept:
            return None
        if len(kept) > 1:
            return Done(
                Text(
                    en="Several things wait for your yes. Please confirm or decline each of them.",
                    zh="有多项操作等待确认，请分别确认或取消。",
                )
            )
        if decision and question.via in ASSISTANTS:
            return Done(
                Text(
                    en=f"A person says yes to this: in the chat, or with `shopops confirm {kept[0].id}`.",
                    zh=f"此操作须由人确认：请在聊天页面确认，或运行 `shopops confirm {kept[0].id}`。",
                )
            )
        actions = Actions(self._service, self._clock)
        return actions.confirm(kept[0].id, asker) if decision else actions.decline(kept[0].id, asker)


def said(text: str) -> bool | None:
    """True for a bare yes, False for a bare no, None for anything else."""
    words = text.strip().strip(".。!！~～ ").strip()
    if _YES.fullmatch(words):
        return True
    return False if _NO.fullmatch(words) else None
