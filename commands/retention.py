"""`gatehouse.py retention show|set|run`: how long personal data is kept, and its deletion."""

import os
import secrets
from argparse import Namespace
from collections.abc import Iterator
from typing import Final

from commands.from_here import need_network
from commands.io import operator
from core.errors import Invalid
from core.retention import DEFAULT_DAYS, Kept
from core.times import iso_us
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.erasing_again import go_on
from store.estate import load_estate
from store.finishing import finish
from store.opening import open_database
from store.purge_views import deletions
from store.purging import mark_due, purge_due
from store.retention import keeping, set_keeping
from store.touch import Holder, drop_lease, take_lease
from store.traces import forget_traces

_DEFAULT: Final = "default"
_LEASE: Final = "retention"
# Longer than any run lasts; one whose process is gone is not waited for.
_LEASE_S: Final = 6 * 3_600.0
# By itself it is the last in the line for the processor.
_NICE: Final = 15
_LATER: Final = (
    "somebody's read goes on that began before: what is left of it in the files goes within the hour"
)


def main(arguments: Namespace, settings: Settings) -> int:
    """Show or change how long what is kept, or delete what is kept no longer."""
    db = open_database(settings.data)
    match arguments.deed:
        case "show":
            print("\n".join(_lines(db)))
        case "set":
            _set(db, arguments, settings)
        case _:
            return _run(db, quiet=arguments.hourly)
    return 0


def _lines(db: Database) -> Iterator[str]:
    kept = keeping(db)
    for one in Kept:
        default = "" if kept.days("", one) == DEFAULT_DAYS[one] else f"  (default {DEFAULT_DAYS[one]})"
        yield f"{one:<14} {kept.days('', one):>5} days{default}"
        yield from (
            f"  at {site:<9} {days:>5} days"
            for (site, set_for), days in sorted(kept.set_days.items())
            if site and set_for is one
        )
    for row in deletions(db):
        if row.done is None:
            where = f" at {row.site}" if row.site else ""
            yield f"{row.n:,} of class {row.what}{where} are due: deleted from {iso_us(row.due)[:16]} UTC on"


def _set(db: Database, arguments: Namespace, settings: Settings) -> None:
    try:
        kept = Kept(arguments.kept)
    except ValueError as error:
        raise Invalid(f"'{arguments.kept}' is no class: write one of {', '.join(Kept)}") from error
    words: str = arguments.days
    if words != _DEFAULT and not (words.isascii() and words.isdigit()):
        raise Invalid(f"'{words}' is no number of days, nor '{_DEFAULT}'")
    need_network(db, settings, "policy")
    need_room(db)
    days = None if words == _DEFAULT else int(words)
    set_keeping(db, kept, days, place=arguments.site, now=now_us(), by=operator())
    where = f" at {arguments.site}" if arguments.site else ""
    print(f"{kept}{where} is kept for {keeping(db).days(arguments.site, kept)} days")
    if arguments.site and arguments.site not in load_estate(db).sites:
        print("but that site is not in service any more")


def _run(db: Database, *, quiet: bool) -> int:
    if quiet:
        os.nice(_NICE)
    holder = Holder(id=secrets.token_hex(8))
    if not take_lease(db, _LEASE, holder, now=now_us(), seconds=_LEASE_S):
        raise Invalid("another process is at it already")
    try:
        go_on(db, now_us())
        gone = purge_due(db, now_us())
        marked = mark_due(db, now_us())
        forget_traces(db, now_us())
        finished = finish(db, now_us)
    finally:
        drop_lease(db, _LEASE, holder)
    if not quiet:
        print(f"{gone:,} details deleted, {marked:,} marked to be deleted in 24 hours")
        if not finished:
            print(_LATER)
    return 0


def told_later() -> str:
    """Say what becomes of what could not be finished now."""
    return _LATER
