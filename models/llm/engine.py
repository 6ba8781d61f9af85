"""llama.cpp, one sequence: read tokens, see the logits, keep and restore what was read. Not thread-safe."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt

from db.errors import ModelDamaged, ModelReplyError
from models.llm.cores import physical_cores
from models.llm.library import load_library, require_gpu, require_gpu_memory
from models.llm.options import EngineOptions, Progress

CHUNK = 64
"""Tokens read between two looks at the cancel flag: 0.8 s on two cores; larger chunks were not faster.

On a GPU (H100, 0.5B) chunks of 512 read four times as fast, which is 0.08 s of the 1,800 tokens that are read once.
"""


class Engine:
    """One model in memory.

    Raises:
        SettingsError: layers are to go to a GPU, and there is none that llama.cpp can use.
        ModelError: the GPU's memory does not suffice.
        ModelDamaged: llama.cpp cannot load the file.
    """

    def __init__(self, path: Path, options: EngineOptions, progress: Progress | None = None) -> None:
        load_library()
        llama_cpp.llama_backend_init()
        if options.gpu_layers:
            require_gpu()
        self._options = options
        self._position = 0
        self._model: Any = self._load(path, options, progress)
        self.vocab: Any = llama_cpp.llama_model_get_vocab(self._model)
        self._context: Any = self._open(options)
        self._batch = llama_cpp.llama_batch_init(CHUNK, 0, 1)
        self.context_tokens = int(llama_cpp.llama_n_ctx(self._context))
        self._vocabulary = int(llama_cpp.llama_vocab_n_tokens(self.vocab))

    @staticmethod
    def _load(path: Path, options: EngineOptions, progress: Progress | None) -> Any:
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = options.gpu_layers
        params.use_extra_bufts = options.repack
        if options.repack:  # mapped pages that were repacked would stay in memory beside their copy: +600 MB
            params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
        told = llama_cpp.llama_progress_callback(lambda share, _data: _tell(progress, share))
        params.progress_callback = told
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if not model:
            require_gpu_memory()
            raise ModelDamaged(f"{path.name} cannot be loaded as a GGUF model.", "Run `shopops model pull` again.")
        return model

    def _open(self, options: EngineOptions) -> Any:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = options.context
        params.n_batch = params.n_ubatch = CHUNK
        params.n_outputs_max = 1  # room for one row of logits instead of CHUNK rows of 152,000
        threads = options.threads or physical_cores()
        params.n_threads = params.n_threads_batch = threads
        context = llama_cpp.llama_init_from_model(self._model, params)
        if not context:
            llama_cpp.llama_model_free(self._model)
            require_gpu_memory()
            raise ModelDamaged("The model cannot be started.", "Try a smaller context, or fewer GPU layers.")
        return context

    @property
    def identity(self) -> str:
        """What else than the weights a snapshot depends on."""
        build = (llama_cpp.__version__, self.context_tokens, self._options.gpu_layers, self._options.repack)
        return "|".join(map(str, build))

    @property
    def position(self) -> int:
        """How many tokens are in memory."""
        return self._position

    def meta(self, key: str) -> str:
        """A value of the GGUF's metadata, empty when it has none."""
        buffer = ctypes.create_string_buffer(1 << 16)
        size = llama_cpp.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if size > 0 else ""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of a text. Only with ``special`` can it spell markers such as ``<|im_end|>``."""
        data = text.encode()
        room = len(data) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), tokens, room, False, special)
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of a token; part of a character is possible, markers are empty."""
        buffer = ctypes.create_string_buffer(1024)
        size = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
        return ctypes.string_at(buffer, max(size, 0))

    def ends(self, token: int) -> bool:
        """Whether the token ends a reply."""
        return bool(llama_cpp.llama_vocab_is_eog(self.vocab, token))

    def read(self, tokens: list[int], check: Callable[[], None]) -> None:
        """Read tokens after those in memory; ``check`` is called before every chunk and may raise.

        Raises:
            ModelReplyError: more tokens than the context holds.
        """
        if self._position + len(tokens) > self.context_tokens:
            raise ModelReplyError(
                f"Prompt and reply are longer than the model's {self.context_tokens} tokens.", "Ask a shorter question."
            )
        for start in range(0, len(tokens), CHUNK):
            check()
            self._decode(tokens[start : start + CHUNK], last=start + CHUNK >= len(tokens))

    def _decode(self, chunk: list[int], *, last: bool) -> None:
        batch = self._batch
        batch.n_tokens = len(chunk)
        for index, token in enumerate(chunk):
            batch.token[index] = token
            batch.pos[index] = self._position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = 0
        batch.logits[len(chunk) - 1] = last
        if llama_cpp.llama_decode(self._context, batch) != 0:
            self.forget()
            raise ModelReplyError("The local model stopped while reading.", "Ask again.")
        self._position += len(chunk)

    def logits(self) -> npt.NDArray[np.float32]:
        """Scores of every token to follow the last one read; valid until the next ``read``."""
        rows = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(rows, shape=(self._vocabulary,))

    def forget(self, keep: int = 0) -> None:
        """Forget all but the first ``keep`` tokens."""
        memory = llama_cpp.llama_get_memory(self._context)
        llama_cpp.llama_memory_seq_rm(memory, 0, keep, -1)
        self._position = keep

    def snapshot(self) -> bytes:
        """What was read so far, to be restored later; 28 kB a token with the 1.5B model."""
        size = llama_cpp.llama_state_seq_get_size(self._context, 0)
        buffer = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(self._context, buffer, size, 0)
        return bytes(memoryview(buffer)[:written])

    def restore(self, state: bytes, tokens: int) -> bool:
        """Put a snapshot of so many tokens back. False (and an empty memory) when llama.cpp does not take it."""
        self.forget()
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        taken = llama_cpp.llama_state_seq_set_data(self._context, buffer, len(state), 0)
        memory = llama_cpp.llama_get_memory(self._context)
        if taken != len(state) or llama_cpp.llama_memory_seq_pos_max(memory, 0) != tokens - 1:
            self.forget()
            return False
        self._position = tokens
        return True

    def close(self) -> None:
        """Free model and context."""
        if self._model is not None:
            llama_cpp.llama_batch_free(self._batch)
            llama_cpp.llama_free(self._context)
            llama_cpp.llama_model_free(self._model)
            self._model = self._context = None


def _tell(progress: Progress | None, share: float) -> bool:
    if progress is not None:
        progress("load", int(share * 100), 100)
    return True
