"""The HTTP API. It translates only; every answer comes from ``agent.ask``."""

from agent.interfaces.api.routes import PREFIX as PREFIX
from agent.interfaces.api.routes import router as router
