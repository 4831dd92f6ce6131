"""The projection of calls."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Text, bindparam, desc, select, text, true, tuple_

from core.calls import CALL_LIVES_US, CLAIMS, STATES, UNATTENDED, Call, CallState, Claim, advance, heard_as
from core.leaf import Draft
from core.records import Kind
from core.reports import CallReport
from store.emission import Emission
from store.schema import call, site

_decode: Final = msgspec.json.Decoder(Call).decode
_encode: Final = msgspec.json.Encoder().encode
_KINDS: Final[dict[CallState, Kind]] = {state: kind for kind, state in STATES.items()}
_SAVE: Final = text(
    "INSERT INTO call (device, call, site, open, changed, changed_id, state, heard, due, holder) "
    "VALUES (:device, :call, :site, :open, :changed, :changed_id, :state, :heard, :due, :holder) "
    "ON CONFLICT (device, call) DO UPDATE SET site = excluded.site, open = excluded.open, "
    "changed = excluded.changed, changed_id = excluded.changed_id, state = excluded.state, "
    "heard = excluded.heard, due = excluded.due, holder = excluded.holder"
)
_PATIENCE: Final = select(site.c.id, site.c.missed_after_s).where(
    site.c.id.in_(bindparam("names", expanding=True, type_=Text))
)
# A device has one call at a door at a time, and few doors; what is older has long run out.
_OPEN_KEPT: Final = 16
_OPEN: Final = (
    select(call.c.state)
    .where(call.c.device == bindparam("name"), call.c.open == true())
    .order_by(desc(call.c.changed))
    .limit(_OPEN_KEPT)
)


class Calls:
    """The calls that a batch touches, read once and written once."""

    def __init__(self, connection: Connection, keys: set[tuple[str, str]]) -> None:
        """Read the calls in the caller's transaction; a key is (device, call), "" for whichever is open."""
        named = {key for key in keys if key[1]}
        self._changed: dict[tuple[str, str], int] = {}
        self._now = 0
        found: list[bytes] = []
        if named:
            query = select(call.c.state).where(tuple_(call.c.device, call.c.call).in_(named))
            found.extend(connection.execute(query).scalars())
        for device, _ in keys - named:
            found.extend(connection.execute(_OPEN, {"name": device}).scalars())
        calls = (_decode(state) for state in found)
        self._calls = {(one.device, one.call): one for one in calls}

    def given_up(self, draft: Draft) -> bool:
        """Whether a device tells of a call that it was missed after we have: that is one record, ours."""
        one = self._calls.get((draft.device or "", str(draft.refs.get("call", ""))))
        theirs = draft.kind is Kind.CALL_MISSED and draft.reason != UNATTENDED
        return theirs and one is not None and _given_up(one)

    def event(self, draft: Draft, record: int, *, live: bool) -> None:
        """Fold an event that has become this record; one that is not `live` rings by its own time."""
        state = STATES.get(draft.kind)
        name = draft.refs.get("call")
        if name is None or draft.device is None:
            return
        self._now = max(self._now, draft.received)
        if draft.kind in CLAIMS or draft.reason == UNATTENDED:
            self._ours(self._calls.get((draft.device, str(name))), draft, record)
        elif state is not None:
            at = draft.received if draft.at is None else draft.at
            # How long it may still ring is counted by our clock: the device's may be minutes off.
            heard = draft.received if live else at
            new = Call(str(name), draft.device, draft.door or "", draft.site or "", state, at, heard)
            self._fold(heard_as(new, heard), record)

    def _ours(self, old: Call | None, draft: Draft, record: int) -> None:
        """Fold what was done with a call here, which keeps it alive as a word of its device would."""
        if old is None:
            return
        at, who = draft.received, draft.private
        match draft.kind:
            case Kind.CALL_CLAIMED:
                claim = Claim(record, at, who["subject"], who.get("name", ""), str(draft.refs["session"]))
                new = replace(old, changed=at, claim=claim)
            case Kind.CALL_RELEASED:
                new = replace(old, changed=at, claim=Claim(record, at))
            case Kind.CALL_DECLINED:
                new = replace(old, declined=(who["subject"],))
            case _:
                new = replace(old, unattended=draft.at or at, ended=draft.at or at)
        self._fold(new, record)

    def report(self, report: CallReport, site: str, emission: Emission) -> None:
        """Fold a snapshot; a step that no event has told yet is recorded from it.

        A device that names no calls has one at a door at a time: its ring opens one unless one is open, and
        any other word is about the open one, if there is any.
        """
        if report.call:
            self._told(report, site, emission)
            return
        for named in self._named(report):
            self._told(named, site, emission)

    def _named(self, report: CallReport) -> Iterator[CallReport]:
        here = [one for one in self._calls.values() if (one.device, one.door) == (report.device, report.door)]
        fresh = [one for one in here if report.at - one.changed <= CALL_LIVES_US and one.started <= report.at]
        live = [one for one in fresh if one.open]
        if report.state is not CallState.RINGING:
            # One that nobody came to in time may be taken at the device all the same.
            meant = live or [one for one in fresh if one.undecided]
            yield from (replace(report, call=one.call, state=_end(one, report.state)) for one in meant)
        elif not live:
            yield replace(report, call=f"{report.door}/{report.at}")

    def _told(self, report: CallReport, site: str, emission: Emission) -> None:
        self._now = max(self._now, report.received)
        heard = report.received if report.live else report.at
        word = Call(report.call, report.device, report.door, site, report.state, report.at, heard)
        new = heard_as(word, heard)
        old = self._calls.get((report.device, report.call))
        if old is not None and advance(old, new).state == old.state:
            return
        if old is not None and report.state is CallState.MISSED and _given_up(old):
            self._fold(new, emission.head)
            return
        draft = Draft(
            kind=_KINDS[report.state],
            received=report.received,
            at=report.at,
            site=site,
            door=report.door,
            device=report.device,
            refs={"call": report.call, "boot": report.boot, "seq": report.seq, "reported": True},
            told=report.told,
        )
        self._fold(new, emission.emit(draft))

    def _fold(self, new: Call, record: int) -> None:
        key = (new.device, new.call)
        old = self._calls.get(key)
        after = advance(old, new)
        if after != old:
            self._calls[key] = after
            self._changed[key] = record

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        if not self._changed:
            return
        sites = {self._calls[key].site for key in self._changed}
        patience = {
            row.id: row.missed_after_s for row in connection.execute(_PATIENCE, {"names": list(sites)})
        }
        rows = [self._row(self._calls[key], record, patience) for key, record in self._changed.items()]
        connection.execute(_SAVE, rows)

    def _row(self, one: Call, record: int, patience: Mapping[str, int]) -> dict[str, object]:
        due = one.missed_at(patience.get(one.site, 0))
        holder = one.holder
        return {
            "device": one.device,
            "call": one.call,
            "site": one.site,
            "open": one.undecided,
            "changed": one.changed,
            "changed_id": record,
            "state": _encode(one),
            "heard": one.since,
            # What came so late that it was over by then is the past, and nobody's to miss now.
            "due": due if due is not None and due > self._now else None,
            "holder": None if holder is None else holder.session,
        }


def _given_up(one: Call) -> bool:
    return bool(one.unattended) and one.state in {CallState.RINGING, CallState.MISSED}


def _end(one: Call, state: CallState) -> CallState:
    """Take "missed" of a call that was answered for its end."""
    answered = one.state is CallState.ANSWERED and state is CallState.MISSED
    return CallState.ENDED if answered else state
