"""Three sites full of words that no other site has, and for each one person of every role.

Whoever is of one site must never be sent a byte of the others' words. And since a number has no marks, there
are two worlds: in one of them the others do not exist, and what is sent must be the same in both.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest import mock

import msgspec

from auth.sessions import Actor, Person, Sessions
from auth.step_up import Proof
from core.acts import Act, Action, Means
from core.calls import CallState
from core.capabilities import Answer
from core.doors import Alarm, DoorFacets, Lock, Mode, Position
from core.leaf import Draft, EventKey
from core.modes import Lease
from core.permissions import Role
from core.records import Kind
from core.reports import (
    Bucket,
    CallReport,
    DoorReport,
    Item,
    LastWords,
    Limited,
    StatusReport,
    Unclaimed,
    Word,
)
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from core.unlocks import Flight, Stage
from settings import SessionLimits
from store.acts import add_act, await_second
from store.database import Database
from store.estate import import_estate, parse_estate
from store.log import append
from store.modes import Order, begin_order
from store.people import save_people
from store.policies import apply_policy
from store.touch import Part, PartState, hear, report_part
from store.words import keep_words
from tests.auth.people import LIMITS
from tests.stores import new_store

NOW: Final = 1_800_000_000 * SECOND_US
HOME: Final = "mirasol"
# One whose people and doors look like those at home in everything but the words: the zone, the family and
# the words are its own.
ZONES: Final = {"mirasol": "Europe/Lisbon", "quokka": "Asia/Kathmandu", "zephyr": "Pacific/Chatham"}
FAMILIES: Final = {"mirasol": "gatehouse", "quokka": "shelly", "zephyr": "nuki"}
# How often the same happens: no sum of one site is that of another, or of some of them.
BUSY: Final = {"mirasol": 2, "quokka": 5, "zephyr": 11}
SITES: Final = tuple(ZONES)
DOORS: Final = 2
# What a word of a person looks like at any site: who may not read names must not see it even of their own.
PERSON: Final = "heron"
SHARED: Final = f"shared-{PERSON}"
# What is at a site, beside its own name and id, which a role at it may tell.
CONTENT: Final = ("-door", "-device", " gate", " intercom", " level", "-call", "-boot", "-firmware", PERSON)
# They came in before anything happened: ids are the same in both worlds up to the last of home.
_LIMITS: Final = {role: SessionLimits(idle_us=400 * DAY_US, absolute_us=400 * DAY_US) for role in LIMITS}
_REASONS: Final = ("antipassback", "interlock", "lockout")


def foreign_to(*sites: str) -> tuple[str, ...]:
    """Give what nothing may hold that is sent to somebody of these sites, in lower case."""
    others = [one for one in SITES if one not in sites]
    return (*others, *(ZONES[one].rpartition("/")[2].lower() for one in others))


def heard_of(text: str, words: Iterable[str]) -> list[str]:
    """Give where these words stand in what was sent, each with what is around it."""
    lower = text.lower()
    return [lower[max(lower.find(word) - 60, 0) :][:140] for word in words if word in lower]


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A person of the world, signed in, and the cookie of their browser."""

    actor: Actor
    cookie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A store in which much has happened; `records` are the ids of each site's records."""

    db: Database
    sessions: Sessions
    people: Mapping[str, Someone]
    records: Mapping[str, tuple[int, ...]]


def names_of(role: Role, site: str) -> str:
    """Name the person who has this role at this site, and nothing else anywhere."""
    return f"{role.value}.{site}"


@contextmanager
def world(folder: Path, *sites: str) -> Iterator[World]:
    """Make a world of these sites, the first one's records first; what is random in it is always the same."""
    tokens = (f"{number:032x}" for number in itertools.count(0xA11CE))
    with mock.patch("secrets.token_hex", side_effect=tokens), mock.patch("os.urandom", bytes):
        db = new_store(folder)
        import_estate(db, parse_estate(_estate(sites)), NOW - 40 * DAY_US, "tests")
        apply_policy(db, _policy(sites), NOW - 40 * DAY_US, "tests")
        sessions = Sessions(db, _LIMITS)
        people: dict[str, Someone] = {}
        records: dict[str, tuple[int, ...]] = {}
        for site in sites:
            # Whoever is nowhere in particular comes in with the first site's people.
            groups = {**_people_of(site), **(_WIDE if site == sites[0] else {})}
            people |= {name: _enter(sessions, name, held) for name, held in groups.items()}
            records[site] = _happen(db, site)
            _hold(db, site, people[names_of(Role.SUPERVISOR, site)].actor.session)
        _run(db, sum(BUSY[site] for site in sites))
    try:
        yield World(db=db, sessions=sessions, people=people, records=records)
    finally:
        db.close()


# --- what there is ------------------------------------------------------------------------------------


def door_id(site: str, number: int = 1) -> str:
    """Name a door of a site."""
    return f"{site}-door-{number}"


def device_id(site: str) -> str:
    """Name the device of a site."""
    return f"{site}-device"


