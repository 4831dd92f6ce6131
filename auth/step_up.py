"""How an act is proved: by what somebody has beside their session, bound to that act, once.

Nothing here is about who somebody is: that the session has told.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from auth import one_time_codes
from auth.current import Services
from auth.passkey_answers import may_have_passkeys
from auth.passkeys import Passkeys, Visit
from auth.sessions import Actor
from core.acts import Act, Means
from core.errors import Invalid, ProofRefused
from core.leaf import Scalar
from store.database import Database
from store.directory import Account, account_of, take_code
from store.passkeys import passkeys_of

_WRONG: Final = "The code is wrong, or was used before."
_NO_PASSKEYS: Final = "There can be no passkeys here: prove it in another way."


class Proof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an act was proved, as its record tells it: by whom, and what else there is to say of it.

    `at` is when the person showed it, µs UTC, 0 for now.
    """

    means: Means
    told: Mapping[str, Scalar] = {}
    subject: str = ""
    name: str = ""
    session: str = ""
    at: int = 0


def shown_by(proofs: Sequence[Proof]) -> dict[str, Scalar]:
    """Write the proofs of an act into its record's references, the one of who asked first."""
    found: dict[str, Scalar] = {}
    for prefix, proof in zip(("", "second_"), proofs, strict=False):
        told = {"proof": proof.means.value, **proof.told}
        if prefix:
            told["session"] = proof.session
        found |= {f"{prefix}{name}": value for name, value in told.items()}
    return found


def approved_by(proofs: Sequence[Proof]) -> dict[str, str]:
    """Name the second person, if there was one, as the detail of a record does."""
    if len(proofs) < 2:  # noqa: PLR2004 - the asker, and one more
        return {}
    second = proofs[1]
    return {"second_subject": second.subject, "second_name": second.name}


def means_of(services: Services, actor: Actor) -> tuple[Means, ...]:
    """Name how this person can prove an act now, the strongest first; empty: not at all."""
    ways = (
        (Means.PASSKEY, _has_passkey(services, actor)),
        (Means.IDP, services.step_up is not None and services.step_up.serves(actor)),
        (Means.TOTP, _account(services.db, actor) is not None),
    )
    return tuple(means for means, there in ways if there)


def _has_passkey(services: Services, actor: Actor) -> bool:
    if not may_have_passkeys(services.public_url):
        return False
    return any(one.locked is None for one in passkeys_of(services.db, actor.subject))


def passkey_question(services: Services, actor: Actor, act: Act) -> str | None:
    """Ask the passkeys of this person to sign this act (JSON); None where there are none."""
    if not _has_passkey(services, actor):
        return None
    passkeys = Passkeys(services.db, services.public_url)
    return passkeys.assertion_options(actor.subject, act.challenge_for(actor.subject, actor.session))


def prove_by_passkey(services: Services, visit: Visit, act: Act, answer: bytes) -> Proof:
    """Take the signature of a passkey under this act, for this person; raises ProofRefused."""
    challenge = act.challenge_for(visit.actor.subject, visit.actor.session)
    try:
        shown = Passkeys(services.db, services.public_url).verify_assertion(visit, challenge, answer)
    except Invalid as error:
        raise ProofRefused("no_proof", _NO_PASSKEYS) from error
    told = {name: value for name, value in shown.told.items() if name != "proof"}
    return Proof(means=Means.PASSKEY, told=told, at=visit.now)


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
