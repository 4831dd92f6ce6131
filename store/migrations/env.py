"""Alembic's entry: runs the migrations on the engine it is given, each in a transaction."""

from alembic import context
from sqlalchemy import Engine

# Importing it brings in all tables.
from store.schema_people import known


def run() -> None:
    """Run what `command.upgrade` asks for."""
    engine = context.config.attributes["engine"]
    if not isinstance(engine, Engine):
        message = "store.migrations.upgrade passes the engine"
        raise TypeError(message)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=known.metadata, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