def ended_call(device: str) -> dict[str, str]:
    """Name a call at a site's device that is over, as a desk names it."""
    site = device.removesuffix("-device")
    return {"device": device, "call": f"{site}-call-{(NOW - 3 * HOUR_US) // MINUTE_US}"}


def person_id(site: str) -> str:
    """Name a cardholder who has been at this site alone."""
    return f"{site}-{PERSON}"


def _estate(sites: tuple[str, ...]) -> str:
    lines = []
    for site in sites:
        topic = "" if FAMILIES[site] == "gatehouse" else f'topic = "{site}/topic"\nserial = "{site}-serial"'
        lines.append(
            f'[[sites]]\nid = "{site}"\nname = "{site.title()} house"\ntime_zone = "{ZONES[site]}"\n'
            f'[[devices]]\nid = "{device_id(site)}"\nsite = "{site}"\nfamily = "{FAMILIES[site]}"\n'
            f'name = "{site.title()} intercom"\n{topic}\n'
        )
        lines += [
            f'[[doors]]\nid = "{door_id(site, number)}"\nsite = "{site}"\ndevice = "{device_id(site)}"\n'
            f'number = "{number}"\nname = "{site.title()} gate {number}"\nlevel = "{site.title()} level"\n'
            for number in range(1, DOORS + 1)
        ]
    return "\n".join(lines)


def _policy(sites: tuple[str, ...]) -> str:
    grants = [(f"{role.value}.{site}", role, site) for site in sites for role in Role]
    grants += [(f"{role.value}.*", role, "*") for role in Role]
    return "\n".join(
        f'[[grants]]\ngroup = "{group}"\nrole = "{role.value}"\nsites = ["{site}"]'
        for group, role, site in grants
    )


def _people_of(site: str) -> Mapping[str, tuple[str, ...]]:
    return {names_of(role, site): (f"{role.value}.{site}",) for role in Role}


# Roles are of a site: what one gives there it does not give where somebody is something else.
WATCHES_HERE_READS_THERE: Final = f"watches.{HOME}-reads.quokka"
_WIDE: Final = {
    **{names_of(role, "*"): (f"{role.value}.*",) for role in Role},
    "nobody": (),
    WATCHES_HERE_READS_THERE: (f"agent.{HOME}", "auditor.quokka"),
}


def _enter(sessions: Sessions, name: str, groups: tuple[str, ...]) -> Someone:
    cookie, actor = sessions.start(
        Person(subject=f"local:{name}", name=f"Person {name}", groups=groups),
        address="192.0.2.7",
        agent=f"Firefox/130 {name}",
        now=NOW - 39 * DAY_US,
    )
    return Someone(actor=actor, cookie=cookie)


# --- what has happened --------------------------------------------------------------------------------


def _happen(db: Database, site: str) -> tuple[int, ...]:
    drafts = list(_past(site))
    ids = append(db, [*drafts, *_now(site)]).ids[: len(drafts)]
    save_people(db, {person_id(site): f"{site.title()} {PERSON.title()}", SHARED: f"Shared {PERSON.title()}"})
    topic = f"{site}/topic/words"
    _half_prove(db, site)
    keep_words(db, [LastWords(device=device_id(site), at=NOW, words=(_word(topic, site),))])
    hear(db, {device_id(site): NOW - BUSY[site] * SECOND_US})
    return tuple(one for one in ids if one is not None)


def _half_prove(db: Database, site: str) -> None:
    """Let somebody of a site wait for a second person to approve an unlock there."""
    name, at = f"{site}-act", NOW - BUSY[site] * SECOND_US
    act = Act(
        id=name,
        subject=f"local:asker.{site}",
        session=f"{site}-asker",
        action=Action.UNLOCK,
        target={"door": door_id(site)},
        seconds=5,
        why=f"{site} visitor",
        nonce=b"n" * 32,
        created=at,
        persons=2,
    )
    add_act(db, act)
    proof = Proof(means=Means.TOTP, subject=act.subject, name=f"{site.title()} asker", session=act.session)
    record = Draft(kind=Kind.OPERATOR_SECOND_AWAITED, received=at, site=site, refs={"act": name})
    await_second(db, name, msgspec.json.encode(proof), record)


def _hold(db: Database, site: str, session: str) -> None:
    """Let somebody of a site hold a door there: its tile names them."""
    name, at = f"{site}-hold", NOW - BUSY[site] * SECOND_US
    door, device = door_id(site), device_id(site)
    until = NOW + BUSY[site] * 60 * SECOND_US
    flight = Flight(
        act=name,
        site=site,
        door=door,
        device=device,
        answer=Answer.ACK,
        sensor=True,
        seconds=0,
        requested=at,
        action=Action.HOLD,
        until=until,
        stage=Stage.CONFIRMED,
    )
    act = Act(
        id=name,
        subject=f"local:supervisor.{site}",
        session=session,
        action=Action.HOLD,
        target={"door": door},
        seconds=0,
        why=f"{site} delivery",
        nonce=b"n" * 32,
        created=at,
    )
    lease = Lease(
        act=name, site=site, door=door, device=device, mode=Mode.HELD, asked=at, until=until, began=at
    )
    record = Draft(
        kind=Kind.HOLD_REQUESTED, received=at, site=site, door=door, device=device, refs={"act": name}
    )
    assert begin_order(db, Order(flight=flight, lease=lease, records=(record,)), act) is None


