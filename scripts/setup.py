"""Make a checkout ready to use; safe to stop at any moment, to run again, and to run on a machine that is ready.

    python3 -m scripts.setup                          packages, the local model, the demo store
    python3 -m scripts.setup --dev                    the same and what the tests need
    python3 -m scripts.setup --dev --packages-only    without model and store (`make check`)

Every step leaves its stamp in .venv/.shopops only after it has succeeded, and the stamp holds what the step depended
on: a changed lock, a moved checkout or another Python is noticed, and that step runs anew. Standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from scripts import engine as llama
from scripts.jobs import Command, Jobs, Reader, SetupFailed

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".shopops"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shopops"
RUNTIME, DEV, BUILD = "requirements.lock", "requirements-dev.lock", "requirements-build.lock"
DISK_GB = 4  # packages, model, store and what is needed on the way

Action = Callable[[], None]


def main() -> int:
    """Run set-up; the exit status."""
    parser = argparse.ArgumentParser(description="Make this checkout ready to use.")
    parser.add_argument("--dev", action="store_true", help="install what the tests need too")
    parser.add_argument("--packages-only", action="store_true", help="leave out the local model and the demo store")
    chosen = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        set_up(dev=chosen.dev, data=not chosen.packages_only)
    except SetupFailed as failed:
        return _refuse(failed.sentence, failed.hint)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return _refuse("The disk is full." if full else f"{error}.", "Put that right and run the same command again.")
    except KeyboardInterrupt:
        _refuse("Stopped.", "Run the same command again: it goes on where it stopped.")
        return 130
    return 0


def set_up(*, dev: bool, data: bool) -> None:
    """Do what is not done yet, side by side where that is possible.

    Args:
        dev: install what the tests need too.
        data: fetch the local model and load the demo store too.

    Raises:
        SetupFailed: one step could not be done; what the others had finished stays.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    engine = llama.engine_of((ROOT / RUNTIME).read_text("utf-8"), CACHE)
    with _alone(CACHE / "setup.lock") as held, ThreadPoolExecutor() as pool, Jobs(CACHE / "setup.log", [held]) as jobs:
        check_machine(engine)
        make_environment(jobs)
        step("build tools", _digest(BUILD), lambda: install(jobs, "build tools", (ROOT / BUILD).read_text("utf-8")))
        wheel = pool.submit(ready_wheel, engine, jobs)
        packages = pool.submit(install_packages, jobs, dev)
        finish([packages], [wheel])
        work = [pool.submit(install_engine, engine, wheel, jobs)]
        if data:
            work.append(pool.submit(shopops, jobs, "local model", "model", "pull"))
            work.append(pool.submit(shopops, jobs, "demo store", "load", "journey"))
        finish(work)


def check_machine(engine: llama.Engine) -> None:
    """Raise SetupFailed when something that only the machine's owner can install is missing."""
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupFailed(
            "This Python cannot make virtual environments.",
            "Install what is missing (Debian, Ubuntu: apt-get install python3-venv), then run the same command again.",
        )
    if llama.kept_wheel(engine) is None:
        llama.check_compiler()
        for folder in {ROOT, CACHE}:
            free = shutil.disk_usage(folder).free / 1e9
            if free < DISK_GB:
                raise SetupFailed(
                    f"Only {free:.1f} GB are free at {folder}, and set-up needs {DISK_GB} GB.",
                    "Free some space, then run the same command again.",
                )


