"""From a question to a short list of candidates, by code alone: language, dates, names, follow-ups."""

from agent.understand.understand import understand as understand
