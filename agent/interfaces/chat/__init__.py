"""The chat in the browser: ``launch`` serves it. It translates only; every answer comes from ``agent.ask``."""

from agent.interfaces.chat.server import HOST as HOST
from agent.interfaces.chat.server import PORT as PORT
from agent.interfaces.chat.server import launch as launch
