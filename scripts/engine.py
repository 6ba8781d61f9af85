"""The language model engine (llama-cpp-python): compiled once for this machine's processor and kept for every checkout.

It comes as source. Its wheel fits only the kind of processor that compiled it, which pip's own cache does not know, so
finished wheels are kept here under a key that says so. A compilation that was stopped goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from scripts.jobs import Command, Jobs, Reader, SetupFailed

NAME = "llama-cpp-python"
JOB = "language model engine"
# Pictures are no part of what a model is asked here: that library is not compiled.
ALWAYS = "-DLLAVA_BUILD=OFF"
CMAKE_MINIMUM = (3, 21)  # llama.cpp's own
CHUNK = 1 << 20


@dataclass(frozen=True)
class Engine:
    """One build of the engine.

    Attributes:
        requirement: its entry in the lock, version and hashes.
        arguments: what cmake is told; ``CMAKE_ARGS`` of the environment adds to it (``-DGGML_CUDA=on`` for a GPU).
        folder: where its wheel is kept, and what a stopped compilation left.
    """

    requirement: str
    arguments: str
    folder: Path

    @property
    def key(self) -> str:
        """Names this build: version, processor and cmake arguments."""
        return self.folder.name


def engine_of(lock: str, cache: Path) -> Engine:
    """The build that this lock and this machine ask for."""
    requirement = split_lock(lock)[1]
    version = re.match(rf"{NAME}==([^ ;\\]+)", requirement)
    if version is None:
        raise SetupFailed(f"The lock names no {NAME}.", "Run `make lock`.")
    arguments = f"{ALWAYS} {os.environ.get('CMAKE_ARGS', '')}".strip()
    machine = [requirement, arguments, platform.machine(), *platform.libc_ver(), _processor()]
    digest = hashlib.sha256("\n".join(machine).encode()).hexdigest()[:12]
    return Engine(requirement, arguments, cache / "engine" / f"{version[1]}-{digest}")


def split_lock(lock: str) -> tuple[str, str]:
    """A lock's text without the engine, and the engine's own entry."""
    entries = re.split(r"\n(?=\S)", lock.strip())
    engine = [entry for entry in entries if entry.startswith(f"{NAME}==")]
    return "\n".join(entry for entry in entries if entry not in engine) + "\n", "".join(engine) + "\n"


def kept_wheel(engine: Engine) -> Path | None:
    """The finished wheel, if there is one and it is still what was compiled."""
    for wheel in engine.folder.glob("*.whl"):
        digest = wheel.with_suffix(".sha256")
        if digest.exists() and digest.read_text("ascii") == _sha256(wheel):
            return wheel
    return None


def check_compiler() -> None:
    """Raise SetupFailed unless a C and a C++ compiler and a cmake that is new enough are there."""
    missing = [name for name, one_of in (("C compiler", ("cc", "gcc", "clang")), ("C++ compiler", ("c++", "g++")))
               if not any(map(shutil.which, one_of))]  # fmt: skip
    cmake = shutil.which("cmake")
    found = subprocess.run([cmake, "--version"], capture_output=True, text=True, check=False).stdout if cmake else ""
    version = re.search(r"(\d+)\.(\d+)", found)
    if version is None or (int(version[1]), int(version[2])) < CMAKE_MINIMUM:
        missing.append(f"cmake {CMAKE_MINIMUM[0]}.{CMAKE_MINIMUM[1]} or newer")
    if missing:
        names = ", ".join(missing)
        raise SetupFailed(
            f"This machine lacks what compiles the {JOB}: {names}.",
            "Install it (Debian, Ubuntu: apt-get install build-essential cmake; macOS: xcode-select --install and "
            "brew install cmake), then run the same command again.",
        )


def compile_wheel(engine: Engine, jobs: Jobs, python: Path) -> Path:
    """Fetch the source, check it against the lock's hashes, compile, keep the wheel; return it.

    Raises:
        SetupFailed: it could not be fetched or compiled. What was compiled until then is kept for the next run.
    """
    work = engine.folder / "work"
    source = _source(engine, jobs, python, work)
    jobs.board.set(JOB, "preparing to compile (about 7 minutes on two cores, once for this machine)")
    made = work / "wheel"
    shutil.rmtree(made, ignore_errors=True)
    command: Command = [python, "-m", "pip", "wheel", "--verbose", "--no-deps", "--no-index", "--no-build-isolation",
               "--no-cache-dir", "--wheel-dir", made, "-C", f"build-dir={work / 'cmake'}", source]  # fmt: skip
    try:
        jobs.run(JOB, command, _compiling, {"CMAKE_ARGS": engine.arguments})
    except SetupFailed:
        (work / "cmake" / "CMakeCache.txt").unlink(missing_ok=True)  # configure anew; compiled files stay
        raise
    wheel = next(made.glob("*.whl"))
    kept = engine.folder / wheel.name
    shutil.move(wheel, kept)
    part = engine.folder / "digest.part"
    part.write_text(_sha256(kept), "ascii")
    part.replace(kept.with_suffix(".sha256"))
    shutil.rmtree(work)
    return kept


def _source(engine: Engine, jobs: Jobs, python: Path, work: Path) -> Path:
    """The unpacked source, in a place that stays the same so that a compilation can go on."""
    unpacked = work / "source"
    if not unpacked.exists():
        work.mkdir(parents=True, exist_ok=True)
        jobs.board.set(JOB, "fetching the source")
        asked = work / "engine.lock"
        asked.write_text(engine.requirement, "utf-8")
        command: Command = [python, "-m", "pip", "download", "--no-deps", "--require-hashes", "--no-binary", NAME,
                   "--no-build-isolation", "--progress-bar", "raw", "--dest", work, "-r", asked]  # fmt: skip
        jobs.run(JOB, command, fetching("fetching the source"))
        part = work / "source.part"
        shutil.rmtree(part, ignore_errors=True)
        with tarfile.open(next(work.glob("*.tar.gz"))) as archive:
            archive.extractall(part, filter="data")
        part.replace(unpacked)
    return next(path for path in unpacked.iterdir() if path.is_dir())


def fetching(doing: str) -> Reader:
    """Read pip's raw progress lines, ``Progress 10 of 100`` in bytes."""

    def read(line: str) -> str | None:
        seen = re.match(r"Progress (\d+) of (\d+)", line)
        return f"{doing}, {int(seen[1]) >> 20} of {int(seen[2]) >> 20} MB" if seen and int(seen[2]) > CHUNK else None

    return read


def _compiling(line: str) -> str | None:
    seen = re.search(r"\[(\d+)/(\d+)\]", line)
    return f"compiling, {seen[1]} of {seen[2]} files" if seen else None


def _processor() -> str:
    """What the compiler may use: the processor's feature flags where the system tells them."""
    try:
        flags = re.search(r"^(?:flags|Features)\s*:(.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        flags = None
    return " ".join(sorted(flags[1].split())) if flags else platform.processor()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
