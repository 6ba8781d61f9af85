"""Write the three lock files from pyproject.toml, or say whether they still belong to it.

    make lock                          # resolve anew and write all three
    python3 -m scripts.lock --check    # exit 1 when pyproject.toml has moved on; no network

A lock pins every package with the hashes of its published files and names no registry. Its first line carries a digest
of what was asked for, so that a changed pyproject.toml is noticed without resolving anything.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV, RUNTIME, BUILD = "requirements-dev.lock", "requirements.lock", "requirements-build.lock"
# The dev lock holds everything; the other two follow its versions, so that no package has two.
REQUESTS = {
    DEV: ["pyproject.toml", "--group", "dev"],
    RUNTIME: ["pyproject.toml", "--constraint", DEV],
    BUILD: ["--group", "build", "--constraint", DEV],
}
OPTIONS = [
    "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate",
    "--no-config", "--quiet",
]  # fmt: skip


def digest(pyproject: Path) -> str:
    """Digest of the requirements that pyproject.toml asks for: order and layout do not count, everything else does."""
    document = tomllib.loads(pyproject.read_text("utf-8"))
    groups: dict[str, list[str]] = document["dependency-groups"]
    asked = {
        "python": document["project"]["requires-python"],
        "runtime": sorted(document["project"]["dependencies"]),
        "groups": {name: sorted(entries) for name, entries in sorted(groups.items())},
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def first_line(pyproject: Path) -> str:
    """The line that every lock made from this pyproject.toml starts with."""
    return f'# Made by "make lock" from pyproject.toml, digest {digest(pyproject)}. Do not edit.'


def stale(root: Path) -> list[str]:
    """Names of the lock files under ``root`` that are missing or were made from another pyproject.toml."""
    line = first_line(root / "pyproject.toml")
    locks = [root / name for name in REQUESTS]
    return [lock.name for lock in locks if not lock.exists() or lock.read_text("utf-8").partition("\n")[0] != line]


def write(root: Path) -> None:
    """Resolve all three locks with uv, keeping the pinned versions that still fit; ``--upgrade`` lets them move."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv else []
    for name, request in REQUESTS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", *request, *OPTIONS, *upgrade, "--output-file", name]
        subprocess.run(command, cwd=root, check=True)
    for name in REQUESTS:  # last: a lock half-way through a failed run must not look fresh
        lock = root / name
        pins = [text for text in lock.read_text("utf-8").splitlines(keepends=True) if not text.startswith("#")]
        lock.write_text(first_line(root / "pyproject.toml") + "\n" + "".join(pins), "utf-8")


def main() -> int:
    """Write, or check; the exit status."""
    if "--check" not in sys.argv:
        write(ROOT)
        return 0
    old = stale(ROOT)
    if old:
        names = ", ".join(old)
        sys.stderr.write(f"{names}: no longer made from this pyproject.toml. Run `make lock` and commit the result.\n")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
