"""Scheduled work: slots claimed once however many workers run, caught up after downtime, and the outbox's sending."""

from agent.scheduling.worker import Rhythm, Worker

__all__ = ["Rhythm", "Worker"]
