"""A record before and after it is sealed: the draft, its leaf (kept for ever) and its detail.

The leaf's bytes are what the ledger seals: RFC 8785 canonical JSON of strings, integers and
booleans, version 1, without personal data and without the local row id. Each personal field is
present only as a commitment, HMAC-SHA-256(salt of its own, UTF-8 value), in lower-case hex.
"""

import hmac
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from core.errors import Invalid
from core.records import REASONS, Kind

LEAF_VERSION: Final = 1
SALT_BYTES: Final = 32
MAX_SAFE_INTEGER: Final = 2**53 - 1
Scalar: TypeAlias = str | int | bool
_SURROGATE: Final = "a record may not hold a lone surrogate"
# RFC 8785 sorts names by UTF-16 code units; our names are ASCII, for which that is plain order.
_encode = msgspec.json.Encoder(order="sorted").encode


class EventKey(msgspec.Struct, frozen=True):
    """What makes a device's event the same when it comes twice: a stream and a number in it."""

    stream: str
    number: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a device's clock said (µs UTC), however wrong; `by_age`: it alone judged what is history.

    Both tell how an item was made, not what it is: without them it is the same item.
    """

    told: int | None = None
    by_age: bool = False

    def __eq__(self, other: object) -> bool:
        """Compare what the items say."""
        if type(other) is not type(self):
            return NotImplemented
        return self._says() == other._says()

    def __hash__(self) -> int:
        """Agree with equality; items that hold mappings have no hash."""
        return hash(self._says())

    def _says(self) -> tuple[object, ...]:
        names = self.__struct_fields__
        return tuple(getattr(self, name) for name in names if name not in Told.__struct_fields__)


class Draft(Told, frozen=True, kw_only=True):
    """A record on its way into the log; times are µs UTC, `private` holds the personal fields."""

    kind: Kind
    received: int
    at: int | None = None
    site: str | None = None
    door: str | None = None
    device: str | None = None
    reason: str | None = None
    outcome: str | None = None
    refs: Mapping[str, Scalar] = msgspec.field(default_factory=dict)
    private: Mapping[str, str] = msgspec.field(default_factory=dict)
    event_key: EventKey | None = None
    keep_until: int | None = None
    backfilled: bool = False

    @property
    def place(self) -> tuple[str, int] | None:
        """The boot and number of an event in its device's sequence, by which it can be asked for again."""
        boot, seq = self.refs.get("boot"), self.refs.get("seq")
        if self.event_key is None or not isinstance(boot, str) or not isinstance(seq, int):
            return None
        return boot, seq

    @property
    def person(self) -> str | None:
        """The person's number, which is indexed in the detail and never in the leaf."""
        return self.private.get("person")


def commitment(salt: bytes, value: str) -> str:
    """Commit to a value without showing it: HMAC-SHA-256 (RFC 2104), hex; raises Invalid."""
    try:
        return hmac.digest(salt, value.encode(), "sha256").hex()
    except UnicodeEncodeError as error:
        raise Invalid(_SURROGATE) from error


def leaf_bytes(draft: Draft, salts: Mapping[str, bytes]) -> bytes:
    """Write the leaf of a draft whose `at` is settled; raises Invalid for what a leaf may not hold."""
    if draft.reason is not None and draft.reason not in REASONS:
        message = f"'{draft.reason}' is no reason of core.records.REASONS"
        raise Invalid(message)
    at = draft.received if draft.at is None else draft.at
    leaf: dict[str, object] = {
        "v": LEAF_VERSION,
        "kind": draft.kind.value,
        "received": draft.received,
        "at": at,
    }
    for name in ("site", "door", "device", "reason", "outcome"):
        value = getattr(draft, name)
        if value is not None:
            leaf[name] = value
    if draft.backfilled:
        leaf["backfilled"] = True
    if draft.refs:
        leaf["refs"] = dict(draft.refs)
    if draft.private:
        leaf["commit"] = {name: commitment(salts[name], value) for name, value in draft.private.items()}
    return canonical(leaf)


def canonical(value: object) -> bytes:
    """Write RFC 8785 canonical JSON of dicts with ASCII names, strings, safe integers and booleans.

    Raises Invalid for anything else: a leaf must read the same everywhere, for ever.
    """
    _check(value)
    try:
        return _encode(value)
    except UnicodeEncodeError as error:
        raise Invalid(_SURROGATE) from error


def _check(value: object) -> None:
    if isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            message = f"{value} is no integer that every reader of JSON can hold"
            raise Invalid(message)
        return
    if not isinstance(value, dict):
        message = f"a leaf may not hold {type(value).__name__}"
        raise Invalid(message)
    for name, inner in value.items():
        if not isinstance(name, str) or not name.isascii():
            message = f"the name {name!r} is not ASCII"
            raise Invalid(message)
        # Nearly all are one of these, and the call would cost more than the check.
        if type(inner) is not str and not (type(inner) is int and 0 <= inner <= MAX_SAFE_INTEGER):
            _check(inner)


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of a record that can be deleted: personal values and the salts that open the commitments."""

    private: dict[str, str]
    salts: dict[str, str]


def detail_bytes(draft: Draft, salts: Mapping[str, bytes]) -> bytes:
    """Write the detail of a draft that has personal fields."""
    return _encode(Detail(dict(draft.private), {name: salt.hex() for name, salt in salts.items()}))
