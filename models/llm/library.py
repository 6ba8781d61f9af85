"""The installed llama.cpp: whether it loads, which GPUs it can use, and its log kept from the terminal."""

from __future__ import annotations

import ctypes
import re
from collections import deque
from typing import Any

from db.errors import ModelError, SettingsError

_GPU, _INTEGRATED_GPU = 1, 2  # ggml-backend.h: enum ggml_backend_dev_type
_ERROR = 4  # ggml.h: enum ggml_log_level
_GPU_MEMORY = re.compile("cudaMalloc failed|(failed|unable) to allocate (?!CPU)", re.IGNORECASE)
_last_errors: deque[str] = deque(maxlen=20)
_kept: list[Any] = []  # the callback, which llama.cpp calls as long as the process lives


def load_library() -> str:
    """Load llama.cpp and silence it; the version of llama-cpp-python.

    Raises:
        ModelError: it is not installed, or was compiled against libraries that are not there (CUDA's, say).
    """
    try:
        import llama_cpp
    except ImportError:
        raise ModelError(
            "llama-cpp-python is not installed.", "Run `make demo`, or install requirements.lock."
        ) from None
    except (OSError, RuntimeError) as error:
        reason = str(error).rsplit("': ", 1)[-1].rstrip(".")
        raise ModelError(
            f"llama.cpp cannot be loaded: {reason}.",
            "Make the folder of what is missing known to the loader (LD_LIBRARY_PATH), or compile it anew.",
        ) from None
    if not _kept:
        _kept.append(llama_cpp.llama_log_callback(_hush))
        llama_cpp.llama_log_set(_kept[0], None)
    return str(llama_cpp.__version__)


def gpus() -> tuple[str, ...]:
    """The GPUs that llama.cpp can use, by their makers' names; none where it was compiled for the processor only.

    Raises:
        ModelError: llama.cpp cannot be loaded.
    """
    load_library()
    import llama_cpp

    if not llama_cpp.llama_supports_gpu_offload():
        return ()
    ggml: Any = llama_cpp.llama_cpp._lib
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    ggml.ggml_backend_dev_description.restype = ctypes.c_char_p
    count = ggml.ggml_backend_dev_count()
    devices = [ctypes.c_void_p(ggml.ggml_backend_dev_get(ctypes.c_size_t(number))) for number in range(count)]
    cards = [device for device in devices if ggml.ggml_backend_dev_type(device) in (_GPU, _INTEGRATED_GPU)]
    return tuple(ggml.ggml_backend_dev_description(card).decode("utf-8", "replace") for card in cards)


def require_gpu() -> None:
    """Raise SettingsError where layers are to go to a GPU and there is none."""
    if not gpus():
        raise SettingsError(
            "'gpu_layers' (SHOPOPS_GPU_LAYERS) asks for a GPU, and llama.cpp as it is installed finds none.",
            "Set it to 0, or compile llama.cpp for the GPU (docs/operations.md).",
        )


def require_gpu_memory() -> None:
    """Raise ModelError where llama.cpp's last errors were about memory of a GPU that it did not get."""
    lacked = any(_GPU_MEMORY.search(error) for error in _last_errors)
    _last_errors.clear()
    if lacked:
        raise ModelError("The GPU has too little free memory for the model.", "Free some, or set fewer 'gpu_layers'.")


def _hush(level: int, text: bytes, _data: Any) -> None:
    if level == _ERROR:
        _last_errors.append(text.decode("utf-8", "replace").strip())
