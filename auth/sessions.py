"""Who is signed in: opaque cookies, rows in the store, ends by role; only human input keeps one awake."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Protocol

import msgspec

from core.leaf import Draft, Scalar
from core.permissions import Policy, Role, roles_at, roles_text
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.known import KnownPerson
from store.policies import current_policy
from store.session_places import SessionPlace, note_place
from store.sessions import (
    SessionRow,
    add_session,
    end_sessions,
    end_sessions_of,
    note_activity,
    open_sessions,
    session_by_hash,
    session_by_ref,
    sessions_by_ref,
)

COOKIE_BYTES: Final = 32
ENDED: Final = "ended"
PROVEN: Final = "mfa"
# A revocation by another process bites within this time even if its record were never seen.
REMEMBERED_US: Final = SECOND_US // 2
_REMEMBERED_MOST: Final = 10_000
_AGENT_CHARACTERS: Final = 200


class Limits(Protocol):
    """How long a session of one role lasts, in µs: without human input, and in any case."""

    @property
    def idle_us(self) -> int:
        """The longest time without human input."""

    @property
    def absolute_us(self) -> int:
        """The longest time at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person in one browser; `session` is the public name of the session, never its secret.

    Times are µs UTC, `idle_after` is a duration in µs. `withheld` are roles that this session may not have,
    since its sign-in was not proven well enough; `lacking` names the claim that should have told groups.
    `address` and `agent` are where and with what the session was begun.
    """

    subject: str
    name: str
    session: str
    groups: tuple[str, ...]
    created: int
    active: int
    idle_after: int
    ends: int
    provider: str = ""
    proven: bool = False
    lacking: str = ""
    withheld: frozenset[Role] = frozenset()
    address: str = ""
    agent: str = ""

    def idle(self, now: int) -> bool:
        """Whether nobody has touched this browser for too long: screens stay, acts need a new sign-in."""
        return now - self.active >= self.idle_after


# What stays on screen, visible and ringing, when nobody has touched it for long.
STAYS_WHEN_IDLE: Final = frozenset({"/live", "/desk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody whose identity has just been proven; `longest` (µs) ends the session before its role would.

    `username` is for people to read and never a key. The rest is as in `SessionRow`; `told` goes into the
    record, `told_privately` into its detail.
    """

    subject: str
    name: str
    groups: tuple[str, ...]
    username: str = ""
    provider: str = ""
    sid: str = ""
    proven: bool = False
    lacking: str = ""
    longest: int | None = None
    breakglass: bool = False
    told: Mapping[str, Scalar] = field(default_factory=dict)
    told_privately: Mapping[str, str] = field(default_factory=dict)


def cookie_name(*, secure: bool) -> str:
    """Name the cookie; browsers hold `__Host-` to Secure, Path=/ and no Domain."""
    return "__Host-gatehouse" if secure else "gatehouse"


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode(errors="replace")).digest()


