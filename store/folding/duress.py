"""A silent alarm: somebody acts at a door and gives the reason that their site has agreed on for duress.

Found where records are written, so that no kind of act can forget it, and in the same transaction, so that
nothing takes longer for it: whoever stands beside the person must not be able to tell.
"""

from typing import Final

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
    why, act = draft.private.get("why"), draft.refs.get("act")
    if why is None or act is None or draft.site is None:
        return
    words = connection.execute(_WORDS, {"name": draft.site}).scalar_one_or_none()
    if not words or not same_words(why, words):
        return
    # A lockdown has an act for each of its doors; all of them are one cry for help.
    whole = str(act).partition("-")[0]
    key = EventKey(f"duress/{whole}", 0)
    named = key_bytes("", key)
    before = any(one.event_key == key for one in emission.drafts)
    if before or connection.execute(_TOLD, {"key": named}).first() is not None:
        return
    emission.emit(
        Draft(
            kind=Kind.OPERATOR_DURESS,
            received=draft.received,
            site=draft.site,
            door=draft.door,
            refs={"act": whole, "session": str(draft.refs.get("session", ""))},
            private={name: draft.private[name] for name in ("subject", "name") if name in draft.private},
            event_key=key,
        )
    )
