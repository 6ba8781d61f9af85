"""Between our plain prompts and LangChain's messages, and the ``LanguageModel`` that stands on any chat model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata

from db.errors import ModelReplyError
from models.llm.base import (
    MAX_PLAN_TOKENS,
    MAX_TEXT_TOKENS,
    REQUEST_SECONDS,
    Capabilities,
    JsonReply,
    Message,
    Prompt,
    Role,
    TextPiece,
    Usage,
)

if TYPE_CHECKING:
    from models.llm.runtime import LocalRuntime

_FIXED = "shopops_fixed"
_CLASSES: dict[Role, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
_ROLES: dict[str, Role] = {"system": "system", "human": "user", "ai": "assistant"}


def to_langchain(prompt: Prompt) -> list[BaseMessage]:
    """LangChain's messages; those of the fixed part carry a mark that never leaves this process."""
    fixed = [_CLASSES[m.role](content=m.content, additional_kwargs={_FIXED: True}) for m in prompt.fixed]
    return fixed + [_CLASSES[m.role](content=m.content) for m in prompt.tail]


def from_langchain(messages: list[BaseMessage]) -> Prompt:
    """The prompt of LangChain's messages; without a mark, the leading system messages are the fixed part."""
    marked = [index for index, message in enumerate(messages) if message.additional_kwargs.get(_FIXED)]
    fixed = marked[-1] + 1 if marked else 0
    while not marked and fixed < len(messages) and messages[fixed].type == "system":
        fixed += 1
    plain = tuple(_plain(message) for message in messages)
    return Prompt(fixed=plain[:fixed], tail=plain[fixed:])


def _plain(message: BaseMessage) -> Message:
    role = _ROLES.get(message.type)
    if role is None:
        raise ModelReplyError(f"A {message.type} message cannot be given to this model.")
    return Message(role=role, content=message.text)


def usage_metadata(usage: Usage | None) -> UsageMetadata | None:
    """LangChain's form of a usage."""
    if usage is None:
        return None
    return UsageMetadata(
        input_tokens=usage.prompt,
        output_tokens=usage.completion,
        total_tokens=usage.prompt + usage.completion,
        input_token_details=InputTokenDetails(cache_read=usage.cached),
    )


def usage_of(message: BaseMessage) -> Usage | None:
    """The usage that a reply carries, if any."""
    counted = getattr(message, "usage_metadata", None)
    if not counted:
        return None
    cached = (counted.get("input_token_details") or {}).get("cache_read") or 0
    return Usage(prompt=counted["input_tokens"], completion=counted["output_tokens"], cached=cached)


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object that a reply is.

    Raises:
        ModelReplyError: it is something else.
    """
    try:
        data = json.loads(text)
    except ValueError:
        raise ModelReplyError("The model's reply is not JSON.", "Ask again, or use another model.") from None
    if not isinstance(data, dict):
        raise ModelReplyError("The model's reply is not a JSON object.", "Ask again, or use another model.")
    return data


class ChatLanguageModel:
    """A ``LanguageModel`` on a chat model that takes ``json_schema``, ``cancel``, ``timeout`` and ``max_tokens``.

    Args:
        runtime: what to warm and to close, for a local model.
    """

    def __init__(
        self, name: str, chat: BaseChatModel, capabilities: Capabilities, runtime: LocalRuntime | None = None
    ) -> None:
        self.name = name
        self.chat = chat
        self.capabilities = capabilities
        self._runtime = runtime

    def complete_json(
        self,
        prompt: Prompt,
        schema: Mapping[str, Any],
        *,
        cancel: threading.Event | None = None,
        timeout: float = REQUEST_SECONDS,
        max_tokens: int = MAX_PLAN_TOKENS,
    ) -> JsonReply:
        """See ``LanguageModel.complete_json``."""
        start = time.perf_counter()
        reply = self.chat.invoke(
            to_langchain(prompt), json_schema=dict(schema), cancel=cancel, timeout=timeout, max_tokens=max_tokens
        )
        elapsed = (time.perf_counter() - start) * 1000
        return JsonReply(data=parse_object(reply.text), usage=usage_of(reply) or Usage(), elapsed_ms=elapsed)

    def stream_text(
        self,
        prompt: Prompt,
        *,
        cancel: threading.Event | None = None,
        timeout: float = REQUEST_SECONDS,
        max_tokens: int = MAX_TEXT_TOKENS,
    ) -> Iterator[TextPiece]:
        """See ``LanguageModel.stream_text``."""
        chunks = self.chat.stream(to_langchain(prompt), cancel=cancel, timeout=timeout, max_tokens=max_tokens)
        # Closed by hand: in Python 3.12.3 (Ubuntu 24.04) a generator that is closed keeps what it holds, here the turn.
        with closing(cast("Generator[AIMessageChunk, None, None]", chunks)):
            for chunk in chunks:
                usage = usage_of(chunk)
                if chunk.text or usage is not None:
                    yield TextPiece(chunk.text, usage)

    def warm(self, *prompts: Prompt) -> None:
        """See ``LanguageModel.warm``."""
        if self._runtime is not None:
            self._runtime.warm(*prompts)

    def check_schema(self, schema: Mapping[str, Any]) -> None:
        """See ``LanguageModel.check_schema``."""
        if self._runtime is not None:
            self._runtime.check_schema(schema)

    def close(self) -> None:
        """See ``LanguageModel.close``."""
        if self._runtime is not None:
            self._runtime.close()
