"""Writes the demo's past into an empty log: what its devices said, read as ingest reads it."""

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from paho.mqtt.client import topic_matches_sub

from auth.local import refusal_record
from auth.sessions import sign_in_record
from commands.simulate import DEVICES_FILE
from connectors.devices import FAMILIES, Memory, Message, filters, read
from connectors.mqtt.files import write_private
from connectors.simulator.estate import DEMO_ACCOUNTS, DemoAccount
from connectors.simulator.history import Heard, History, OperatorWord
from connectors.simulator.speaking import Publication
from connectors.simulator.spool import Key
from core.leaf import Draft
from core.model import Estate
from core.permissions import Policy, roles_at
from core.records import Kind
from core.reports import Item, Silence
from core.times import HOUR_US
from store.database import Database
from store.estate import load_estate
from store.log import append
from store.policies import current_policy
from store.sessions import SessionRow, end_record

SEED: Final = 1
# A transaction costs as much as ten records; more than this at once would only use memory.
_BATCH: Final = 2_000
_SESSION_US: Final = 12 * HOUR_US
_TOPICS: Final = 1_024


@dataclass(frozen=True, slots=True)
class Past:
    """What was written: the log's head, and how each device's last boot ended."""

    head: int
    numbered: Mapping[str, Key]


def write(db: Database, start: int, end: int, say: Callable[[str], object], *, seed: int = SEED) -> Past:
    """Write what happened between two moments (µs UTC); `say` hears how far it is.

    Estate and policy must be in the store, and nothing after `start`.
    """
    estate = load_estate(db)
    history = History(estate, seed=seed, start=start, end=end)
    reading = _Reading(estate, current_policy(db))
    head, told = 0, 0
    with _without_collecting():
        for at, items in _batches(history.heard(), reading):
            head = append(db, items).head
            tenth = (at - start) * 10 // max(end - start, 1)
            if tenth > told:
                told = tenth
                say(f"history: {head:,} records, {told * 10} %")
    for incident, day in sorted(history.incidents().items(), key=lambda one: one[1]):
        say(f"history: worth finding from {day.isoformat()}, {incident.site}: {incident.title}")
    return Past(head, history.numbered())


def hand_over(past: Past, folder: Path) -> None:
    """Tell the simulator by which numbers its devices go on."""
    write_private(folder / DEVICES_FILE, json.dumps(past.numbered) + "\n")


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Let nothing look for cycles meanwhile: hardly any are made, and each look costs a tenth of the time."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _batches(heard: Iterator[Heard], reading: "_Reading") -> Iterator[tuple[int, Sequence[Item]]]:
    while batch := list(islice(heard, _BATCH)):
        yield batch[-1].at, [item for one in batch for item in reading.items(one)]


class _Reading:
    """Takes what was heard for items of the log, with what ingest and the web process know."""

    def __init__(self, estate: Estate, policy: Policy) -> None:
        """Take who may do what, which a sign-in's record tells."""
        self._estate = estate
        self._memory = Memory(FAMILIES.values())
        self._console = _Console(policy)
        topics = filters(estate)
        self._listened = lru_cache(_TOPICS)(
            lambda topic: any(topic_matches_sub(one, topic) for one in topics)
        )

    def items(self, heard: Heard) -> Iterable[Item]:
        """Read one thing; what nobody subscribes to makes nothing."""
        match heard.word:
            case Publication():
                return self._published(heard.word, heard.at)
            case Silence():
                return (heard.word,)
            case OperatorWord():
                return (self._console.record(heard.word, heard.at),)

    def _published(self, word: Publication, at: int) -> Iterable[Item]:
        if not self._listened(word.topic):
            return ()
        # Who listens all the time gets what is retained as it is said.
        message = Message(word.topic, word.payload, retain=False, received=at)
        return read(self._memory.recall(message, self._estate), self._estate)


class _Console:
    """Makes the records of operators, of the same words as when they really sign in and out."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._accounts = {one.username: one for one in DEMO_ACCOUNTS}
        self._sessions: dict[str, SessionRow] = {}

    def record(self, word: OperatorWord, at: int) -> Draft:
        account = self._accounts[word.username]
        match word.kind:
            case Kind.OPERATOR_SIGNED_IN:
                row = _session(word, account, at)
                self._sessions[word.session] = row
                return sign_in_record(row, roles_at(self._policy, account.groups), self._policy.version)
            case Kind.OPERATOR_SIGNED_OUT | Kind.OPERATOR_SESSION_ENDED:
                return end_record(self._sessions.pop(word.session), word.reason, at)
            case _:
                who = {"subject": _subject(account), "name": account.name, "address": word.address}
                return refusal_record(word.kind, word.reason, who, at)


def _subject(account: DemoAccount) -> str:
    return f"local:{account.username}"


def _session(word: OperatorWord, account: DemoAccount, at: int) -> SessionRow:
    return SessionRow(
        ref=word.session,
        subject=_subject(account),
        name=account.name,
        groups=account.groups,
        created=at,
        active=at,
        idle_after=_SESSION_US,
        ends=at + _SESSION_US,
        address=word.address,
        agent=word.agent,
    )
