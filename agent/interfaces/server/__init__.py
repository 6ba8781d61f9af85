"""All faces in one process: chat, bots, API, MCP, and the scheduler. ``serve`` runs it until it is told to stop."""

from agent.interfaces.server.application import application as application
from agent.interfaces.server.serving import serve as serve
