"""A store whose write lock another process holds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class Holder:
    """Another process's connection; any thread may take and give back, one after another."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)

    def take(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def give_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def holder(file: Path) -> Iterator[Holder]:
    """Open a connection that holds nothing yet, and nothing any more afterwards."""
    with closing(Holder(file)) as one:
        yield one
        one.give_back()
