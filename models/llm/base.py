"""What the flow needs of a language model, free of LangChain: a prompt goes in, JSON under a schema or text comes out.

The types here are plain and import nothing heavy, so that a question that needs no LLM starts fast. A model behind
them is always a LangChain chat model (``LanguageModel.chat``); ``models.llm.bridge`` joins the two.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

Role = Literal["system", "user", "assistant"]
MAX_PLAN_TOKENS = 512
"""A plan is 30–60 tokens, six calls about 250; twice that is a runaway."""
MAX_TEXT_TOKENS = 600
REQUEST_SECONDS = 60.0
"""Waiting and writing together; on two cores a plan over an unread 800-token prefix takes 13 s."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in two parts.

    Attributes:
        fixed: system, tools, examples: byte-stable between questions, kept evaluated by the local model.
        tail: what this question adds; the last message is the user's.
    """

    fixed: tuple[Message, ...]
    tail: tuple[Message, ...]

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages in order."""
        return self.fixed + self.tail


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request. ``cached`` counts the prompt tokens that were not read again."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion, self.cached + other.cached)


@dataclass(frozen=True, slots=True)
class JsonReply:
    """A reply that satisfies the schema it was asked under (hosted models: parsed, the caller still validates)."""

    data: dict[str, Any]
    usage: Usage
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of streamed text. The last one has the usage and usually no text."""

    text: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model may be trusted with.

    Attributes:
        writes_prose: free sentences around facts; about 4B parameters and more (smaller ones bend figures).
        writes_sql: SQL worth guarding and running.
        rounds: how many plan rounds one question may take.
        local: nothing leaves this machine.
    """

    writes_prose: bool = False
    writes_sql: bool = False
    rounds: int = 1
    local: bool = True


class LanguageModel(Protocol):
    """The two abilities. Safe to call from several threads; a local model serves one at a time, in order."""

    @property
    def name(self) -> str:
        """How answers name this model, e.g. ``local:qwen2.5-coder-1.5b``."""

    @property
    def capabilities(self) -> Capabilities:
        """What this model may be trusted with."""

    @property
    def chat(self) -> BaseChatModel:
        """The LangChain chat model underneath."""

    def complete_json(
        self,
        prompt: Prompt,
        schema: Mapping[str, Any],
        *,
        cancel: threading.Event | None = None,
        timeout: float = REQUEST_SECONDS,
        max_tokens: int = MAX_PLAN_TOKENS,
    ) -> JsonReply:
        """One JSON object under ``schema``.

        Raises:
            Cancelled: ``cancel`` was set.
            ModelUnavailable: no reply within ``timeout`` seconds, or the endpoint is down.
            ModelReplyError: the reply is not a JSON object, or ran past ``max_tokens``.
        """

    def stream_text(
        self,
        prompt: Prompt,
        *,
        cancel: threading.Event | None = None,
        timeout: float = REQUEST_SECONDS,
        max_tokens: int = MAX_TEXT_TOKENS,
    ) -> Iterator[TextPiece]:
        """Text as it is written. Raises as ``complete_json`` does."""

    def warm(self, *prompts: Prompt) -> None:
        """Load the model and read the fixed part of each prompt, so that the next question does not wait for it."""

    def check_schema(self, schema: Mapping[str, Any]) -> None:
        """Raise SettingsError when ``schema`` cannot constrain this model."""

    def close(self) -> None:
        """Give the memory back."""
