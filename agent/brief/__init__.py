"""The weekly brief: code analyses the week and writes it; a language model at most chooses what the opening says."""

from agent.brief.contracts import FORMATS, Analysis, Brief, Format
from agent.brief.message import brief_message
from agent.brief.write import Order, write_brief, write_briefs

__all__ = ["FORMATS", "Analysis", "Brief", "Format", "Order", "brief_message", "write_brief", "write_briefs"]
