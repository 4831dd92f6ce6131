"""How an act is proved: by what somebody has beside their session, bound to that act, once.

Nothing here is about who somebody is: that the session has told.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from auth import one_time_codes
from auth.sessions import Actor
from core.acts import Means
from core.errors import ProofRefused
from core.leaf import Scalar
from store.database import Database
from store.directory import Account, account_of, take_code

_WRONG: Final = "The code is wrong, or was used before."


class Proof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an act was proved, as its record tells it; `told` is what else there is to say of it."""

    means: Means
    told: Mapping[str, Scalar] = {}


def shown_by(proofs: Sequence[Proof]) -> dict[str, Scalar]:
    """Write the proofs of an act into its record's references, the one of who asked first."""
    found: dict[str, Scalar] = {}
    for prefix, proof in zip(("", "second_"), proofs, strict=False):
        told = {"proof": proof.means.value, **proof.told}
        found |= {f"{prefix}{name}": value for name, value in told.items()}
    return found


def means_of(db: Database, actor: Actor) -> tuple[Means, ...]:
    """Name how this person can prove an act now, the strongest first; empty: not at all."""
    return (Means.TOTP,) if _account(db, actor) is not None else ()


def prove_by_code(db: Database, actor: Actor, code: str, now: int) -> Proof:
    """Take a one-time code of the account that signed in, no code twice; raises ProofRefused."""
    account = _account(db, actor)
    if account is None or account.totp_secret is None:
        raise ProofRefused("no_proof", "This account has no one-time codes.")
    step = one_time_codes.step_of(account.totp_secret, code, now)
    if step is None:
        raise ProofRefused("wrong_code", _WRONG)
    if not take_code(db, account, step):
        raise ProofRefused("code_used", _WRONG)
    return Proof(means=Means.TOTP)


def _account(db: Database, actor: Actor) -> Account | None:
    """Find the account of ours that somebody signed in with, if it still may be used and has a secret."""
    if actor.provider:
        return None
    account = account_of(db, actor.subject)
    usable = account is not None and account.disabled is None and account.totp_secret is not None
    return account if usable else None
