"""A silent alarm: somebody acts at a door and gives the reason that their site has agreed on for duress.

Found where acts are noted and where records are written, so that no kind of act can forget it, and in the
same transaction, so that nothing takes longer for it: whoever stands beside must not be able to tell.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select

from core.duress import same_words
from core.leaf import Draft, EventKey
from core.records import Kind
from store.emission import Emission
from store.schema import event_key, site
from store.writing import key_bytes

_WORDS: Final = select(site.c.duress_reason).where(site.c.id == bindparam("name"))
_TOLD: Final = select(event_key.c.id).where(event_key.c.key == bindparam("key"))


def warn_of_duress(connection: Connection, draft: Draft, emission: Emission) -> None:
    """Record duress behind the record of an act that was asked for with the words for it; once an act."""
    act = draft.refs.get("act")
    if act is None:
        return
    # A lockdown has an act for each of its doors; all of them are one cry for help at a site.
    whole = str(act).partition("-")[0]
    alarm = _alarm(connection, draft, whole)
    if alarm is not None and all(one.event_key != alarm.event_key for one in emission.drafts):
        refs = {"act": whole, "session": str(draft.refs.get("session", ""))}
        emission.emit(replace(alarm, refs=refs))


def cries_among(connection: Connection, wishes: Sequence[Draft], name: str) -> list[Draft]:
    """Give the alarms of what is asked for, before anything of it is a record; `name` says what is once."""
    found = (_alarm(connection, one, name) for one in wishes)
    return [one for one in found if one is not None]


def _alarm(connection: Connection, draft: Draft, name: str) -> Draft | None:
    """Make the alarm of an act, or of the wish for one, unless it was raised for this `name` and site."""
    why = draft.private.get("why")
    if why is None or draft.site is None:
        return None
    words = connection.execute(_WORDS, {"name": draft.site}).scalar_one_or_none()
    if not words or not same_words(why, words):
        return None
    key = EventKey(f"duress/{name}/{draft.site}", 0)
    if connection.execute(_TOLD, {"key": key_bytes("", key)}).first() is not None:
        return None
    return Draft(
        kind=Kind.OPERATOR_DURESS,
        received=draft.received,
        site=draft.site,
        door=draft.door,
        refs=draft.refs,
        private={name: draft.private[name] for name in ("subject", "name") if name in draft.private},
        event_key=key,
    )
