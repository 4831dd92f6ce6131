"""What every sensitive act goes through: it is asked for, proved once, and only then done.

A proof that does not count is recorded; five in ten minutes lock the acts of that session and warn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof, means_of
from core.acts import MOST_REFUSED, Act, Means
from core.errors import ActRefused, ProofRefused
from core.leaf import Draft
from core.records import Kind
from operations.asking import awake
from store.acts import use_up
from store.directory import attempt_key, clear_failures, count_failure, locked_until

_LOCKED: Final = "Acts are locked here for 15 minutes after too many refused proofs. Ask a supervisor."
_NO_PROOF: Final = "You have nothing that proves an act: ask an administrator for a way to prove who you are."
_GONE: Final = "This was not open any more: it is used once, within a minute. Begin again."


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

    @property
    def who(self) -> dict[str, str]:
        """The person, as the detail of a record names them."""
        return {"subject": self.actor.subject, "name": self.actor.name, "address": self.actor.address}

    def means(self) -> tuple[Means, ...]:
        """Say how this person can prove an act; raises ActRefused where they can't, or may not now."""
        self._need_unlocked()
        found = means_of(self.services.db, self.actor)
        if not found:
            raise ActRefused("no_proof", _NO_PROOF)
        return found

    def prove(self, name: str, proof_of: Callable[[Actor, Act], Proof]) -> tuple[Act, Proof]:
        """Use up a pending act and see whether the proof counts; the act is used up in any case.

        Raises ProofRefused and ActRefused; a refused proof is a record.
        """
        self._need_unlocked()
        act = use_up(self.services.db, name, self.actor.session, self.now)
        if act is None:
            # What is no act of this session came from the browser, and is nothing to keep for ever.
            self._refuse({}, ProofRefused("no_act", _GONE))
        try:
            proof = proof_of(self.actor, act)
        except ProofRefused as error:
            self._refuse({"act": act.id, **act.target}, error)
        clear_failures(self.services.db, [self._key])
        return act, proof

    @property
    def _key(self) -> str:
        return attempt_key("acts", self.actor.session)

    def _need_unlocked(self) -> None:
        if locked_until(self.services.db, [self._key], self.now) is not None:
            raise ActRefused("locked_out", _LOCKED)

    def _refuse(self, told: dict[str, str | int | bool], error: ProofRefused) -> NoReturn:
        refused = Draft(
            kind=Kind.OPERATOR_PROOF_REFUSED,
            received=self.now,
            reason=error.reason,
            refs={"session": self.actor.session, **told},
            private=self.who,
        )
        locked = Draft(
            kind=Kind.OPERATOR_ACTS_LOCKED,
            received=self.now,
            reason="locked_out",
            refs={"session": self.actor.session},
            private=self.who,
        )
        most = {self._key: MOST_REFUSED}
        count_failure(self.services.db, [self._key], refused=refused, locked=locked, most=most)
        raise error
