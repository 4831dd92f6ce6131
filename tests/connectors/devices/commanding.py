"""What tests ask of a door: one command, and what its device is sent or why it can't be asked."""

from typing import Final

import pytest

from connectors.devices import order
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Estate
from core.times import SECOND_US
from tests.connectors.devices.wall import NOW

ACT: Final = "01jdbz9x0c5v7r3kq2m8n4p6ta"
NO_KEYS: Final = Keys()
KEYS: Final = Keys(card="405419896")


def command(verb: Verb = Verb.UNLOCK, *, seconds: int = 5) -> Command:
    """Give a command of now, void after 5 s; a hold or lockdown would last an hour."""
    until = 0 if verb is Verb.UNLOCK else NOW + 3600 * SECOND_US
    return Command(act=ACT, verb=verb, issued=NOW, expires=NOW + 5 * SECOND_US, seconds=seconds, until=until)


def ask(estate: Estate, door: str, asked: Command | None = None, keys: Keys = NO_KEYS) -> Order:
    """Write the order to a door, by default to unlock it for 5 s."""
    found = estate.doors[door]
    return order(estate.devices[found.device], found, asked or command(), keys, estate=estate)


def refused(estate: Estate, door: str, asked: Command | None = None, keys: Keys = NO_KEYS) -> str:
    """Give the reason why a door can't be asked; it must be said in a sentence too."""
    with pytest.raises(CommandImpossible) as caught:
        ask(estate, door, asked, keys)
    assert str(caught.value).endswith(".")
    return caught.value.reason
