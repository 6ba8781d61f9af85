"""What the user is told about the installed llama.cpp: missing, half there, without a GPU, without enough of one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from agent.interfaces.cli.doctor import _engine
from agent.settings import Settings
from db.errors import ModelError, SettingsError
from models.llm import library

CARDS = ("NVIDIA H100 80GB HBM3", "NVIDIA L4")


class Unloadable:
    """Finds llama_cpp as it is where a library that it was compiled against is missing."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name == "llama_cpp":
            raise RuntimeError(
                "Failed to load shared library '/opt/x/libllama.so': libcublas.so.13: cannot open shared object file"
            )
        return None


def test_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(ModelError, match=r"llama-cpp-python is not installed\. Run `make demo`"):
        library.load_library()


def test_a_library_that_it_needs_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "llama_cpp", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Unloadable(), *sys.meta_path])
    with pytest.raises(ModelError) as told:
        library.load_library()
    assert told.value.message == "llama.cpp cannot be loaded: libcublas.so.13: cannot open shared object file."
    assert "LD_LIBRARY_PATH" in told.value.hint
    assert _engine(Settings()).mend == told.value.hint


def test_it_loads_and_names_the_gpus_of_this_machine() -> None:
    assert library.load_library().count(".") == 2
    assert all(library.gpus())


@pytest.mark.parametrize(
    ("errors", "short"),
    [
        (
            [(4, "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 373.73 MiB on device 0: cudaMalloc failed")],
            True,
        ),
        ([(4, "llama_model_load: error loading model: unable to allocate CUDA0 buffer")], True),
        ([(4, "llama_model_load: error loading model: unable to allocate CPU buffer")], False),
        ([(1, "failed to allocate 4.00 MiB of pinned memory: out of memory")], False),
        ([(4, "gguf_init_from_file: failed to read magic")], False),
        ([], False),
    ],
)
def test_memory_that_a_gpu_lacked_is_told_once(errors: list[tuple[int, str]], short: bool) -> None:
    library._last_errors.clear()
    for level, text in errors:
        library._hush(level, text.encode(), None)
    if short:
        with pytest.raises(ModelError, match="too little free memory"):
            library.require_gpu_memory()
    library.require_gpu_memory()


def test_layers_without_a_gpu_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "gpus", lambda: CARDS)
    library.require_gpu()
    monkeypatch.setattr(library, "gpus", lambda: ())
    with pytest.raises(SettingsError, match=r"'gpu_layers' \(SHOPOPS_GPU_LAYERS\) asks for a GPU"):
        library.require_gpu()


@pytest.mark.parametrize(
    ("layers", "cards", "found", "ok"),
    [
        (0, (), "on the processor", True),
        (0, CARDS[:1], "on the processor; 'gpu_layers' would use NVIDIA H100 80GB HBM3", True),
        (-1, CARDS, "on NVIDIA H100 80GB HBM3, NVIDIA L4", True),
        (-1, (), "llama.cpp as it is installed finds none", False),
    ],
)
def test_doctor_says_where_the_model_runs(
    monkeypatch: pytest.MonkeyPatch, layers: int, cards: tuple[str, ...], found: str, ok: bool
) -> None:
    monkeypatch.setattr(library, "gpus", lambda: cards)
    check = _engine(Settings(gpu_layers=layers))
    assert found in check.found
    assert check.ok == ok
