"""Where bots hand over what reached them: claimed once, answered in the background, within the asker's rights."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from uuid import uuid4

from agent.contracts import Answer, Language, Principal, Question
from agent.interfaces.bots import posts, words
from agent.interfaces.bots.choices import Choices
from agent.interfaces.bots.shape import Ask, Decide, Incoming, Outlet, Post, Stop
from agent.interfaces.bots.telling import Telling
from agent.interfaces.bots.who import who
from agent.service import Service
from agent.understand.text import detect_language
from db.errors import DeliveryError, ShopOpsError, StoreLocked
from db.state.events import EventsSeen

WORKERS = 8  # answers under way at once; a local model answers one after the other anyway
EACH = 3  # of them for one person; more are told to wait, so that one cannot hold up all
WAITING = 64  # more than these, and a service is asked to come again
log = logging.getLogger("shopops.bots")


@dataclass(frozen=True, slots=True)
class Rules:
    """What an administrator set about one bot: whom its users are, which store it asks."""

    users: Mapping[str, str]
    personal: bool = True
    store: str | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """Answers for all bots of one process. Safe for many threads."""

    def __init__(self, service: Service, clock: Callable[[], datetime] = _now) -> None:
        self._service, self._clock = service, clock
        self._seen = EventsSeen(service.state.engine)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="bot")
        self._lock = threading.Lock()
        self._under_way: set[Future[None]] = set()
        self._running: dict[Incoming, threading.Event] = {}
        self._choices = Choices()
        self._closed = False

    def take(self, incoming: Incoming, outlet: Outlet, rules: Rules) -> bool:
        """Claim an event and answer it in the background; False where it was taken before.

        Raises:
            StoreLocked, StoreError: it could not be claimed, or there is no room: the service is to send it again.
        """
        with self._lock:
            if self._closed or len(self._under_way) >= WORKERS + WAITING:
                raise StoreLocked("Too many questions at once.", "Try again in a moment.")
        if not self._seen.claim(incoming.source, incoming.id, self._clock()):
            return False
        future = self._pool.submit(self._serve, incoming, outlet, rules)
        with self._lock:
            self._under_way.add(future)
        future.add_done_callback(self._left)
        return True

    def close(self, seconds: float) -> None:
        """Take nothing more; let what is under way finish, and stop what takes longer."""
        with self._lock:
            self._closed = True
            under_way = set(self._under_way)
        wait(under_way, seconds)
        with self._lock:
            for event in self._running.values():
                event.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _left(self, future: Future[None]) -> None:
        with self._lock:
            self._under_way.discard(future)

    def _serve(self, incoming: Incoming, outlet: Outlet, rules: Rules) -> None:
        """Answer; whatever goes wrong is one sentence for the asker, or a line of the log."""
        language = _language(incoming)
        try:
            conversation = outlet.open()
            if conversation is not None:
                self._served(replace(incoming, conversation=conversation), outlet, rules, language)
        except DeliveryError as error:
            log.warning("%s: an answer could not be shown: %s", incoming.source, error.message)
        except ShopOpsError as error:
            log.info("%s: an event was refused: %s", incoming.source, error.code)
            self._say(incoming, outlet, str(error), language)
        except Exception:
            log.exception("%s: an event failed", incoming.source)
            self._say(incoming, outlet, words.FAULT.of(language), language)

    def _say(self, incoming: Incoming, outlet: Outlet, text: str, language: Language) -> None:
        try:
            outlet.answer(Post(language, text, aside=not isinstance(incoming.does, Ask)))
        except DeliveryError as error:
            log.warning("%s: a sentence could not be shown: %s", incoming.source, error.message)

    def _served(self, incoming: Incoming, outlet: Outlet, rules: Rules, language: Language) -> None:
        does = incoming.does
        if isinstance(does, Ask):
            does = self._choices.read(incoming, does.text)
        if isinstance(does, Stop):
            if not self._stopped(incoming):
                outlet.answer(Post(does.language, words.NOTHING_RUNS.of(does.language), aside=True))
            return
        principal = who(self._service.state, rules.users, incoming, personal=rules.personal, language=language)
        if isinstance(does, Decide):
            outlet.answer(self._decided(does, principal))
        elif not does.text.strip():
            outlet.answer(Post(language, words.HELP.of(language)))
        else:
            outlet.answer(self._asked(incoming, does.text, outlet, rules, principal))

    def _asked(self, incoming: Incoming, text: str, outlet: Outlet, rules: Rules, principal: Principal) -> Post:
        language = _language(incoming)
        cancel = threading.Event()
        with self._lock:
            if sum((one.source, one.user) == (incoming.source, incoming.user) for one in self._running) >= EACH:
                return Post(language, words.BUSY.of(language))
            self._running[incoming] = cancel
        telling = Telling(lambda shown: outlet.working(shown, language))
        telling.stage(words.stage("understand", "", language))
        try:
            store = rules.store or self._service.settings.store
            analyst = self._service.analyst(store)
            conversation = f"{incoming.source}:{incoming.conversation}"
            question = Question(uuid4().hex, text, store, None, conversation, principal, via=incoming.source)
            answer: Answer = analyst.ask(
                question, lambda name, message: telling.stage(words.stage(name, message, language)), cancel
            )
        finally:
            telling.end()
            with self._lock:
                del self._running[incoming]
        post = posts.answered(answer, analyst.store.schema)
        self._choices.keep(incoming, post)
        return post

    def _decided(self, does: Decide, principal: Principal) -> Post:
        actions = import_module("agent.actions").Actions(self._service)
        done = (actions.confirm if does.yes else actions.decline)(does.proposal, principal)
        files = (done.file,) if done.file is not None else ()
        return Post(does.language, done.text.of(does.language), files=files, settled=True)

    def _stopped(self, incoming: Incoming) -> bool:
        """Stop what this person asked here; its own answer then says so."""
        place = (incoming.source, incoming.conversation, incoming.user)
        with self._lock:
            found = [e for one, e in self._running.items() if (one.source, one.conversation, one.user) == place]
        for event in found:
            event.set()
        return bool(found)


def _language(incoming: Incoming) -> Language:
    does = incoming.does
    if isinstance(does, Ask):
        return "zh" if detect_language(does.text) == "zh" else "en"
    return does.language
