"""What is written often and is no record: when devices were heard, leases, the state of each part."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection, select, text, update

from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.schema import heard, lease, part

SILENT_AFTER_US: Final = 15 * SECOND_US
# A word that is so much older than the last one is none that came late: our clock was set back.
CLOCK_SET_BACK_US: Final = MINUTE_US
_HEAR: Final = text(
    "INSERT INTO heard (device, at) VALUES (:device, :at) "
    "ON CONFLICT (device) DO UPDATE SET at = excluded.at "
    "WHERE excluded.at > heard.at OR excluded.at < heard.at - :set_back"
)
_TAKE: Final = text(
    "INSERT INTO lease (name, holder, host, pid, until) VALUES (:name, :holder, :host, :pid, :until) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, host = excluded.host, pid = excluded.pid, "
    "until = excluded.until"
)
_REPORT: Final = text(
    "INSERT INTO part (name, state, at, since, pid, info) VALUES (:name, :state, :at, :at, :pid, :info) "
    "ON CONFLICT (name) DO UPDATE SET state = excluded.state, at = excluded.at, pid = excluded.pid, "
    "info = excluded.info, "
    "since = CASE WHEN part.state = excluded.state THEN part.since ELSE excluded.since END"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who wants a lease: `id` is one process's life, so that a restart is another holder."""

    id: str
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)


class PartState(StrEnum):
    """How a part of Gatehouse is."""

    OK = "ok"
    STARTING = "starting"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part's last word on itself; `at` is when it said so, `since` when its state began (µs UTC)."""

    name: str
    state: PartState
    at: int
    since: int = 0
    pid: int | None = None
    info: Mapping[str, str | int] = field(default_factory=dict)

    def silent(self, now: int) -> bool:
        """Whether it has said nothing for too long, whatever its last word was."""
        return now - self.at > SILENT_AFTER_US

    def judged(self, now: int) -> PartState:
        """Judge it by its last word and how old that is."""
        return PartState.DOWN if self.silent(now) else self.state


def hear(db: Database, words: Mapping[str, int]) -> None:
    """Note when devices were last heard (µs UTC); moves back only with the clock."""
    if words:
        with db.write() as connection:
            write_heard(connection, words)


def write_heard(connection: Connection, words: Mapping[str, int]) -> None:
    """Note it in the caller's transaction."""
    connection.execute(
        _HEAR, [{"device": name, "at": at, "set_back": CLOCK_SET_BACK_US} for name, at in words.items()]
    )


def forget_future(db: Database, now: int) -> None:
    """Let devices that were heard in what is now the future count as heard now."""
    ahead = heard.c.at > now + CLOCK_SET_BACK_US
    with db.read() as connection:
        found = connection.execute(select(heard.c.device).where(ahead).limit(1)).first()
    if found is not None:
        with db.write() as connection:
            connection.execute(update(heard).where(ahead).values(at=now))


def take_lease(db: Database, name: str, holder: Holder, *, now: int, seconds: float) -> bool:
    """Take or renew a lease; False while another living holder has it.

    A holder on this host whose process is gone is not waited for.
    """
    with db.write() as connection:
        row = connection.execute(select(lease).where(lease.c.name == name)).one_or_none()
        if row is not None and row.holder != holder.id and row.until > now:
            dead = row.host == holder.host and not runs(row.pid)
            if not dead:
                return False
        until = now + int(seconds * SECOND_US)
        values = {"name": name, "holder": holder.id, "host": holder.host, "pid": holder.pid, "until": until}
        connection.execute(_TAKE, values)
        return True


def drop_lease(db: Database, name: str, holder: Holder) -> None:
    """Give a lease back, so that a standby need not wait."""
    with db.write() as connection:
        connection.execute(lease.delete().where(lease.c.name == name, lease.c.holder == holder.id))


def lease_pid(db: Database, name: str, now: int) -> int | None:
    """Give the pid of the living holder of a lease."""
    with db.read() as connection:
        row = connection.execute(select(lease).where(lease.c.name == name, lease.c.until > now)).one_or_none()
    return row.pid if row else None


def report_part(db: Database, one: Part) -> None:
    """Write a part's state; `since` is kept by the store."""
    info = msgspec.json.encode(dict(one.info))
    with db.write() as connection:
        values = {"name": one.name, "state": one.state.value, "at": one.at, "pid": one.pid, "info": info}
        connection.execute(_REPORT, values)


def forget_part(db: Database, name: str) -> None:
    """Take a part off the list, when it was stopped on purpose."""
    with db.write() as connection:
        connection.execute(part.delete().where(part.c.name == name))


def parts(db: Database) -> tuple[Part, ...]:
    """Give every part's last word, by name."""
    with db.read() as connection:
        rows = connection.execute(select(part).order_by(part.c.name)).all()
    return tuple(
        Part(
            name=row.name,
            state=PartState(row.state),
            at=row.at,
            since=row.since,
            pid=row.pid,
            info=msgspec.json.decode(row.info, type=dict[str, str | int]),
        )
        for row in rows
    )


def runs(pid: int) -> bool:
    """Whether a process of this host is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
