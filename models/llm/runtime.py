"""The local model at work: one request at a time, from prompt to tokens. Knows nothing of LangChain."""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from db.errors import Cancelled, ModelReplyError, ModelUnavailable
from models.llm.base import MAX_TEXT_TOKENS, REQUEST_SECONDS, Prompt, TextPiece, Usage
from models.llm.chatml import ChatML
from models.llm.constraint import Grammars, JsonConstraint
from models.llm.engine import Engine
from models.llm.options import EngineOptions, Progress
from models.llm.prefixes import Prefixes, PrefixStore
from models.llm.turnstile import MAX_WAITING, Turnstile

Check = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Without ``schema`` free text is written; ``temperature`` 0 is greedy and repeatable."""

    prompt: Prompt
    schema: Mapping[str, Any] | None = None
    max_tokens: int = MAX_TEXT_TOKENS
    timeout: float = REQUEST_SECONDS
    cancel: threading.Event | None = None
    temperature: float = 0.0
    seed: int = 0
    jump: bool = True
    stop: tuple[str, ...] = ()


@dataclass(slots=True)
class _Loaded:
    engine: Engine
    chatml: ChatML
    prefixes: Prefixes
    grammars: Grammars | None = None


@dataclass(slots=True)
class _Count:
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    pending: list[int] = field(default_factory=list)


class LocalRuntime:
    """A GGUF file, loaded at the first request, shared by all threads.

    Args:
        path: the model's file.
        options: how to run it.
        prefix_folder: where evaluated prefixes are kept between processes; ``None`` for nowhere.
        identity: what the file is (its sha256 where known), part of a kept prefix's name.
        progress: told ``("load", percent, 100)`` while the model loads.
    """

    def __init__(
        self,
        path: Path,
        options: EngineOptions | None = None,
        *,
        prefix_folder: Path | None = None,
        identity: str = "",
        progress: Progress | None = None,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self.path = path
        self._options = options or EngineOptions()
        self._prefix_folder = prefix_folder
        self._identity = identity
        self._progress = progress
        self._loaded: _Loaded | None = None
        self._turns = Turnstile(max_waiting)

    def stream(self, request: Request) -> Generator[TextPiece, None, None]:
        """The reply as it is written, then an empty piece with the usage.

        The turn is held while the caller takes pieces; ``cancel`` or closing the iterator gives it back.

        Raises:
            Cancelled, ModelUnavailable (queue full, out of time), ModelReplyError (too long), ModelDamaged.
        """
        check = _Deadline(request)
        count = _Count()
        writer = _Writer(request.stop)
        with self._turns.turn(check):
            check()
            loaded = self._load()
            for token in self._tokens(loaded, request, count, check):
                text = writer.take(loaded.engine.piece(token))
                if text:
                    yield TextPiece(text)
                if writer.stopped:
                    break
            yield TextPiece(writer.rest(), Usage(count.prompt, count.completion, count.cached))

    def warm(self, *prompts: Prompt) -> None:
        """Load the model and read the fixed part of every prompt."""

        def check() -> None:
            return None

        with self._turns.turn(check):
            loaded = self._load()
            self._grammars(loaded)
            for prompt in prompts:
                loaded.prefixes.recall(loaded.chatml.render(prompt)[0], check)

    def check_schema(self, schema: Mapping[str, Any]) -> None:
        """Raise SettingsError when the schema cannot be compiled. Loads the model."""
        with self._turns.turn(lambda: None):
            self._grammars(self._load()).constraint(schema)

    def count(self, text: str) -> int:
        """How many tokens a text has. Loads the model."""
        with self._turns.turn(lambda: None):
            return len(self._load().engine.tokenize(text))

    def close(self) -> None:
        """Give the memory back; the next request loads again."""
        with self._turns.turn(lambda: None):
            if self._loaded is not None:
                self._loaded.engine.close()
                self._loaded = None

    def _load(self) -> _Loaded:
        if self._loaded is None:
            engine = Engine(self.path, self._options, self._progress)
            chatml = ChatML(engine.tokenize, engine.meta("tokenizer.chat_template"))
            store = PrefixStore(self._prefix_folder, f"{self._identity}|{engine.identity}")
            self._loaded = _Loaded(engine, chatml, Prefixes(engine, store))
        return self._loaded

    @staticmethod
    def _grammars(loaded: _Loaded) -> Grammars:
        if loaded.grammars is None:
            loaded.grammars = Grammars(loaded.engine.vocab)
        return loaded.grammars

    def _tokens(self, loaded: _Loaded, request: Request, count: _Count, check: _Deadline) -> Iterator[int]:
        fixed, tail = loaded.chatml.render(request.prompt)
        constraint = None
        if request.schema is not None:
            constraint = self._grammars(loaded).constraint(request.schema, jump=request.jump)
        count.prompt = len(fixed) + len(tail)
        count.pending = tail
        rng = np.random.default_rng(request.seed)
        recalled = False
        while True:
            yield from _jump(constraint, count)
            if constraint is not None and constraint.finished():
                return  # a reply with no choice in it is written without reading the prompt
            if count.completion >= request.max_tokens:
                _too_long(request)
                return
            if not recalled:
                recalled, count.cached = True, self._recalled(loaded, fixed, check)
            loaded.engine.read(count.pending, check)
            token = _choose(loaded.engine, constraint, request.temperature, rng)
            if loaded.engine.ends(token):
                return
            if constraint is not None:
                constraint.accept(token)
            count.pending = [token]
            count.completion += 1
            yield token

    @staticmethod
    def _recalled(loaded: _Loaded, fixed: tuple[int, ...], check: _Deadline) -> int:
        """Bring the prefix back. Reading it anew is done once for good, so its time is not taken from the request's."""
        start = time.monotonic()
        cached = loaded.prefixes.recall(fixed, check.cancelled)
        check.extend(time.monotonic() - start)
        return cached


