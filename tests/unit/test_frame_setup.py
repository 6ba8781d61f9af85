"""Set-up: what is done again, what is not, and that nothing is left running."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts import engine, setup
from scripts.jobs import Jobs, SetupFailed, failure

LOCK = """# first line
alpha==1.0 \\
    --hash=sha256:aa
llama-cpp-python==0.3.36 \\
    --hash=sha256:bb
omega==2.0 ; sys_platform == 'linux' \\
    --hash=sha256:cc
"""


@pytest.fixture
def stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps")
    return tmp_path / "stamps"


def test_a_step_is_done_once_for_one_key(stamps: Path) -> None:
    done: list[str] = []
    for key in ("first", "first", "second"):
        setup.step("packages", key, lambda key=key: done.append(key))
    assert done == ["first", "second"]


def test_a_step_that_fails_leaves_no_stamp(stamps: Path) -> None:
    setup.step("packages", "old lock", lambda: None)

    def cut_off() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setup.step("packages", "new lock", cut_off)
    assert list(stamps.iterdir()) == []


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (["alpha", "alpha-1.0.dist-info/RECORD"], False),
        (["alpha", "alpha-1.0.dist-info/METADATA"], True),
        (["~lpha", "alpha-1.0.dist-info/RECORD"], True),
        ([], False),
    ],
)
def test_a_cut_off_installation_is_noticed(tmp_path: Path, left: list[str], expected: bool) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in left:
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).touch()
    assert setup.half_made(tmp_path) is expected


def test_the_engine_is_taken_out_of_the_lock() -> None:
    rest, entry = engine.split_lock(LOCK)
    assert entry == "llama-cpp-python==0.3.36 \\\n    --hash=sha256:bb\n"
    assert rest == LOCK.replace(entry, "")


def test_the_engine_is_compiled_anew_for_other_cmake_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CMAKE_ARGS", raising=False)
    plain = engine.engine_of(LOCK, tmp_path)
    assert plain == engine.engine_of(LOCK, tmp_path)
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_CUDA=on")
    cuda = engine.engine_of(LOCK, tmp_path)
    assert cuda.key != plain.key
    assert cuda.arguments.endswith("-DGGML_CUDA=on")


@pytest.mark.parametrize(("damage", "used"), [(b"", True), (b"x", False)])
def test_a_damaged_wheel_is_not_used(tmp_path: Path, damage: bytes, used: bool) -> None:
    made = engine.engine_of(LOCK, tmp_path)
    made.folder.mkdir(parents=True)
    wheel = made.folder / "llama_cpp_python-0.3.36-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    assert engine.kept_wheel(made) is None  # killed before its digest was written
    wheel.with_suffix(".sha256").write_text(engine._sha256(wheel), "ascii")
    wheel.write_bytes(b"wheel" + damage)
    assert (engine.kept_wheel(made) == wheel) is used


def test_a_machine_without_a_compiler_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupFailed) as failed:
        engine.check_compiler()
    assert "C compiler, C++ compiler, cmake 3.21 or newer" in failed.value.sentence
    assert "apt-get install build-essential cmake" in failed.value.hint


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "packages: the disk is full."),
        ("Max retries exceeded with url", "packages: the package registry could not be reached."),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "packages: a downloaded package is not the published one."),
        ("c++: fatal error: Killed signal terminated program cc1plus", "packages: the memory did not suffice."),
        ("something nobody expected\n\n", "packages failed: something nobody expected"),
    ],
)
def test_a_failure_is_told_in_one_sentence(output: str, sentence: str) -> None:
    told = failure("packages", output.split("\n"), Path("setup.log"))
    assert told.sentence == sentence
    assert "the same command again" in told.hint


def test_progress_is_read_and_everything_is_logged(tmp_path: Path) -> None:
    seen: list[str] = []
    with Jobs(tmp_path / "log") as jobs:
        jobs.run("job", [sys.executable, "-c", "print('one\\rtwo\\nthree')"], seen.append)
    assert seen == ["one", "two", "three"]
    assert (tmp_path / "log").read_text("utf-8") == "job: one\njob: two\njob: three\n"


def test_nothing_is_left_running(tmp_path: Path) -> None:
    """A command and what it has started are ended when the block is left by an error."""
    told = tmp_path / "pid"
    script = f"sleep 60 & echo $! > {told}.part; mv {told}.part {told}; wait"

    def break_off() -> None:
        with ThreadPoolExecutor() as pool, Jobs(tmp_path / "log") as jobs:
            pool.submit(jobs.run, "job", ["/bin/sh", "-c", script])
            while not told.exists():
                time.sleep(0.01)
            raise SetupFailed("Another job failed.", "")

    with pytest.raises(SetupFailed, match="Another job failed"):
        break_off()
    grandchild = int(told.read_text("ascii"))
    deadline = time.monotonic() + 10
    while _runs(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(grandchild)


def _runs(pid: int) -> bool:
    """Whether the process is there and is not just waiting to be reaped."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
