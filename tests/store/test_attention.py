"""What needs a person: calls, doors in alarm and devices that are away, of one's own sites."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.calls import CALL_LIVES_US
from core.permissions import READS, Permission
from core.records import Kind
from core.reports import StatusReport
from store.attention import MOST_ITEMS, Attention, attention
from store.database import Database
from store.log import append
from store.touch import hear
from tests.store.building import HEARTBEAT_S, NOW, build_estate, draft, scope, write
from tests.stores import new_store


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened, ("berlin", "paris"), doors=3)
    yield opened
    opened.close()


def presence(db: Database, site: str = "berlin", *, online: bool, at: int = NOW) -> None:
    append(db, [StatusReport(device=f"{site}-dev", received=at, online=online, live=True, boot="1", seq=0)])
    hear(db, {f"{site}-dev": at})


def whats(found: Attention) -> list[tuple[str, str | None]]:
    return [(one.what, one.door or one.device) for one in found.items]


def test_the_worst_comes_first_and_everything_is_counted(db: Database) -> None:
    write(
        db,
        draft(Kind.CALL_RINGING, at=NOW, door=1, refs={"call": "c1"}),
        draft(Kind.CALL_RINGING, at=NOW, door=2, refs={"call": "c2"}),
        draft(Kind.CALL_ANSWERED, at=NOW, door=2, refs={"call": "c2"}),
        draft(Kind.DOOR_HELD_OPEN, at=NOW, door=2),
        draft(Kind.DOOR_FORCED_OPEN, at=NOW, door=3),
        draft(Kind.DOOR_OPENED, at=NOW, door=1),
    )
    presence(db, online=False)
    found = attention(db, scope("berlin"), NOW + 1)

    assert whats(found) == [
        ("forced", "berlin-door-3"),
        ("ringing", "berlin-door-1"),
        ("held", "berlin-door-2"),
        ("talking", "berlin-door-2"),
        ("offline", "berlin-dev"),
    ]
    assert (found.calls, found.alarms, found.devices, found.more) == (2, 2, 1, 0)
    first = found.items[0]
    assert (first.label, first.severity, first.site_name, first.name, first.since) == (
        "Forced open",
        "alarm",
        "Berlin",
        "Door 3",
        NOW,
    )


def test_nothing_of_another_site_is_told_or_counted(db: Database) -> None:
    write(db, draft(Kind.DOOR_FORCED_OPEN, "paris"))
    presence(db, "paris", online=False)
    here = attention(db, scope("berlin", organisation=True), NOW)

    assert here == Attention(now=NOW, calls=0, alarms=0, devices=0, items=(), more=0)
    assert attention(db, scope("berlin", "paris"), NOW).alarms == 1


@pytest.mark.parametrize("permission", sorted(set(Permission) - {one for one in READS if READS[one]}))
def test_a_permission_that_reads_nothing_gives_nothing(db: Database, permission: Permission) -> None:
    write(db, draft(Kind.DOOR_FORCED_OPEN))
    blind = scope("berlin")
    blind = type(blind)(
        permission=permission,
        sites=blind.sites,
        organisation=False,
        classes=READS.get(permission, frozenset()),
        names=frozenset(),
        policy_version=1,
    )

    assert attention(db, blind, NOW).items == ()


def test_it_ends_when_the_door_closes_the_device_returns_and_the_call_has_rung_out(db: Database) -> None:
    write(
        db,
        draft(Kind.DOOR_FORCED_OPEN, at=NOW),
        draft(Kind.CALL_RINGING, at=NOW, door=2, refs={"call": "c1"}),
    )
    presence(db, online=False)
    later = NOW + CALL_LIVES_US + 1
    assert whats(attention(db, scope("berlin"), NOW)) == [
        ("forced", "berlin-door-1"),
        ("ringing", "berlin-door-2"),
        ("offline", "berlin-dev"),
    ]

    write(db, draft(Kind.DOOR_CLOSED, at=NOW + 1))
    presence(db, online=True, at=later)
    assert attention(db, scope("berlin"), later).items == ()


def test_a_device_that_misses_its_heartbeats_is_silent_before_the_log_says_so(db: Database) -> None:
    presence(db, online=True)
    due = NOW + 3 * HEARTBEAT_S * 1_000_000

    assert attention(db, scope("berlin"), due - 1).devices == 0
    (silent,) = attention(db, scope("berlin"), due).items
    assert (silent.what, silent.since, silent.name) == ("silent", due, "berlin-dev")


def test_a_disaster_is_counted_in_full_and_named_as_far_as_one_reads(tmp_path: Path) -> None:
    db = new_store(tmp_path / "large")
    build_estate(db, ["berlin"], doors=MOST_ITEMS + 5)
    write(db, *(draft(Kind.DOOR_FORCED_OPEN, door=n) for n in range(1, MOST_ITEMS + 6)))
    found = attention(db, scope("berlin"), NOW)
    db.close()

    assert (found.alarms, len(found.items), found.more) == (MOST_ITEMS + 5, MOST_ITEMS, 5)
