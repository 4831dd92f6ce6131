"""Records that name people, and a look for a name in the bytes of a data folder."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from core.retention import Kept
from core.times import DAY_US
from store.database import Database
from store.finishing import finish
from store.purging import mark_due, purge_due
from store.schema import leaf
from tests.store.building import NOW, name_person, swipe, write

MARK = "QZMARK"


def number(n: int) -> str:
    """Give a person number that is found nowhere by chance."""
    return f"{MARK}-{n:05d}"


def fill(db: Database, people: int, each: int, *, begin: int = NOW) -> None:
    """Let so many people pass doors of two sites, one after the other as it happens."""
    numbers = [n * 7919 % people for n in range(people * each)]
    for start in range(0, len(numbers), 1_000):
        part = enumerate(numbers[start : start + 1_000], start=start)
        write(db, *(swipe(("berlin", "paris")[n % 2], number(one), begin + n, n % 2 + 1) for n, one in part))
    for one in range(people):
        name_person(db, number(one), f"{MARK} Name{one:05d}")


def in_files(folder: Path, *words: str) -> list[str]:
    """Name the files in which one of these stands, as bytes.

    By a process of its own: to close a file of the store here would drop this process's locks on it.
    """
    patterns = [part for word in words for part in ("-e", word)]
    command = ["grep", "--recursive", "--files-with-matches", "--binary-files=text", "--fixed-strings"]
    done = subprocess.run([*command, *patterns, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return sorted(Path(line).name for line in done.stdout.splitlines())


def leaves(db: Database, upto: int) -> Sequence[bytes]:
    """Give the leaves' bytes up to an id."""
    with db.read() as connection:
        rows = connection.execute(leaf.select().where(leaf.c.id <= upto).order_by(leaf.c.id))
        return [row.leaf for row in rows]


def two_phases(db: Database, now: int) -> bool:
    """Mark, wait a day, delete, and see to the bytes."""
    mark_due(db, now)
    purge_due(db, now + DAY_US)
    return finish(db, lambda: now + DAY_US, seconds=5)


LONGEST = dict.fromkeys(Kept, 3650)
