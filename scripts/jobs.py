"""Commands run side by side, with their progress on the screen, their output in a log, and none left behind.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

# What a line of output says about progress; None leaves the status as it was.
Reader = Callable[[str], "str | None"]
Command = Sequence["str | Path"]

REDRAW_S = 0.5  # on a terminal
REPORT_S = 15.0  # in a log, where every report is a line of its own
GRACE_S = 5.0  # between asking a command to stop and stopping it
REASONS = [
    (r"No space left on device|Disk quota exceeded", "the disk is full", "Free some space (4 GB are needed in all)"),
    (r"DO NOT MATCH THE HASHES", "a downloaded package is not the published one", "Check the network and its proxies"),
    (
        r"Failed to establish|Temporary failure in name|NameResolution|Max retries exceeded|Connection\w*Error|"
        r"Network is unreachable|timed out|Remote end closed|IncompleteRead|No matching distribution|"
        r"SSLError|ProxyError",
        "the package registry could not be reached",
        "Check the network",
    ),
    (r"Killed|out of memory|MemoryError", "the memory did not suffice", "Close other programs"),
    (r"CMake Error|\berror: |FAILED: ", "it broke off with an error", "Look into the log named below"),
]


class SetupFailed(Exception):
    """Set-up cannot go on: one sentence, and what to do about it."""

    def __init__(self, sentence: str, hint: str) -> None:
        super().__init__(sentence)
        self.sentence, self.hint = sentence, hint


class Board:
    """One status a job: redrawn in place on a terminal, a line every few seconds elsewhere."""

    def __init__(self) -> None:
        self._status: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._drawn = 0
        self._live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._refresh, daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def close(self) -> None:
        """Stop reporting and leave the cursor on a fresh line."""
        self._stop.set()
        self._thread.join()
        with self._lock:
            self._erase()

    def set(self, job: str, status: str) -> None:
        """Note what ``job`` is doing now."""
        with self._lock:
            since = self._status.get(job, ("", time.monotonic()))[1]
            self._status[job] = (status, since)

    def say(self, sentence: str) -> None:
        """Print a line that stays."""
        with self._lock:
            self._erase()
            print(sentence, flush=True)

    def done(self, job: str, outcome: str = "done") -> None:
        """Take ``job`` off the board and leave one line about it."""
        with self._lock:
            _, since = self._status.pop(job, ("", time.monotonic()))
        self.say(f"  {job}: {outcome} ({_clock(time.monotonic() - since)})")

    def _refresh(self) -> None:
        while not self._stop.wait(REDRAW_S if self._live else REPORT_S):
            with self._lock:
                self._erase()
                now = time.monotonic()
                lines = [f"  {job}: {text} ({_clock(now - since)})" for job, (text, since) in self._status.items()]
                if self._live:
                    width = shutil.get_terminal_size().columns - 1
                    for line in lines:
                        print(line[:width], flush=True)
                    self._drawn = len(lines)
                elif lines:
                    print(" ·".join(lines), flush=True)

    def _erase(self) -> None:
        if self._drawn:
            print(f"\033[{self._drawn}F\033[J", end="", flush=True)
            self._drawn = 0


class Jobs:
    """Starts commands, each in a process group of its own, and ends all that still run when the block is left."""

    def __init__(self, log: Path, keep_open: Sequence[int] = ()) -> None:
        self.board = Board()
        self.log = log
        self._out = log.open("a", encoding="utf-8", errors="replace", buffering=1)
        self._keep_open = tuple(keep_open)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def __enter__(self) -> Jobs:
        self.board.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # impatience must not leave commands behind
        self.stop()
        self.board.close()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._out.close()

    def run(
        self,
        job: str,
        command: Command,
        read: Reader = lambda line: None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run one command to its end.

        Args:
            job: the name shown.
            command: program and arguments.
            read: turns a line of its output into a status.
            environment: variables set for it beside this process's own.

        Raises:
            SetupFailed: it ended with another status than 0.
        """
        tail: deque[str] = deque(maxlen=400)
        process = self._start([str(part) for part in command], environment or {})
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        with process.stdout:
            for raw in process.stdout:
                for line in re.split(r"[\r\n]+", raw.decode("utf-8", "replace").rstrip()):
                    tail.append(line)
                    self._out.write(f"{job}: {line}\n")
                    shown = read(line)
                    if shown:
                        self.board.set(job, shown)
        status = process.wait()
        with self._lock:
            self._running.discard(process)
        if status != 0:
            raise failure(job, list(tail), self.log)

    def stop(self) -> None:
        """End every command that still runs, with all that it has started; no more can be started."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for sent in (signal.SIGTERM, signal.SIGKILL):
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, sent)
            deadline = time.monotonic() + GRACE_S
            while running and time.monotonic() < deadline:
                running = [process for process in running if process.poll() is None]
                time.sleep(0.05)

    def _start(self, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        with self._lock:
            if self._stopped:
                raise SetupFailed("Stopped.", "")
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, **quiet, **environment},
                start_new_session=True,
                pass_fds=self._keep_open,
            )
            self._running.add(process)
        return process


def failure(job: str, tail: Sequence[str], log: Path) -> SetupFailed:
    """What to tell about a command that failed, from the last lines of its output."""
    text = "\n".join(tail)
    for pattern, reason, hint in REASONS:
        if re.search(pattern, text):
            return SetupFailed(f"{job}: {reason}.", f"{hint}, then run the same command again. Log: {log}")
    said = next((line.strip() for line in reversed(tail) if line.strip()), "it said nothing")
    return SetupFailed(f"{job} failed: {said}", f"Run the same command again; it goes on where it stopped. Log: {log}")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
