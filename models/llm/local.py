"""``ChatLocal``: llama.cpp in this process as a LangChain chat model.

Beside what every chat model takes, ``invoke`` and ``stream`` take ``json_schema`` (the reply satisfies it, always),
``cancel`` (a ``threading.Event``), ``timeout`` (seconds), ``max_tokens``, ``temperature``, ``seed`` and ``jump``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from operator import itemgetter
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda, RunnableMap, RunnablePassthrough
from pydantic import BaseModel, ConfigDict

from db.errors import SettingsError
from models.llm.bridge import from_langchain, usage_metadata
from models.llm.runtime import LocalRuntime, Request

_REQUEST_KEYS = frozenset({"max_tokens", "timeout", "cancel", "temperature", "seed", "jump"})


class ChatLocal(BaseChatModel):
    """A local GGUF model. Safe to call from several threads; requests are served in order, one at a time."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    runtime: LocalRuntime
    model_name: str

    @property
    def _llm_type(self) -> str:
        return "shopops-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with closing(self.runtime.stream(_request(messages, stop, kwargs))) as pieces:
            for piece in pieces:
                message = AIMessageChunk(content=piece.text, usage_metadata=usage_metadata(piece.usage))
                chunk = ChatGenerationChunk(message=message)
                if run_manager is not None and piece.text:
                    run_manager.on_llm_new_token(piece.text, chunk=chunk)
                yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        pieces = list(self.runtime.stream(_request(messages, stop, kwargs)))
        message = AIMessage(
            content="".join(piece.text for piece in pieces),
            usage_metadata=usage_metadata(pieces[-1].usage),
            response_metadata={"model_name": self.model_name},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """A runnable that replies with ``schema``: a dict for a JSON schema, an instance for a pydantic class."""
        read: Callable[[str], Any] = json.loads
        if isinstance(schema, dict):
            written = schema
        elif issubclass(schema, BaseModel):
            written, read = schema.model_json_schema(), schema.model_validate_json
        else:
            raise SettingsError("Structured output needs a JSON schema or a pydantic class.")
        model = self.bind(json_schema=written, **kwargs)
        parse: Runnable[Any, Any] = RunnableLambda(lambda message: read(str(message.content)))
        if not include_raw:
            return model | parse
        parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parse, parsing_error=lambda _: None)
        return RunnableMap(raw=model) | parsed


def _request(messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> Request:
    known = {key: options[key] for key in _REQUEST_KEYS & options.keys() if options[key] is not None}
    return Request(prompt=from_langchain(messages), schema=options.get("json_schema"), stop=tuple(stop or ()), **known)
