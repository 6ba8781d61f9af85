"""Real models, pulled where they are not there yet, loaded once for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from models.llm import LanguageModel, open_model
from models.llm.fetch import pull

SMALL = "qwen2.5-coder-0.5b"
DEFAULT = "qwen2.5-coder-1.5b"


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Where the models of the machine's user lie."""
    return Path(os.environ.get("SHOPOPS_CACHE_DIR") or user_cache_path("shopops")) / "models"


@pytest.fixture(scope="session")
def small_path(model_folder: Path) -> Path:
    """The 0.5B model's file."""
    return pull(SMALL, model_folder)


@pytest.fixture(scope="session")
def small(small_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageModel]:
    """The 0.5B model."""
    model = open_model(f"local:{SMALL}", folder=small_path.parent, prefix_folder=tmp_path_factory.mktemp("prefixes"))
    yield model
    model.close()


@pytest.fixture(scope="session")
def default(model_folder: Path) -> Iterator[LanguageModel]:
    """The 1.5B model."""
    pull(DEFAULT, model_folder)
    model = open_model(f"local:{DEFAULT}", folder=model_folder)
    yield model
    model.close()
