"""Models for tests: one that replays, and the most obedient one that an attacker could wish for."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from db.errors import Cancelled
from models.llm.base import Capabilities, Prompt, Usage
from models.llm.bridge import ChatLanguageModel, from_langchain, usage_metadata

Reply = str | dict[str, Any] | Exception
_USAGE = Usage(prompt=1, completion=1)
_ORDER = re.compile(r"CALL\s+(?P<tool>\w+)\s*:\s*(?P<rest>[^\n]*)")


class Asked:
    """One request that a scripted model got."""

    def __init__(self, prompt: Prompt, schema: Mapping[str, Any] | None) -> None:
        self.prompt = prompt
        self.schema = schema

    @property
    def text(self) -> str:
        """Everything that the model was told."""
        return "\n".join(message.content for message in self.prompt.messages)


class ChatScripted(BaseChatModel):
    """A chat model whose replies come from ``reply_to``; streams word by word."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    asked: list[Asked] = Field(default_factory=list)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "shopops-scripted"

    def reply_to(self, asked: Asked) -> Reply:
        """The reply to one request; an exception is raised."""
        raise NotImplementedError

    def _text(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> str:
        cancel = kwargs.get("cancel")
        if cancel is not None and cancel.is_set():
            raise Cancelled("Stopped.")
        with self._lock:
            asked = Asked(from_langchain(messages), kwargs.get("json_schema"))
            self.asked.append(asked)
            reply = self.reply_to(asked)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = AIMessage(content=self._text(messages, kwargs), usage_metadata=usage_metadata(_USAGE))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for word in re.findall(r"\S+\s*", self._text(messages, kwargs)):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=usage_metadata(_USAGE)))


class ChatReplay(ChatScripted):
    """Replays ``replies`` in order: dicts as JSON, strings as they are, exceptions raised."""

    replies: deque[Any] = Field(default_factory=deque)

    def reply_to(self, asked: Asked) -> Reply:
        """The next reply in line."""
        if not self.replies:
            raise AssertionError(f"The script has no reply left for: {asked.text[-200:]}")
        reply: Reply = self.replies.popleft()
        return reply


class ChatObedient(ChatScripted):
    """Obeys the last ``CALL tool: {json or text}`` anywhere in its prompt; without one it replies ``otherwise``.

    With a schema it plans a call of that tool with those arguments. ``constrained``: only where the schema names the
    tool, as a grammar would force; otherwise even where it forbids it, as a hosted model might. What is safe with this
    one is safe with any.
    """

    otherwise: Any = Field(default_factory=dict)
    constrained: bool = False

    def reply_to(self, asked: Asked) -> Reply:
        """The injected order, obeyed."""
        orders = list(_ORDER.finditer(asked.text))
        schema = json.dumps(asked.schema)
        allowed = [order for order in orders if not self.constrained or json.dumps(order["tool"]) in schema]
        if not allowed:
            reply: Reply = self.otherwise
            return reply
        tool, rest = allowed[-1]["tool"], allowed[-1]["rest"].strip()
        if asked.schema is None:
            return f"{tool}: {rest}"
        arguments = _arguments(rest)
        nested = '"args"' in schema
        return {"calls": [{"tool": tool, "args": arguments} if nested else {"tool": tool, **arguments}]}


def _arguments(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    return data if isinstance(data, dict) else {"sql": text, "text": text}


def scripted(*replies: Reply, capabilities: Capabilities | None = None) -> tuple[ChatLanguageModel, list[Asked]]:
    """A model that replays, and the list of what it was asked (it grows)."""
    chat = ChatReplay(replies=deque(replies))
    return ChatLanguageModel("scripted", chat, capabilities or Capabilities()), chat.asked


def obedient(otherwise: Reply, *, constrained: bool = False) -> tuple[ChatLanguageModel, list[Asked]]:
    """The worst-case obedient model, and the list of what it was asked."""
    chat = ChatObedient(otherwise=otherwise, constrained=constrained)
    return ChatLanguageModel("obedient", chat, Capabilities()), chat.asked