class Sessions:
    """All sessions of one store; safe to share between threads, never called on an event loop's thread.

    Only `recall`, `activity_due` and `forget` touch no store.
    """

    def __init__(
        self, db: Database, limits: Mapping[str, Limits], strong: frozenset[Role] = frozenset()
    ) -> None:
        """Take the limits by role for sessions that start from now on, and the roles that need proof."""
        self._db = db
        self._limits = limits
        self._strong = strong
        self._remembered: dict[bytes, tuple[int, Actor]] = {}
        self._noted: dict[str, int] = {}
        self._places: dict[tuple[str, str, str], int] = {}
        self._lock = Lock()

    def start(
        self, who: Person, *, address: str, agent: str, now: int, replaces: str | None = None
    ) -> tuple[str, Actor]:
        """Sign a person in under a new id, ending the session this browser had; gives the cookie's value."""
        policy = current_policy(self._db)
        roles = roles_at(policy.without(self.withheld(who)), who.groups)
        idle, longest = self._limits_of(roles)
        cookie = secrets.token_urlsafe(COOKIE_BYTES)
        row = SessionRow(
            ref=secrets.token_hex(16),
            subject=who.subject,
            name=who.name,
            groups=who.groups,
            created=now,
            active=now,
            idle_after=idle,
            ends=now + min(longest, who.longest or longest),
            address=address,
            agent=agent[:_AGENT_CHARACTERS],
            provider=who.provider,
            sid=who.sid,
            proven=PROVEN if who.proven else "",
            lacking=who.lacking,
        )
        records = _records(who, row, roles, policy)
        known = _known(who, roles, now)
        add_session(self._db, row, _hash(cookie), who=known, records=records, replaces=replaces)
        if replaces is not None:
            self.forget(replaces)
        return cookie, self._actor(row)

    def withheld(self, who: Person) -> frozenset[Role]:
        """Name the roles that this person may not have by this sign-in."""
        return self._withheld(who.provider, proven=who.proven)

    def unproven(self, who: Person) -> frozenset[Role]:
        """Name the roles that the person has by their groups, and may not have by this sign-in."""
        return self.withheld(who) & roles_at(current_policy(self._db), who.groups).keys()

    def _withheld(self, provider: str, *, proven: bool) -> frozenset[Role]:
        # What a local account must prove is asked for when it signs in.
        return self._strong if provider and not proven else frozenset()

    def _limits_of(self, roles: Mapping[Role, frozenset[str]]) -> tuple[int, int]:
        # The strictest of the roles held; who has none is held like the least of them.
        held = [self._limits[role.value] for role in (roles or {Role.USER: frozenset()})]
        return min(limit.idle_us for limit in held), min(limit.absolute_us for limit in held)

    def recall(self, cookie: str, now: int) -> Actor | None:
        """Give what `look_up` found less than half a second ago, without the store."""
        at, actor = self._remembered.get(_hash(cookie), (0, None))
        fresh = actor is not None and 0 <= now - at < REMEMBERED_US and now < actor.ends
        return actor if fresh else None

    def look_up(self, cookie: str, now: int) -> Actor | None:
        """Find who holds this cookie; None when the session has ended, which is recorded at first sight."""
        hashed = _hash(cookie)
        actor = self._alive(session_by_hash(self._db, hashed), now)
        if actor is not None:
            with self._lock:
                if len(self._remembered) >= _REMEMBERED_MOST:
                    self._remembered.clear()
                self._remembered[hashed] = (now, actor)
        return actor

    def by_ref(self, ref: str, now: int) -> Actor | None:
        """Find a session by its public name, always from the store; None when it has ended."""
        return self._alive(session_by_ref(self._db, ref), now)

    def glance(self, ref: str, now: int) -> Actor | None:
        """Find a session that has neither ended nor run out, and write nothing: for who holds the store."""
        row = session_by_ref(self._db, ref)
        over = row is None or row.ended is not None or now >= row.ends
        return None if row is None or over else self._actor(row)

    def alive(self, refs: list[str], now: int) -> dict[str, Actor]:
        """Find which of these sessions have not ended; those that ran out end here."""
        actors = (self._alive(row, now) for row in sessions_by_ref(self._db, refs))
        return {actor.session: actor for actor in actors if actor is not None}

    def _alive(self, row: SessionRow | None, now: int) -> Actor | None:
        if row is None or row.ended is not None:
            return None
        if now >= row.ends:
            self.end(row.ref, "absolute_end", now)
            return None
        return self._actor(row)

    def why_ended(self, ref: str) -> str:
        """Give the reason for which a session has ended, as its record has it."""
        row = session_by_ref(self._db, ref)
        return (row.ended_reason if row else None) or ENDED

    def activity_due(self, ref: str, now: int) -> bool:
        """Whether human input is to be written: not within a minute of the last; touches no store."""
        return now - self._noted.get(ref, 0) >= MINUTE_US

    def touch_activity(self, ref: str, now: int) -> None:
        """Note human input; written at most once a minute for each session."""
        if not self.activity_due(ref, now):
            return
        with self._lock:
            self._noted = {r: at for r, at in self._noted.items() if now - at < MINUTE_US} | {ref: now}
        note_activity(self._db, ref, now)
        self.forget(ref)

    def strange(self, actor: Actor, address: str, agent: str, now: int) -> bool:
        """Whether this use of a session is to be noted, not being from where it began; touches no store."""
        if (address, agent[:_AGENT_CHARACTERS]) == (actor.address, actor.agent):
            return False
        return now - self._places.get((actor.session, address, agent), 0) >= MINUTE_US

    def note_elsewhere(self, actor: Actor, address: str, agent: str, now: int) -> None:
        """Note that a session is used from elsewhere than it began; at most once a minute for each place."""
        with self._lock:
            recent = {key: at for key, at in self._places.items() if now - at < MINUTE_US}
            self._places = recent | {(actor.session, address, agent): now}
        short = agent[:_AGENT_CHARACTERS]
        place = SessionPlace(session=actor.session, address=address, agent=short, first=now, last=now)
        record = Draft(
            kind=Kind.OPERATOR_SESSION_ELSEWHERE,
            received=now,
            refs={"session": actor.session},
            private={"subject": actor.subject, "name": actor.name, "address": address, "agent": short},
        )
        note_place(self._db, place, record)

    def end(self, ref: str, reason: str, now: int) -> bool:
        """End one session, with its record; False when it had ended before."""
        ended = end_sessions(self._db, [ref], reason, now)
        self.forget(ref)
        return bool(ended)

    def end_all(
        self, subject: str, reason: str, now: int, *, except_ref: str | None = None
    ) -> tuple[str, ...]:
        """End every session of a person but for one; gives the names of those ended."""
        with self._db.write() as connection:
            ended = end_sessions_of(connection, subject, reason, now, except_ref=except_ref)
        for ref in ended:
            self.forget(ref)
        return ended

    def of(self, subject: str) -> list[SessionRow]:
        """Give a person's open sessions with address and browser, newest first."""
        return open_sessions(self._db, subject)

    def forget(self, ref: str) -> None:
        """Make the next look-up of this session ask the store."""
        with self._lock:
            self._remembered = {k: v for k, v in self._remembered.items() if v[1].session != ref}

    def _actor(self, row: SessionRow) -> Actor:
        proven = row.proven == PROVEN
        return Actor(
            subject=row.subject,
            name=row.name,
            session=row.ref,
            groups=row.groups,
            created=row.created,
            active=row.active,
            idle_after=row.idle_after,
            ends=row.ends,
            provider=row.provider,
            proven=proven,
            lacking=row.lacking,
            withheld=self._withheld(row.provider, proven=proven),
            address=row.address,
            agent=row.agent,
        )


