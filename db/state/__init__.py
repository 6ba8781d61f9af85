"""What ShopOps remembers between runs: turns of conversations, feedback, and the audit trail."""

from db.state.audit import AuditEntry, ChainReport
from db.state.masking import mask_personal
from db.state.store import Feedback, Rating, State, Turn

__all__ = ["AuditEntry", "ChainReport", "Feedback", "Rating", "State", "Turn", "mask_personal"]
