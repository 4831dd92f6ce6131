"""`gatehouse.py legal-hold place|release|list`: what must stay while a case lasts."""

from argparse import Namespace
from datetime import UTC, datetime

from commands.from_here import need_network
from commands.io import operator
from core.errors import Invalid
from core.retention import Hold
from core.times import DAY_US, SECOND_US, iso_us
from pages.foreign import visible
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.opening import open_database
from store.retention import PlacedHold, all_holds, place_hold, release_hold


def main(arguments: Namespace, settings: Settings) -> int:
    """Place, release or list holds."""
    db = open_database(settings.data)
    if arguments.deed == "list":
        for one in all_holds(db):
            print(_line(one))
        return 0
    need_network(db, settings, "policy")
    need_room(db)
    if arguments.deed == "place":
        _place(db, arguments)
    else:
        count = release_hold(db, arguments.case, now=now_us(), by=operator())
        print(
            f"case {arguments.case} holds nothing any more ({count} released): what is due goes in two days"
        )
    return 0


def _place(db: Database, arguments: Namespace) -> None:
    until = _day(arguments.until)
    hold = Hold(
        case=arguments.case,
        site=arguments.site,
        doors=frozenset(arguments.door),
        person=arguments.person,
        since=_day(arguments.since),
        until=until + DAY_US if until else 0,
    )
    place_hold(db, hold, arguments.reason, now=now_us(), by=operator())
    print(f"case {hold.case} holds {visible(_what(hold))}")


def _day(text: str | None) -> int:
    if text is None:
        return 0
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * SECOND_US
    except ValueError as error:
        raise Invalid(f"'{text}' is no day; write it like 2026-11-30") from error


def _what(hold: Hold) -> str:
    told = (
        f"of site {hold.site}" if hold.site else "",
        f"of door {', '.join(sorted(hold.doors))}" if hold.doors else "",
        f"of person {hold.person}" if hold.person else "",
        f"from {iso_us(hold.since)[:10]}" if hold.since else "",
        f"to {iso_us(hold.until - DAY_US)[:10]}" if hold.until else "",
    )
    return "what is " + ", ".join(one for one in told if one) if any(told) else "everything"


def _line(one: PlacedHold) -> str:
    released = f"  (released {iso_us(one.released)[:10]})" if one.released is not None else ""
    by = f" by {one.by}" if one.by else ""
    told = f"{one.hold.case:<16} {_what(one.hold)}: {one.reason}, placed {iso_us(one.placed)[:10]}{by}"
    return visible(told) + released
