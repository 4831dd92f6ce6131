"""What every sensitive act goes through: it is asked for, proved once, and only then done.

A proof that does not count is recorded; five in ten minutes lock the acts of that session and warn. What is
shown while they are locked is recorded too, up to a number, and counted beyond it.
"""

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final, NoReturn
from weakref import WeakValueDictionary

from msgspec.structs import replace

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof, means_of
from core.acts import NONCE_BYTES, Act, Means
from core.errors import ActRefused, NotPermitted, ProofRefused
from core.leaf import Draft, Scalar
from core.records import Kind
from core.ulid import CHANCE_BITS, ulid
from operations.act_rules import site_of
from operations.asking import awake
from operations.deeds import Wish
from store.acts import find_act, last_act, refuse_act
from store.estate import load_estate
from store.patience import elsewhere
from store.refusals import acts_locked, count_refusal, forgive_refusals

ProofOf = Callable[[Actor, Act], Proof]
Clock = Callable[[], int]
_LOCKED: Final = "Acts are locked here for 15 minutes after too many refused proofs. Ask a supervisor."
_NO_PROOF: Final = "You have nothing that proves an act: ask an administrator for a way to prove who you are."
GONE: Final = "This was not open any more: it is used once, within a minute. Begin again."


class _Looking:
    """One look at a proof at a time in each session: parallel guesses can't outrun their count."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of = WeakValueDictionary[str, Lock]()

    def at(self, session: str) -> Lock:
        with self._lock:
            found = self._of.get(session) or Lock()
            self._of[session] = found
            return found


_looking: Final = _Looking()


def named(act: Act) -> dict[str, Scalar]:
    """Name an act and its place as the records of its proofs do: a list of doors would make them long."""
    place = {name: value for name, value in act.target.items() if name in {"door", "site"}}
    return {"act": act.id, **place}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Somebody who wants to act, now (µs UTC)."""

    services: Services
    actor: Actor
    now: int

    @staticmethod
    def by(services: Services, asking: str, now: int) -> "Acting":
        """Find whose session asks; raises NotPermitted where it may do nothing (any more)."""
        return Acting(services=services, actor=awake(services, asking, now), now=now)

    def again(self) -> "Acting":
        """Look up who acts once more: while a proof is looked at, a role or the session may be taken away.

        Whoever may do nothing any more is left without a group, and so without any right.
        """
        try:
            actor = awake(self.services, self.actor.session, self.now)
        except NotPermitted:
            actor = dataclasses.replace(self.actor, groups=())
        return Acting(services=self.services, actor=actor, now=self.now)

    @property
    def who(self) -> dict[str, str]:
        """The person, as the detail of a record names them."""
        return {"subject": self.actor.subject, "name": self.actor.name, "address": self.actor.address}

    @property
    def whole(self) -> dict[str, str]:
        """The person, and the browser that their session was begun with."""
        return {**self.who, "agent": self.actor.agent} if self.actor.agent else self.who

    def since(self, clock: Clock | None) -> "Acting":
        """Go on from now: to look at a proof may have taken a provider some seconds."""
        if clock is None:
            return self
        return Acting(services=self.services, actor=self.actor, now=max(self.now, clock()))

    def pending(self, wish: Wish, why: str, *, seconds: int = 0, until: int = 0, persons: int = 1) -> Act:
        """Make an act of this person's that waits for its proof; `why` is the reason as it is kept."""
        return Act(
            id=ulid(self.now, secrets.randbits(CHANCE_BITS)).lower(),
            subject=self.actor.subject,
            session=self.actor.session,
            action=wish.action,
            target=wish.target,
            seconds=seconds,
            until=until,
            persons=persons,
            why=why,
            nonce=secrets.token_bytes(NONCE_BYTES),
            created=self.now,
            call=wish.call,
        )

    def means(self) -> tuple[Means, ...]:
        """Say how this person can prove an act; raises ActRefused where they can't, or may not now."""
        self.need_unlocked()
        found = means_of(self.services, self.actor)
        if not found:
            raise ActRefused("no_proof", _NO_PROOF)
        return found

    def prove(self, act: Act | None, proof_of: ProofOf) -> Proof:
        """See whether the proof of an act counts that has been used up for it, None: there was none to use.

        Raises ProofRefused, which is a record, and ActRefused where too many were refused meanwhile.
        """
        if act is None:
            # What is no act of this session came from the browser, and is nothing to keep for ever.
            self.refuse({}, ProofRefused("no_act", GONE))
        with _looking.at(self.actor.session):
            try:
                self.need_unlocked()
                with elsewhere():
                    proof = proof_of(self.actor, act)
                # What else this session showed meanwhile may have locked it; a good proof must not undo that.
                self.need_unlocked()
            except ActRefused as error:
                refuse_act(self.services.db, act.id, error.reason)
                self._count(named(act), error.reason)
                raise
            except ProofRefused as error:
                refuse_act(self.services.db, act.id, error.reason)
                self.refuse(named(act), error)
            forgive_refusals(self.services.db, self.actor.session)
        by = {"subject": self.actor.subject, "name": self.actor.name, "session": self.actor.session}
        return replace(proof, **by)

    def need_unlocked(self) -> None:
        """Raise ActRefused where too many proofs of this session were refused."""
        if acts_locked(self.services.db, self.actor.session, self.now):
            raise ActRefused("locked_out", _LOCKED)

    def need_counting(self, name: str = "") -> None:
        """Raise ActRefused, which is a record, where a proof is shown and none counts; `name` is its act."""
        try:
            self.need_unlocked()
        except ActRefused as error:
            noted = find_act(self.services.db, name, self.actor.session) if name else None
            self._count({} if noted is None else named(noted.act), error.reason)
            raise

    def _where(self, told: Mapping[str, Scalar]) -> tuple[str | None, str | None]:
        """Say at which site and door somebody was who proves nothing: where the act is, or the last one."""
        estate = load_estate(self.services.db)
        act = None if told else last_act(self.services.db, self.actor.session)
        target = told if act is None else act.target
        door = estate.doors.get(str(target.get("door", "")))
        if door is not None:
            return door.site, door.id
        whole = str(target.get("site", "")) or ("" if act is None else site_of(act, estate))
        return whole if whole in estate.sites else None, None

    def refuse(self, told: Mapping[str, Scalar], error: ProofRefused) -> NoReturn:
        """Record a proof that does not count, lock this session's acts after too many, and raise it."""
        self._count(told, error.reason)
        raise error

    def _count(self, told: Mapping[str, Scalar], reason: str) -> None:
        refused = Draft(
            kind=Kind.OPERATOR_PROOF_REFUSED,
            received=self.now,
            reason=reason,
            refs={"session": self.actor.session, **told},
            private=self.who,
        )
        site, door = self._where(told)
        locked = Draft(
            kind=Kind.OPERATOR_ACTS_LOCKED,
            received=self.now,
            site=site,
            door=door,
            reason="locked_out",
            refs={"session": self.actor.session},
            private=self.who,
        )
        count_refusal(self.services.db, self.actor.session, refused=refused, locked=locked)
