"""Note that somebody opened a page, or did what it is for, without the role or from the wrong network."""

from threading import Lock
from typing import Final

from auth.sessions import Actor
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.log import append

# A person who stays on the page, or reloads it, is one refusal.
ONCE_IN_US: Final = 5 * MINUTE_US


class _Noted:
    def __init__(self) -> None:
        self._at: dict[tuple[str, ...], int] = {}
        self._lock = Lock()

    def first(self, refusal: tuple[str, ...], now: int) -> bool:
        """Whether this refusal has not just been noted, and note it."""
        with self._lock:
            self._at = {key: at for key, at in self._at.items() if now - at < ONCE_IN_US}
            return self._at.setdefault(refusal, now) == now

    def forget(self, refusal: tuple[str, ...]) -> None:
        """Take a note back: what it was for did not happen."""
        with self._lock:
            self._at.pop(refusal, None)


_noted: Final = _Noted()


def refuse_page(db: Database, actor: Actor, path: str, now: int, *, elsewhere: str | None = None) -> None:
    """Record the refusal of a page of the catalogue, at most once in five minutes a session and page.

    `elsewhere` is the address that is in none of the networks from which it may be used; None: a role is
    missing.
    """
    refusal = (actor.session, path, elsewhere or "")
    if not _noted.first(refusal, now):
        return
    where = {} if elsewhere is None else {"address": elsewhere}
    record = Draft(
        kind=Kind.OPERATOR_PAGE_REFUSED,
        received=now,
        reason=None if elsewhere is None else "wrong_network",
        refs={"session": actor.session, "page": path},
        private={"subject": actor.subject, "name": actor.name, **where},
    )
    try:
        append(db, [record])
    except BaseException:
        # Not recorded: the next run of the page is to try again.
        _noted.forget(refusal)
        raise
