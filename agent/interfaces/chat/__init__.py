"""The chat in the browser: ``launch`` serves it, ``mount`` puts it into a server. It translates only."""

from agent.interfaces.chat.server import HOST as HOST
from agent.interfaces.chat.server import PORT as PORT
from agent.interfaces.chat.server import launch as launch
from agent.interfaces.chat.server import mount as mount
