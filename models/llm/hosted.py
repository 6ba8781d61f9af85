"""Any OpenAI-compatible endpoint, through LangChain's ChatOpenAI.

Every way in which an endpoint fails becomes one sentence; the key is in none of them. There is no fallback to another
model: what the operator chose answers, or the operator is told why not.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import openai
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from db.errors import Cancelled, ModelReplyError, ModelUnavailable, SettingsError, ShopOpsError
from models.llm.background import Call, in_background
from models.llm.base import (
    MAX_PLAN_TOKENS,
    MAX_TEXT_TOKENS,
    REQUEST_SECONDS,
    Capabilities,
    JsonReply,
    Prompt,
    TextPiece,
    Usage,
)
from models.llm.bridge import parse_object, to_langchain, usage_of
from models.llm.json_modes import JSON_MODES, in_words
from models.llm.options import HostedOptions

_ROUNDS = 4
_REJECTED = (400, 422, 500)  # 500: so llama-cpp-python's server says that a response_format is unknown to it
_BACKOFF_SECONDS = 0.5
_log = logging.getLogger(__name__)


def open_hosted(model: str, options: HostedOptions) -> HostedModel:
    """A hosted model; nothing is sent before the first question.

    Raises:
        SettingsError: the base URL is not one, or carries a password.
    """
    address = urlsplit(options.base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise SettingsError("The model's base URL must start with http:// or https://.")
    if address.username or address.password:
        raise SettingsError("The model's base URL must not carry a password.", "Set the key apart from the URL.")
    chat = ChatOpenAI(
        model=model,
        base_url=options.base_url,
        # Never left out: ChatOpenAI would take OPENAI_API_KEY from the environment and send it to this endpoint.
        api_key=options.key or SecretStr("none"),
        temperature=0,
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
        http_client=openai.DefaultHttpxClient(),  # our own: langchain-openai's is shared, closing it would break others
    )
    return HostedModel(model, chat, options)


class HostedModel:
    """A ``LanguageModel`` behind an endpoint.

    Args:
        sleep: waits between tries; a test passes its own.
    """

    def __init__(
        self, model: str, chat: ChatOpenAI, options: HostedOptions, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = f"hosted:{model}"
        self.chat = chat
        self.capabilities = Capabilities(
            writes_prose=options.writes_prose, writes_sql=options.writes_prose, rounds=_ROUNDS, local=False
        )
        self._model = model
        self._options = options
        self._sleep = sleep
        self._mode = 0  # index into JSON_MODES; only ever goes up, once per mode that the endpoint rejects

    def complete_json(
        self,
        prompt: Prompt,
        schema: Mapping[str, Any],
        *,
        cancel: threading.Event | None = None,
        timeout: float = REQUEST_SECONDS,
        max_tokens: int = MAX_PLAN_TOKENS,
    ) -> JsonReply:
        """See ``LanguageModel.complete_json``. The caller validates: not every endpoint constrains its replies."""
        start = time.perf_counter()
        messages = to_langchain(prompt)

        def call(seconds: float) -> Iterator[BaseMessage]:
            mode = JSON_MODES[self._mode]
            asked = messages if mode.constrains else [*messages, SystemMessage(in_words(schema))]
            options = {"response_format": mode.response_format(dict(schema)), **self._limits(seconds, max_tokens)}
            yield self.chat.invoke(asked, **options)

        reply = next(iter(self._run(call, cancel, timeout, json=True)))
        if reply.response_metadata.get("finish_reason") == "length":
            raise self._too_long()
        if not isinstance(reply, AIMessage) or not reply.text:
            raise ModelReplyError(f"{self.name} replied with nothing.", "Ask again, or use another model.")
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
        messages = to_langchain(prompt)

        def call(seconds: float) -> Iterator[BaseMessage]:
            yield from self.chat.stream(messages, **self._limits(seconds, max_tokens))

        usage = Usage()
        with closing(self._run(call, cancel, timeout, json=False)) as chunks:
            for chunk in chunks:
                usage = usage_of(chunk) or usage
                if chunk.text:
                    yield TextPiece(chunk.text)
        yield TextPiece("", usage)

    def warm(self, *prompts: Prompt) -> None:
        """Nothing to do: the endpoint keeps its own prefixes."""

    def check_schema(self, schema: Mapping[str, Any]) -> None:
        """Nothing to compile here; the endpoint judges a schema when it is asked."""

    def close(self) -> None:
        """Close the connections."""
        self.chat.root_client.close()

    def _limits(self, seconds: float, max_tokens: int) -> dict[str, Any]:
        connect = min(self._options.connect_seconds, seconds)
        return {"timeout": openai.Timeout(seconds, connect=connect), "max_tokens": max_tokens}

    def _run(
        self, call: Call, cancel: threading.Event | None, timeout: float, *, json: bool
    ) -> Generator[BaseMessage, None, None]:
        """Messages of one request; tried again only before its first message."""
        end = time.monotonic() + timeout
        tries = 0
        while True:
            mode, began = self._mode, False
            failure: Exception | None = None
            with closing(in_background(call, end, cancel, self._late(timeout))) as items:
                for item in items:
                    if isinstance(item, Exception):
                        failure = item
                        break
                    began = True
                    yield item
            if failure is None:
                return
            if json and self._step_down(failure, mode):
                continue
            wait = None if began or tries >= self._options.retries else self._wait(failure, tries, end)
            if wait is None:
                raise self._explain(failure)
            self._pause(wait, cancel)
            tries += 1

    def _step_down(self, failure: Exception, mode: int) -> bool:
        """Whether the endpoint rejected the way JSON was asked for; then the next way is used from now on."""
        if not isinstance(failure, openai.APIStatusError) or failure.status_code not in _REJECTED:
            return False
        words = str(failure.body or failure.message).lower()
        if not any(word in words for word in ("response_format", "json_schema", "json_object", "grammar")):
            return False
        if mode + 1 >= len(JSON_MODES):
            return False
        self._mode = max(self._mode, mode + 1)
        _log.info("%s does not take %s; %s from now on", self.name, JSON_MODES[mode].name, JSON_MODES[self._mode].name)
        return True

    def _wait(self, failure: Exception, tries: int, end: float) -> float | None:
        """Seconds until the next try; ``None`` when another try is no use."""
        if isinstance(failure, openai.APITimeoutError):
            return None
        if isinstance(failure, openai.APIStatusError):
            if failure.status_code != 429 and failure.status_code < 500:
                return None
            asked = _retry_after(failure)
            wait = _BACKOFF_SECONDS * 2**tries if asked is None else asked
        elif isinstance(failure, openai.APIConnectionError):
            wait = _BACKOFF_SECONDS * 2**tries
        else:
            return None
        return wait if wait <= self._options.longest_wait and time.monotonic() + wait < end else None

    def _pause(self, seconds: float, cancel: threading.Event | None) -> None:
        if cancel is None:
            self._sleep(seconds)
        elif cancel.wait(seconds):
            raise Cancelled("Stopped.")

    def _late(self, timeout: float) -> str:
        return f"{self.name} did not reply within {timeout:g} s."

    def _too_long(self) -> ModelReplyError:
        return ModelReplyError(f"{self.name} wrote more tokens than it may.", "Ask a simpler question.")

    def _explain(self, failure: Exception) -> ShopOpsError:
        """One sentence, without a word of the endpoint's own: a body can echo what was sent."""
        if isinstance(failure, ShopOpsError):
            return failure
        if isinstance(failure, openai.LengthFinishReasonError):
            return self._too_long()
        if isinstance(failure, openai.APITimeoutError):
            return ModelUnavailable(f"{self.name} did not reply in time.", "Ask again, or check the endpoint.")
        if isinstance(failure, openai.APIStatusError):
            return self._explain_status(failure)
        if isinstance(failure, openai.APIConnectionError) or _broke_off(failure):
            return ModelUnavailable(
                f"{self.name} cannot be reached, or broke the connection.", "Check the base URL and the network."
            )
        return ModelReplyError(f"{self.name} replied with something that is no chat completion.", "Check the base URL.")

    def _explain_status(self, failure: openai.APIStatusError) -> ShopOpsError:
        status = failure.status_code
        if status in (401, 403):
            return ModelUnavailable(f"{self.name} refused the key (HTTP {status}).", "Check the key in the settings.")
        if status == 404:
            return ModelUnavailable(
                f"The endpoint does not know {self.name} (HTTP 404).", "Check model name and base URL."
            )
        if status == 429:
            asked = _retry_after(failure)
            hint = "Ask again later." if asked is None else f"It asks to wait {asked:g} s."
            return ModelUnavailable(f"{self.name} is rate limited (HTTP 429).", hint)
        if status >= 500:
            return ModelUnavailable(f"{self.name} failed on its side (HTTP {status}).", "Ask again later.")
        return ModelReplyError(f"{self.name} refused the request (HTTP {status}).", "Check the endpoint's limits.")


def _broke_off(failure: Exception) -> bool:
    """An error of the HTTP client itself, from the middle of a stream, where the openai package lets it through."""
    return type(failure).__module__.split(".")[0].startswith(("httpx", "httpcore"))


def _retry_after(failure: openai.APIStatusError) -> float | None:
    """Seconds that the endpoint asks to wait, where it says so in seconds."""
    try:
        return max(0.0, float(failure.response.headers.get("retry-after", "")))
    except ValueError:
        return None
