"""The MCP server: ``ask`` and every tool of the registry for other assistants. It translates only."""

from agent.interfaces.mcp.http import PATH as PATH
from agent.interfaces.mcp.http import mount as mount
