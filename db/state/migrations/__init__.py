"""Alembic's scripts for the state database; they ship with the package and run when it is opened."""