def _run(db: Database, total: int) -> None:
    """Tell how the parts of Gatehouse are, which count what comes from everywhere."""
    counts: dict[str, str | int] = {
        "messages": 1_000 * total,
        "refused": 10 * total,
        "limited": total,
        "waiting": total + 1,
        "last_message": NOW - total * MINUTE_US,
        "sockets": total,
    }
    for name in ("supervisor", "broker", "ingest", "web"):
        report_part(db, Part(name=name, state=PartState.OK, at=NOW, pid=4_711, info=counts))


def _word(topic: str, site: str) -> Word:
    return Word(at=NOW, topic=topic, text=f'{topic}: {{"secret": "{site} words"}}', verdict="event")


def _past(site: str) -> Iterator[Draft]:
    """Tell everything that a site's day is made of, as often as the site is busy, over some weeks."""
    for turn in range(BUSY[site]):
        at = NOW - (BUSY[site] - turn) * (2 * DAY_US + 3 * HOUR_US) + 2 * DAY_US
        numbers = itertools.count(turn * 50 + 1)
        for door in range(1, DOORS + 1):
            for step, kind in enumerate(_DAY):
                yield _draft(site, kind, at + step * SECOND_US, door, next(numbers))


_PERSONAL: Final = frozenset({Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED})
_CALLS: Final = frozenset({Kind.CALL_RINGING, Kind.CALL_ANSWERED, Kind.CALL_ENDED, Kind.CALL_MISSED})
_DAY: Final = (
    Kind.CALL_RINGING,
    Kind.CALL_ANSWERED,
    Kind.ACCESS_GRANTED,
    Kind.DOOR_OPENED,
    Kind.DOOR_CLOSED,
    Kind.CALL_ENDED,
    Kind.ACCESS_DENIED,
    Kind.DOOR_HELD_OPEN,
    Kind.FEED_UNMAPPED,
    Kind.DEVICE_TAMPERED,
    Kind.CALL_RINGING,
    Kind.CALL_MISSED,
    Kind.DOOR_FORCED_OPEN,
)


def _draft(site: str, kind: Kind, at: int, door: int, number: int) -> Draft:
    private = {"text": f"{site} raw"} if kind is Kind.FEED_UNMAPPED else {}
    if kind in _PERSONAL:
        # At the second door somebody who goes in and out at every site.
        who = person_id(site) if door == 1 else SHARED
        private = {"person": who, "credential": f"****{site}-{PERSON}"}
    boot = f"{site}-boot"
    refs: dict[str, str | int] = {"boot": boot, "seq": number}
    if kind in _CALLS:
        refs["call"] = f"{site}-call-{at // MINUTE_US}"
    return Draft(
        kind=kind,
        # Every third one came late.
        received=at + (10 * MINUTE_US if number % 3 == 0 else 0),
        at=at,
        site=site,
        door=door_id(site, door),
        device=device_id(site),
        reason=_REASONS[SITES.index(site)] if kind is Kind.ACCESS_DENIED else None,
        refs=refs,
        private=private,
        event_key=EventKey(boot, number),
    )


def _now(site: str) -> Iterator[Item]:
    """Tell how a site is at this moment: it rings, a door is forced, something is over its limit."""
    device, boot, at = device_id(site), f"{site}-boot", NOW - BUSY[site] * SECOND_US
    yield StatusReport(
        device=device,
        received=at,
        online=True,
        live=True,
        boot=boot,
        # More than was sent: some of it is missing.
        seq=1_000 + BUSY[site],
        firmware=f"{site}-firmware",
    )
    forced = DoorFacets(position=Position.OPEN, lock=Lock.LOCKED, mode=Mode.NORMAL, alarm=Alarm.FORCED)
    yield DoorReport(
        device=device,
        door=door_id(site),
        received=at,
        live=True,
        boot=boot,
        seq=1_000 + BUSY[site],
        at=at,
        facets=forced,
    )
    yield CallReport(
        device=device,
        door=door_id(site),
        call=f"{site}-call-now",
        received=at,
        live=True,
        boot=boot,
        seq=1_000 + BUSY[site],
        at=at,
        state=CallState.RINGING,
    )
    yield Limited(
        device=device, bucket=Bucket.ALARMS, received=at, count=BUSY[site], reasons={"not_json": BUSY[site]}
    )
    yield Unclaimed(
        family="gatehouse", name=f"{site}/stranger", topic=f"gatehouse/v1/{site}/stranger", received=at
    )
