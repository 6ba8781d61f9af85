"""Alembic's entry: migrates over the connection that ``db.state.database`` hands in, inside its transaction."""

from alembic import context

from db.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
