"""Every curl example of docs/api.md, sent as it stands to a server over the demo store."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from agent.interfaces.problems import TITLES
from tests.serving import served, shop_in, token_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
FLAGS = {"-fsS", "-fsSN"}


def examples() -> list[str]:
    """The commands of the page, one a line."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory, journey_folder: Path) -> Iterator[dict[str, str]]:
    with shop_in(tmp_path_factory.mktemp("docs"), journey_folder) as service, served(service) as url:
        yield {"$SHOPOPS": url, "$TOKEN": token_of(service, "report")}


def send(command: str) -> httpx.Response:
    """What curl would send; only the options that the page uses are known."""
    name, *words = shlex.split(command)
    assert name == "curl"
    method, address, headers, body = "", "", {}, None
    while words:
        word = words.pop(0)
        if word == "-H":
            key, value = words.pop(0).split(": ", 1)
            headers[key] = value
        elif word == "-d":
            body = words.pop(0).encode()
        elif word == "-X":
            method = words.pop(0)
        elif word not in FLAGS:
            assert not word.startswith("-"), f"{word} is not known here"
            address = word
    return httpx.request(method or ("POST" if body else "GET"), address, headers=headers, content=body, timeout=30)


def test_the_examples_work(variables: dict[str, str]) -> None:
    found = examples()
    assert len(found) >= 9
    for command in found:
        for name, value in variables.items():
            command = command.replace(name, value)
        told = send(command)
        assert told.status_code in (200, 204), (command, told.text)


def test_the_page_lists_every_status() -> None:
    text = PAGE.read_text("utf-8")
    for status in TITLES:
        assert f"| {status} |" in text
