"""All that signs people in through providers, put together once a process."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auth.arrivals import Arrivals
from auth.back_channel import BackChannel
from auth.oidc import Oidc
from auth.provider_proofs import ProviderProofs
from auth.providers import Provider
from auth.revocation import Revocation
from auth.sealing import Seal
from auth.sessions import Sessions
from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The parts, each over the same store and seal."""

    oidc: Oidc
    proofs: ProviderProofs
    arrivals: Arrivals
    back_channel: BackChannel
    revocation: Revocation
    seal: Seal


def open_identity(
    db: Database, sessions: Sessions, providers: Sequence[Provider], *, data: Path, public_url: str
) -> Identity:
    """Put the parts together; fetches nothing yet; raises StartRefused for a key that others can read."""
    seal = Seal.of(data)
    oidc = Oidc(db, seal, providers, public_url=public_url)
    return Identity(
        oidc=oidc,
        proofs=ProviderProofs(db, seal, oidc),
        arrivals=Arrivals(db, seal, sessions, oidc),
        back_channel=BackChannel(db, oidc),
        revocation=Revocation(db, seal, oidc),
        seal=seal,
    )