def _records(
    who: Person, row: SessionRow, roles: Mapping[Role, frozenset[str]], policy: Policy
) -> list[Draft]:
    signed_in = sign_in_record(row, roles, policy.version)
    refs = {**signed_in.refs, **who.told}
    record = msgspec.structs.replace(
        signed_in, refs=refs, private={**signed_in.private, **who.told_privately}
    )
    if not who.breakglass:
        return [record]
    used = msgspec.structs.replace(record, kind=Kind.OPERATOR_BREAK_GLASS_USED)
    return [record, used]


def _known(who: Person, roles: Mapping[Role, frozenset[str]], now: int) -> KnownPerson:
    return KnownPerson(
        subject=who.subject,
        provider=who.provider,
        name=who.name,
        username=who.username,
        groups=who.groups,
        roles=roles_text(roles),
        last=now,
    )


def sign_in_record(row: SessionRow, roles: Mapping[Role, frozenset[str]], policy_version: int) -> Draft:
    """Make the record of a session's beginning, with the roles that the person has by then."""
    return Draft(
        kind=Kind.OPERATOR_SIGNED_IN,
        received=row.created,
        refs={"session": row.ref, "policy": policy_version, "roles": roles_text(roles)},
        private={"subject": row.subject, "name": row.name, "address": row.address, "agent": row.agent},
    )
