"""What screens read: records, door tiles, calls and gaps, in the shape in which they go out as JSON."""

from collections.abc import Mapping
from typing import Final

import msgspec

from core.calls import Call
from core.handles import handle_of
from core.leaf import Scalar
from core.records import KINDS, Class, Kind
from store.rows import Row


class Rec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A record as a screen shows it; `person`, `name` and `credential` only where the scope names people."""

    id: int
    kind: str
    label: str
    severity: str
    at: int
    received: int
    site: str | None
    door: str | None
    device: str | None
    reason: str | None = None
    outcome: str | None = None
    call: str | None = None
    person: str | None = None
    name: str | None = None
    credential: str | None = None
    missing: int | None = None
    backfilled: bool = False


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A door as the log knows it; it counts as unknown from `stale_at` on (µs UTC; 0: never heard).

    `since` is the newest change of a facet, `changed` the record that changed the tile last. `mode_ordered`
    is what somebody ordered for longer, `mode_by` them, `mode_until` when it ends (µs UTC, 0: none), and
    `mode_doubt` why the door may not be so.
    """

    door: str
    site: str
    name: str
    device: str
    sensor: bool
    position: str
    lock: str
    mode: str
    alarm: str
    since: int
    online: bool | None
    stale_at: int
    changed: int
    level: str = ""
    mode_ordered: str = ""
    mode_until: int = 0
    mode_by: str = ""
    mode_doubt: str = ""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a call; `by` is what stands for that person here, `mine` is for the screen to find out."""

    by: str
    name: str
    since: int
    mine: bool = False


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """A call at a door; times are µs UTC by the device's clock, but for `heard`: when we heard of it first.

    `rings` says that it may still make a sound; `declined` names whose screens leave it out.
    """

    call: str
    device: str
    door: str
    site: str
    state: str
    started: int
    changed: int
    heard: int
    rings: bool
    claimed: Claimed | None
    declined: tuple[str, ...]

    @staticmethod
    def of(one: Call, now: int) -> "CallView":
        """Show a call as it is now (µs UTC)."""
        return CallView(
            call=one.call,
            device=one.device,
            door=one.door,
            site=one.site,
            state=one.shown.value,
            started=one.started,
            changed=one.changed,
            heard=one.since,
            rings=one.rings(now),
            claimed=_claimed(one),
            declined=tuple(map(handle_of, one.declined)),
        )


def _claimed(one: Call) -> Claimed | None:
    holder = one.holder
    if holder is None:
        return None
    return Claimed(by=handle_of(holder.subject), name=holder.name, since=holder.at)


class ActView(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An act at a door, for everybody who watches it: who, since when, how far; times are µs UTC, 0 is never.

    `busy` says that another would not be sent now, until `closes` at the latest; `overdue` since when the
    door should have been secure again, `late` when its device answered after the verdict, `let_go` when
    it was seen to let go though the verdict is a bad one. `secured_by` is what of the door tells that it is
    secure: its `lock`, its `position` alone, or nothing so far.
    """

    act: str
    action: str
    door: str
    site: str
    stage: str
    by: str
    name: str
    since: int
    reason: str | None = None
    sent: int = 0
    accepted: int = 0
    confirmed: int = 0
    secured: int = 0
    secured_by: str = ""
    opened: int = 0
    let_go: int = 0
    closes: int = 0
    final: bool = False
    good: bool = False
    busy: bool = False
    overdue: int = 0
    late: int = 0


class GapView(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A hole in a device's records; `missing` is None while only the device can know how many."""

    id: int
    device: str
    site: str
    missing: int | None
    opened: int
    closed: str | None = None


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """A site as a heading, with its IANA time zone."""

    id: str
    name: str
    time_zone: str


class _Leaf(msgspec.Struct):
    refs: dict[str, Scalar] = {}
    reason: str | None = None
    outcome: str | None = None
    backfilled: bool = False


class _Personal(msgspec.Struct):
    private: dict[str, str] = {}


_leaf: Final = msgspec.json.Decoder(_Leaf).decode
_personal: Final = msgspec.json.Decoder(_Personal).decode
_ABOUT_OPERATORS: Final = frozenset({Class.OPERATOR, Class.ORGANISATION, Class.LEDGER, Class.DURESS})


def about_operators(kind: Kind) -> bool:
    """Whether the person in such a record is an operator, whom every reader of its class may know."""
    return KINDS[kind].klass in _ABOUT_OPERATORS


def call_of(row: Row) -> str | None:
    """Name the call that a record is about."""
    return _text(refs_of(row).get("call"))


def refs_of(row: Row) -> Mapping[str, Scalar]:
    """Give what a record refers to, by name."""
    return _leaf(row.leaf).refs


def private_of(row: Row) -> dict[str, str]:
    """Give what a record holds of a person, for those who may read it; nothing where it has been deleted."""
    return {} if row.detail is None else _personal(row.detail).private


def rec_of(row: Row, *, named: bool) -> Rec:
    """Show a record, with the person's values only if `named`."""
    info = KINDS[row.kind]
    leaf = _leaf(row.leaf)
    missing = leaf.refs.get("missing")
    private = private_of(row) if named else {}
    return Rec(
        id=row.id,
        kind=row.kind.value,
        label=info.label,
        severity=info.severity.value,
        at=row.at,
        received=row.received,
        site=row.site,
        door=row.door,
        device=row.device,
        reason=leaf.reason,
        outcome=leaf.outcome,
        call=_text(leaf.refs.get("call")),
        person=private.get("person") or private.get("subject"),
        name=(row.name or private.get("name")) if named else None,
        credential=private.get("credential"),
        missing=missing if isinstance(missing, int) else None,
        backfilled=leaf.backfilled,
    )


def _text(value: Scalar | None) -> str | None:
    return None if value is None else str(value)
