"""Data sets out of wheels: fetched once, checked by hash, never half-written."""

from __future__ import annotations

import threading
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from db.errors import ModelDamaged, ModelUnavailable
from models.wheels import wheel_file

INSIDE = "made/data/ratings.csv"
CONTENT = b"user,item,rating\n1,2,3\n"
PINNED = {("made==1.0", INSIDE): sha256(CONTENT).hexdigest()}


class Pip:
    """A package index with one wheel; counts how often it is asked."""

    def __init__(self, content: bytes = CONTENT, inside: str = INSIDE) -> None:
        self.asked = 0
        self.content, self.inside = content, inside

    def __call__(self, requirement: str, folder: Path, _stop: threading.Event) -> Path:
        self.asked += 1
        wheel = folder / f"{requirement.replace('==', '-')}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(self.inside, self.content)
        return wheel


def test_a_file_is_fetched_once_and_kept(tmp_path: Path) -> None:
    pip = Pip()
    first = wheel_file("made==1.0", INSIDE, tmp_path / "data", client=pip, pinned=PINNED)
    again = wheel_file("made==1.0", INSIDE, tmp_path / "data", client=pip, pinned=PINNED)
    assert first == again == tmp_path / "data" / "ratings.csv"
    assert first.read_bytes() == CONTENT
    assert pip.asked == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["ratings.csv"]


def test_an_altered_copy_is_fetched_anew(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_bytes(CONTENT[:-2])
    assert wheel_file("made==1.0", INSIDE, tmp_path, client=Pip(), pinned=PINNED).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("pip", "sentence"),
    [(Pip(content=b"other"), "is not the published file"), (Pip(inside="made/other.csv"), "does not hold")],
)
def test_other_bytes_are_refused_and_nothing_is_left(tmp_path: Path, pip: Pip, sentence: str) -> None:
    with pytest.raises(ModelDamaged, match=sentence):
        wheel_file("made==1.0", INSIDE, tmp_path, client=pip, pinned=PINNED)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_sentence_of_pip_stands(tmp_path: Path) -> None:
    def down(requirement: str, _folder: Path, _stop: threading.Event) -> Path:
        raise ModelUnavailable(f"pip could not fetch {requirement}.")

    with pytest.raises(ModelUnavailable, match=r"could not fetch made==1\.0"):
        wheel_file("made==1.0", INSIDE, tmp_path, client=down, pinned=PINNED)
    assert list(tmp_path.iterdir()) == []
