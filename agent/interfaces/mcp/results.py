"""An answer as a tool's result: words for a model that reads, the documented JSON for a program."""

from __future__ import annotations

import mcp_types as types

from agent.answer_json import answer_object
from agent.contracts import Answer
from agent.interfaces.text import one_line, printable
from db.errors import ShopOpsError
from tools.evidence import Evidence

ROWS = 20  # of a table in words; all that were kept are in the structured content


def shown(answer: Answer, conversation: str | None) -> types.CallToolResult:
    """An answer; one that failed or was refused is an error that the calling model can read and mend."""
    if answer.status in ("failed", "refused"):
        return _error(answer.text, answer.error or "internal")
    structured = answer_object(answer) | {"conversation": conversation}
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=_words(answer, conversation))], structured_content=structured
    )


def failed(error: ShopOpsError) -> types.CallToolResult:
    """An error before there was an answer."""
    return _error(str(error), error.code)


def _error(said: str, code: str) -> types.CallToolResult:
    text = types.TextContent(type="text", text=f"{printable(said)} ({code})")
    return types.CallToolResult(content=[text], is_error=True)


def _words(answer: Answer, conversation: str | None) -> str:
    parts = [printable(answer.text)]
    parts += [_table(evidence, answer.language) for evidence in answer.evidence if not evidence.quiet]
    readings = [option.question for option in answer.plan.options] if answer.plan else []
    following = list(answer.suggestions) or readings
    if following:
        parts.append("Ask next: " + " | ".join(map(one_line, following)))
    for proposal in answer.proposals:
        parts.append(
            f"Proposed, not done: {one_line(proposal.summary.of(answer.language))} A person says yes in the chat, or "
            f"with `shopops confirm {proposal.id}`."
        )
    if conversation:
        parts.append(f"conversation: {conversation}")
    return "\n\n".join(part for part in parts if part)


def _table(evidence: Evidence, language: str) -> str:
    """The first rows as lines with tabs. The heading says what a reader must know of them."""
    notes = [evidence.origin + " data", *(["first rows only"] if evidence.truncated else [])]
    head = f"[{evidence.id}] {one_line(evidence.title.of(language))} ({', '.join(notes)})"
    lines = [head, "\t".join(one_line(column.label.of(language)) for column in evidence.columns)]
    lines += ["\t".join("" if cell is None else one_line(str(cell)) for cell in row) for row in evidence.rows[:ROWS]]
    if len(evidence.rows) > ROWS:
        lines.append(f"… {len(evidence.rows) - ROWS} more rows in the structured content")
    return "\n".join(lines)
