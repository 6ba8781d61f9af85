"""ChatML, the template of Qwen and many others, rendered straight to tokens.

Markers and contents are tokenised apart: nothing inside a message can spell ``<|im_end|>`` and open a message of its
own, and the fixed part of a prompt gives the same tokens whatever follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from db.errors import SettingsError
from models.llm.base import Message, Prompt

Tokenize = Callable[..., list[int]]
_OPEN, _CLOSE = "<|im_start|>", "<|im_end|>"


class ChatML:
    """Renders prompts for one model.

    Args:
        tokenize: ``tokenize(text, special=bool)`` of the model.
        template: the GGUF's own chat template, only looked at to make sure that the model speaks ChatML.

    Raises:
        SettingsError: it does not.
    """

    def __init__(self, tokenize: Tokenize, template: str) -> None:
        if _OPEN not in template:
            raise SettingsError("This GGUF file has another chat template than ChatML.", "Use a Qwen model.")
        self._tokenize = tokenize

    def render(self, prompt: Prompt) -> tuple[tuple[int, ...], list[int]]:
        """Tokens of the fixed part, and tokens of the rest up to where the assistant's reply begins."""
        tail = self._messages(prompt.tail) + self._tokenize(f"{_OPEN}assistant\n", special=True)
        return tuple(self._messages(prompt.fixed)), tail

    def _messages(self, messages: Sequence[Message]) -> list[int]:
        tokens: list[int] = []
        for message in messages:
            tokens += self._tokenize(f"{_OPEN}{message.role}\n", special=True)
            tokens += self._tokenize(message.content)
            tokens += self._tokenize(f"{_CLOSE}\n", special=True)
        return tokens
