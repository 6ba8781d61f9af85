"""Scheduled work: slots claimed once however many workers run, caught up after downtime, and the outbox's sending."""
