"""The public name of the error tree; see ``db.errors`` for the tree itself."""

from db.errors import *  # noqa: F403
