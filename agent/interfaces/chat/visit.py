"""Who is here, and what they look at: made anew for every request and every event, from the request alone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.contracts import Answer, Language, Principal
from agent.interfaces.chat.words import browser_language
from agent.service import Service
from agent.stores import store_names
from db.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.ask import Analyst

STORE_COOKIE = "shopops-store"  # the store that was chosen on the page; without it the settings'
COOKIE = "shopops-language"  # set by the page's language switch; without it the browser's language holds
KEPT = 64  # answers of this process that can still be downloaded with their ids; others come with pseudonyms


@dataclass(slots=True)
class Recent:
    """The last answers as they were shown, so that a download holds what its reader saw. Never written down."""

    _answers: OrderedDict[tuple[str, str], Answer] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, principal: str, answer: Answer) -> None:
        """Keep an answer for the one who asked it."""
        with self._lock:
            self._answers[principal, answer.id] = answer
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)

    def get(self, principal: str, answer_id: str) -> Answer | None:
        """The answer, if it is still there and theirs."""
        with self._lock:
            return self._answers.get((principal, answer_id))


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's asker, with the language of the page."""

    service: Service
    recent: Recent
    principal: Principal
    language: Language
    store: str | None = None

    @property
    def analyst(self) -> Analyst:
        """The analyst of the chosen store and the settings' model; opened when first needed."""
        return self.service.analyst(self.store)

    def stores(self) -> tuple[str, ...]:
        """The stores that may be chosen; the one in force first."""
        settings = self.service.settings
        return tuple(dict.fromkeys([self.store or settings.store, settings.store, *store_names(settings)]))

    @property
    def limited(self) -> bool:
        """Whether they see only a part of the shop, so that what is not split by rows is not theirs to see."""
        return bool(self.principal.row_filters)

    @property
    def admin(self) -> bool:
        """Whether they may review questions and see failed deliveries."""
        return self.principal.role == "admin"

    def models(self) -> tuple[str, ...]:
        """The models that may be chosen: the one in force, and those that are here."""
        from models.llm.catalogue import list_models

        settings = self.service.settings
        here = [f"local:{e.name}" for e in list_models() if (settings.models_folder / e.file).exists()]
        return tuple(dict.fromkeys([settings.model, *here]))

    def model(self, name: object) -> str | None:
        """A model that was chosen on the page; None is the one in force. Raises UsageError: it is not offered."""
        if name in (None, ""):
            return None
        if name not in self.models():
            raise UsageError("This model is not offered here.", "Choose one of the list.")
        return str(name)


def visit_of(request: Request, service: Service, recent: Recent) -> Visit:
    """Who asks. Raises SignInNeeded."""
    principal = principal_of(request, service)
    chosen = request.cookies.get(COOKIE)
    language: Language
    if chosen in ("en", "zh"):
        language = "zh" if chosen == "zh" else "en"
    else:
        language = browser_language(request.headers.get("accept-language", ""))
    store = request.cookies.get(STORE_COOKIE)
    return Visit(service, recent, principal, language, store if store in store_names(service.settings) else None)


def principal_of(request: Request, service: Service) -> Principal:
    """The signed-in user; this machine's operator where there is no user at all. Raises SignInNeeded."""
    from agent.interfaces import identity

    return identity.principal_of(request, service)
