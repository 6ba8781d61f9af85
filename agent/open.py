"""Put an analyst together from settings: store, model, memory, verified questions."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable

from agent.ask import Analyst, Limits
from agent.delivery.names import channel_names
from agent.execute import Workspace
from agent.ports import Memory, Observer
from agent.settings import Settings
from agent.stores import open_named
from agent.stores import store_yaml as store_yaml  # noqa: PLC0414 - its public name
from agent.verified import VerifiedQuestions, shipped_path
from db.engine import Store
from models.llm.base import LanguageModel
from models.training import trained_folder


def open_analyst(
    settings: Settings,
    *,
    store: str | None = None,
    model: str | None = None,
    memory: Memory | None = None,
    observer: Observer | None = None,
    opener: Callable[[], LanguageModel] | None = None,
) -> Analyst:
    """Open a store for questions; the model is opened when a question first needs it.

    Args:
        store: another store than the settings'.
        model: another model than the settings', e.g. ``local:qwen2.5-coder-0.5b``.
        memory: where conversations are kept; the settings' state by default.
        observer: who counts and times the questions.
        opener: gives the model, where several analysts share one; see :func:`model_once`.

    Raises:
        StoreMissing, StoreLocked, StoreDamaged, StoreError, SchemaError, SettingsError: what is wrong, and what to do.
    """
    name = store or settings.store
    opened = open_named(settings, name, check=True)  # 50 ms: a wrong column is told by file and line
    verified = VerifiedQuestions(shipped_path(name), settings.verified_file(name), opened.schema, opened.data_start)
    limits = Limits(settings.model_seconds, settings.query_seconds, settings.row_cap)
    kept = memory or _memory(settings)
    workspace = Workspace(
        trained_folder(settings.data_dir, name),
        settings.handbook_folder(name),
        people_key(settings),
        channel_names(settings),
        settings.zone,
    )
    given = opener or model_once(settings, model or settings.model)
    return Analyst(opened, given, kept, verified, limits, workspace, observer)


def model_once(settings: Settings, model: str) -> Callable[[], LanguageModel]:
    """Opens a model at the first call and gives the same one ever after."""
    return _ModelOnce(settings, model)


def fresh_store(settings: Settings, name: str) -> Store:
    """A store as it is now, to be closed after one look: who loads it must not wait for us.

    Raises:
        StoreMissing, StoreLocked, StoreDamaged, SchemaError: what is wrong, and what to do.
    """
    return open_named(settings, name)


def people_key(settings: Settings) -> bytes:
    """The installation's secret for customers' pseudonyms; made at first use, readable by its owner only."""
    path = settings.data_dir / "people.key"
    try:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()
    except FileExistsError:  # another process made it in between
        return path.read_bytes()
    except OSError:
        return secrets.token_bytes(32)  # a folder that cannot be written: names hold for this process


def _memory(settings: Settings) -> Memory:
    from agent.memory import Memory as Kept
    from db.state import State

    return Kept(State.open(settings.state, settings.data_dir))


class _ModelOnce:
    """Opens the model at the first call and gives the same one ever after."""

    def __init__(self, settings: Settings, spec: str) -> None:
        self._settings, self._spec = settings, spec
        self._lock = threading.Lock()
        self._model: LanguageModel | None = None

    def __call__(self) -> LanguageModel:
        with self._lock:
            if self._model is None:
                from models.llm import open_model

                settings = self._settings
                self._model = open_model(
                    self._spec,
                    folder=settings.models_folder,
                    prefix_folder=settings.prefix_folder,
                    options=settings.engine_options(),
                    hosted=settings.hosted_options(),
                )
            return self._model
