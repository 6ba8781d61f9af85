"""Watching a store as it grows: new payments and refunds are scored once each, and days of metrics when they end."""

from agent.watching.watcher import Summary, Watcher

__all__ = ["Summary", "Watcher"]
