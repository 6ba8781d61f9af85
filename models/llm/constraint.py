"""JSON under a schema, token by token: which tokens may come next, and which must.

llguidance compiles a JSON schema to a grammar. Where the grammar leaves no choice it names the forced tokens, and the
engine reads them in one batch instead of writing them one by one (jump-forward decoding): on two cores a token that is
read costs 13 ms and one that is written 47 ms, and half of a plan is forced.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from typing import Any, Protocol

import llama_cpp
import llguidance
import numpy as np
import numpy.typing as npt
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from db.errors import ModelReplyError, SettingsError

Logits = npt.NDArray[np.float32]

_COMPACT: Any = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
_PIECE_BYTES = 1024
_KEPT_SCHEMAS = 64
_NOT_TEXT = b"\xff"
"""llguidance's mark for tokens that are not text (``<|im_end|>``), so that no string can spell one."""


class Constraint(Protocol):
    """What the engine asks between tokens."""

    def forced(self) -> list[int]:
        """Tokens that must come next, already taken into account; empty where there is a choice."""

    def finished(self) -> bool:
        """Nothing may follow."""

    def choose(self, logits: Logits) -> npt.NDArray[np.intp]:
        """Ids of the tokens that may come next."""

    def accept(self, token: int) -> None:
        """Take a chosen token into account."""


def token_table(model_vocab: Any) -> Any:
    """llguidance's tokenizer for a llama.cpp vocabulary; about 0.7 s for 152,000 tokens, once a process.

    Does what ``llguidance.llamacpp.lltokenizer_from_vocab`` does with a buffer sixteen times smaller and without
    slices, which only speed up free strings: 0.7 s instead of 1.2 s.
    """
    buffer = ctypes.create_string_buffer(_PIECE_BYTES)
    pieces = [_piece(model_vocab, token, buffer) for token in range(llama_cpp.llama_vocab_n_tokens(model_vocab))]
    tokenize = ctypes.cast(llama_cpp.llama_cpp._lib.llama_tokenize, ctypes.c_void_p).value
    build: Any = llguidance.LLTokenizer
    return build.from_llamacpp(
        tokens=pieces,
        vocab_ptr=model_vocab,
        tokenize_fptr=tokenize,
        eos_token=llama_cpp.llama_vocab_eos(model_vocab),
        slices=[],
    )


def _piece(vocab: Any, token: int, buffer: Any) -> bytes:
    size = llama_cpp.llama_token_to_piece(vocab, token, buffer, _PIECE_BYTES, 0, True)
    if size < 0:
        raise SettingsError(f"The model's vocabulary has a token of {-size} bytes.", "Use another GGUF file.")
    text = ctypes.string_at(buffer, size)
    kind = llama_cpp.llama_vocab_get_attr(vocab, token)
    control = kind & llama_cpp.LLAMA_TOKEN_ATTR_CONTROL
    marker = kind & llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED and text.startswith(b"<") and text.endswith(b">")
    return _NOT_TEXT + text if control or marker else text


class Grammars:
    """Schemas compiled for one vocabulary; each is compiled once (2–50 ms)."""

    def __init__(self, model_vocab: Any) -> None:
        self._tokens = token_table(model_vocab)
        self._compiled: dict[str, Any] = {}

    def constraint(self, schema: Mapping[str, Any], *, jump: bool = True) -> JsonConstraint:
        """A constraint for one reply.

        Raises:
            SettingsError: the schema cannot be compiled; what llguidance does not know is refused, not ignored.
        """
        key = json.dumps(schema, ensure_ascii=False)
        if key not in self._compiled:
            if len(self._compiled) >= _KEPT_SCHEMAS:
                self._compiled.pop(next(iter(self._compiled)))
            self._compiled[key] = self._compile(key)
        return JsonConstraint(self._compiled[key].deep_copy(), jump=jump)

    def _compile(self, schema: str) -> Any:
        grammar = llguidance.LLMatcher.grammar_from_json_schema(schema, overrides=_COMPACT)
        matcher = llguidance.LLMatcher(self._tokens, grammar, log_level=0)
        if matcher.is_error():
            raise SettingsError(f"The schema cannot be compiled to a grammar: {_first_line(matcher.get_error())}.")
        return matcher


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "unknown reason")[:200]


class JsonConstraint:
    """One reply under one schema.

    Args:
        matcher: a fresh llguidance matcher.
        jump: name forced tokens; off only to measure what it is worth.
    """

    def __init__(self, matcher: Any, *, jump: bool = True) -> None:
        self._matcher = matcher
        self._jump = jump

    def forced(self) -> list[int]:
        """Tokens that must come next, already taken into account."""
        if not self._jump or self._matcher.is_stopped():
            return []
        tokens: list[int] = self._matcher.compute_ff_tokens()
        if tokens and not self._matcher.consume_tokens(tokens):
            raise ModelReplyError(f"The grammar refused its own tokens: {_first_line(self._matcher.get_error())}.")
        return tokens

    def finished(self) -> bool:
        """Nothing may follow."""
        return bool(self._matcher.is_stopped())

    def choose(self, logits: Logits) -> npt.NDArray[np.intp]:
        """Ids of the tokens that may come next."""
        mask = allocate_token_bitmask(1, logits.size)
        fill_next_token_bitmask(self._matcher, mask)
        bits = np.unpackbits(mask.view(np.uint8), bitorder="little")[: logits.size]
        return np.flatnonzero(bits)

    def accept(self, token: int) -> None:
        """Take a chosen token into account."""
        if not self._matcher.consume_token(token):
            raise ModelReplyError(f"The grammar refused a token: {_first_line(self._matcher.get_error())}.")
