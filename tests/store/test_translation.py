"""What goes wrong in the store is said in our own errors: when another try helps, and when it does not."""

from contextlib import ExitStack

import pytest
from sqlalchemy import select, text
from sqlalchemy.pool import QueuePool

from core.errors import StoreError, StoreRefused, StoreUnavailable
from store import schema
from store.database import Database


def test_a_pool_without_a_free_connection_is_a_store_that_is_busy(db: Database) -> None:
    pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    pool._timeout = 0.05
    with ExitStack() as all_of_them:
        for _ in range(16):
            all_of_them.enter_context(db.read())
        with pytest.raises(StoreUnavailable), db.read():
            pytest.fail("there was a seventeenth connection")

    with db.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO note VALUES ('a', 'b'), ('a', 'c')",
        "INSERT INTO note VALUES ('a', NULL)",
        "INSERT INTO door_state (door) VALUES (NULL)",
        "INSERT INTO leaf (id) VALUES ('no number')",
    ],
)
def test_what_contradicts_the_store_is_refused_and_not_asked_for_again(db: Database, statement: str) -> None:
    with pytest.raises(StoreRefused), db.write() as connection:
        connection.exec_driver_sql(statement)


def test_a_row_that_must_be_there_and_is_not_is_no_reason_to_try_again(db: Database) -> None:
    with pytest.raises(StoreRefused), db.read() as connection:
        connection.execute(select(schema.note)).one()


def test_what_may_pass_is_not_taken_for_a_contradiction(db: Database) -> None:
    with pytest.raises(StoreError) as error, db.read() as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")
    assert type(error.value) is StoreUnavailable
