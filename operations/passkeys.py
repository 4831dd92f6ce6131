"""Rename and remove passkeys of one's own."""

from auth.current import Services
from auth.passkeys import named
from core.errors import NotPermitted
from operations.asking import awake
from store.passkeys import remove_passkey as remove_in_store
from store.passkeys import rename_passkey as rename_in_store

_NONE = "there is no such passkey of yours"


def rename_passkey(services: Services, asking: str, ref: str, name: str, *, now: int) -> str:
    """Give a passkey of the person whose session asks another name, which is given back as it is kept.

    Raises NotPermitted for somebody else's and for none alike, and Invalid for what can't be a name.
    """
    actor, called = awake(services, asking, now), named(name)
    if not rename_in_store(services.db, actor.subject, ref, called):
        raise NotPermitted(_NONE)
    return called


def remove_passkey(services: Services, asking: str, ref: str, *, address: str, now: int) -> None:
    """Remove a passkey of the person whose session asks, for ever, with its record; raises NotPermitted."""
    actor = awake(services, asking, now)
    private = {"name": actor.name, "address": address}
    if not remove_in_store(services.db, actor.subject, ref, now=now, private=private):
        raise NotPermitted(_NONE)
