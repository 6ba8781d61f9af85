"""The project's frame: what is committed, what the locks hold, what set-up does when it is cut off."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import lock

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")
LARGEST_BYTES = 1_000_000
# Spelt in parts, so that this file does not name what it forbids.
HOSTS = (("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"), ("deb", "debian", "org"))
FOLDERS = ("work/main", "work/shared", "tmp/setup", "opt/wheels", "root/")
FORBIDDEN = {
    "a registry's host": "|".join(re.escape(".".join(parts)) for parts in HOSTS),
    "a path of one machine": rf"(?<![\w./])/(?:{'|'.join(FOLDERS)})",
}


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_committed_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in committed()
        for number, line in enumerate(path.read_text("utf-8", "ignore").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_no_large_file_is_committed() -> None:
    assert [path.name for path in committed() if path.stat().st_size > LARGEST_BYTES] == []


def test_prompts_hold_no_code() -> None:
    code = [path.name for path in committed() if path.is_relative_to(ROOT / "prompts") and path.suffix == ".py"]
    assert code == ["__init__.py"]


def test_locks_belong_to_pyproject() -> None:
    assert lock.stale(ROOT) == []


def test_a_changed_requirement_makes_the_locks_stale(tmp_path: Path) -> None:
    for name in (*LOCKS, "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace('"click>=', '"click>=8.3,>='), "utf-8")
    assert lock.stale(tmp_path) == list(lock.REQUESTS)


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_carries_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.partition("\n")[2].strip())
    assert [
        entry for entry in entries if not re.match(r"[a-z0-9][\w.-]*==[^\s]+ .*--hash=sha256:", entry, re.DOTALL)
    ] == []
    assert re.findall(r"\w+://|--\w*index\S*|--find-links", text) == []
    assert "torch" not in pins(name)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
def test_the_dev_lock_has_the_same_versions(name: str) -> None:
    dev = pins("requirements-dev.lock")
    assert {
        package: versions for package, versions in pins(name).items() if dev.get(package, versions) != versions
    } == {}


def test_the_lock_satisfies_what_pyproject_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    pinned = pins("requirements.lock")
    unmet = [
        text
        for text in asked
        for wanted in [Requirement(text)]
        if not all(wanted.specifier.contains(version) for version in pinned[canonicalize_name(wanted.name)])
    ]
    assert unmet == []


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([^\s=#]+)==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE):
        found.setdefault(package, set()).add(version)
    assert found
    return found