class _Writer:
    """Bytes to text: whole characters only, and nothing from a stop string on; what may begin one is held back."""

    def __init__(self, stop: tuple[str, ...]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = stop
        self._hold = max((len(word) for word in stop), default=1) - 1
        self._held = ""
        self.stopped = False

    def take(self, piece: bytes) -> str:
        """The text that is certain after one more piece."""
        self._held += self._decoder.decode(piece)
        ends = [at for at in (self._held.find(word) for word in self._stop) if at >= 0]
        if ends:
            self.stopped = True
            ready, self._held = self._held[: min(ends)], ""
            return ready
        cut = max(0, len(self._held) - self._hold)
        ready, self._held = self._held[:cut], self._held[cut:]
        return ready

    def rest(self) -> str:
        """What was held back, at the end."""
        return "" if self.stopped else self._held + self._decoder.decode(b"", True)


def _jump(constraint: JsonConstraint | None, count: _Count) -> list[int]:
    """Forced tokens: written without being asked for, read together with the next chosen one."""
    forced = constraint.forced() if constraint is not None else []
    count.pending = count.pending + forced
    count.completion += len(forced)
    return forced


def _too_long(request: Request) -> None:
    if request.schema is not None:  # half a JSON object is of no use; half a text is
        raise ModelReplyError(f"The model wrote more than {request.max_tokens} tokens.", "Ask a simpler question.")


def _choose(engine: Engine, constraint: JsonConstraint | None, temperature: float, rng: np.random.Generator) -> int:
    scores = engine.logits()
    allowed = constraint.choose(scores) if constraint is not None else np.arange(scores.size)
    scores = scores[allowed]
    if temperature <= 0:
        return int(allowed[int(scores.argmax())])
    weights = np.exp((scores - scores.max()).astype(np.float64) / temperature)
    return int(allowed[int(rng.choice(weights.size, p=weights / weights.sum()))])


class _Deadline:
    """Raises when the request was cancelled or is out of time."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._end = time.monotonic() + request.timeout

    def __call__(self) -> None:
        self.cancelled()
        if time.monotonic() > self._end:
            raise ModelUnavailable(
                f"The local model did not finish within {self._request.timeout:g} s.",
                "Ask again, or allow it more time.",
            )

    def cancelled(self) -> None:
        """Raise only when the operator stopped it."""
        if self._request.cancel is not None and self._request.cancel.is_set():
            raise Cancelled("Stopped.")

    def extend(self, seconds: float) -> None:
        """Give the request so much more time."""
        self._end += seconds