def make_environment(jobs: Jobs) -> None:
    """Make .venv, or make it anew when it is half-made, moved, or of a Python that is gone."""
    key = f"{ROOT} {sys.version}"
    stamp = STAMPS / "environment"
    if _read(stamp) == key and not half_made(VENV) and _runs():
        return
    base = getattr(sys, "_base_executable", sys.executable)  # not the environment that is about to be replaced
    jobs.board.set("virtual environment", "making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    jobs.run("virtual environment", [base, "-m", "venv", VENV])
    _write(stamp, key)
    jobs.board.done("virtual environment")


def half_made(venv: Path) -> bool:
    """Whether an installation into ``venv`` was cut off: pip writes RECORD last and renames what it replaces."""
    packages = [path for folder in venv.glob("lib/python*/site-packages") for path in folder.iterdir()]
    return any(
        path.name.startswith("~") or (path.suffix == ".dist-info" and not (path / "RECORD").exists())
        for path in packages
    )


def step(name: str, key: str, action: Action) -> None:
    """Run ``action`` unless the stamp says that it has succeeded for the same ``key``."""
    stamp = STAMPS / name
    if _read(stamp) == key:
        return
    stamp.unlink(missing_ok=True)
    action()
    _write(stamp, key)


def install(jobs: Jobs, job: str, lock: str) -> None:
    """Install every entry of ``lock``, checked against its hashes."""
    asked = STAMPS / f"{job}.txt"
    _write(asked, lock)
    total = len(re.findall(r"^\S+==", lock, re.MULTILINE))
    command: Command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--progress-bar",
        "off",
        "-r",
        asked,
    ]
    jobs.board.set(job, "starting")
    jobs.run(job, command, _installing(total))
    jobs.board.done(job)


def install_packages(jobs: Jobs, dev: bool) -> None:
    """Install everything but the engine, and this checkout itself (editable)."""
    lock = DEV if dev else RUNTIME
    # The dev lock holds all of the runtime lock at the same versions: having it is having both.
    if _read(STAMPS / DEV) != _digest(DEV):
        rest = llama.split_lock((ROOT / lock).read_text("utf-8"))[0]
        step(lock, _digest(lock), lambda: install(jobs, "packages", rest))
    command: Command = [PYTHON, "-m", "pip", "install", "--no-deps", "--no-index", "--no-build-isolation", "-e", ROOT]
    step("shopops", _digest("pyproject.toml"), lambda: jobs.run("shopops", command))


def ready_wheel(engine: llama.Engine, jobs: Jobs) -> Path | None:
    """The engine's wheel, compiled if need be; None when it is installed already."""
    if _read(STAMPS / "engine") == engine.key:
        return None
    wheel = llama.kept_wheel(engine)
    if wheel is None:
        wheel = llama.compile_wheel(engine, jobs, PYTHON)
        jobs.board.done(llama.JOB, "compiled")
    return wheel


def install_engine(engine: llama.Engine, wheel: Future[Path | None], jobs: Jobs) -> None:
    """Install the engine's wheel and see that it can be loaded."""
    path = wheel.result()
    if path is None:
        return

    def action() -> None:
        command: Command = [PYTHON, "-m", "pip", "install", "--no-deps", "--no-index", "--force-reinstall", path]
        jobs.run(llama.JOB, command)
        jobs.run(llama.JOB, [PYTHON, "-c", "import llama_cpp"])

    step("engine", engine.key, action)


def shopops(jobs: Jobs, job: str, *arguments: str) -> None:
    """Run one of our own commands, which says itself when there is nothing to do."""
    jobs.board.set(job, "starting")
    jobs.run(job, [VENV / "bin" / "shopops", *arguments], lambda line: line.strip() or None)
    jobs.board.done(job, "ready")


def finish(wanted: list[Future[None]], beside: Sequence[Future[Any]] = ()) -> None:
    """Wait until all of ``wanted`` are done; raise what the first of them, or of ``beside``, fails with."""
    pending: set[Future[Any]] = {*wanted, *beside}
    while any(future in pending for future in wanted):
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()


def _installing(total: int) -> Reader:
    seen = 0

    def read(line: str) -> str | None:
        nonlocal seen
        if line.startswith("Collecting "):
            seen += 1
            return f"fetching {seen} of {total}"
        return "installing" if line.startswith("Installing collected packages") else None

    return read


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[int]:
    """Hold ``path`` locked. Every command inherits the descriptor, so that one that outlives us keeps others out."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is running on this machine; waiting for it to end.", flush=True)
            while not _locked(file.fileno()):
                time.sleep(0.5)
        yield file.fileno()


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _runs() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _write(path: Path, text: str) -> None:
    """Write all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


def _refuse(sentence: str, hint: str) -> int:
    print(f"\nerror: {sentence}\n{hint}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
