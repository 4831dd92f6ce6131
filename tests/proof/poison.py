"""Hostile payloads, each with what the log must say of it, and hostile events that make sense to a parser."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BOOT: Final = "01KAS0000000000000000000ZZ"
FORGED: Final = "feed.forged"
UNMAPPED: Final = "feed.unmapped"


@dataclass(frozen=True, slots=True)
class Poison:
    """A payload for a path below a device, and the kind and reason of its record."""

    payload: bytes
    reason: str
    path: str = "event"
    kind: str = UNMAPPED


def _event(**words: object) -> dict[str, object]:
    """Write an event that is good but for its number, so that it takes no place in the sequence."""
    good = {"v": 1, "id": "e", "boot": BOOT, "seq": 0, "ts": "2026-11-23T15:11:45.123Z"}
    return {**good, "kind": "access.granted", "door": "1", **words}


def _raw(fields: bytes) -> bytes:
    return b"{" + fields + b"," + json.dumps(_event()).encode()[1:]


def _json(**words: object) -> bytes:
    return json.dumps(_event(**words)).encode()


CORPUS: Final = (
    Poison(b"", "not_json"),
    Poison(b"\xff\xfe\xfd", "not_utf8"),
    Poison(b"\x1f\x8b\x08\0\0\0\0\0", "not_utf8"),
    Poison(b"[" * 60_000, "too_deep"),
    Poison(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too_deep"),
    Poison(_raw(b'"x":' + b"[" * 20 + b"]" * 20), "too_deep"),
    Poison(_raw(b'"x":NaN'), "not_a_number"),
    Poison(_raw(b'"x":1e999'), "not_a_number"),
    Poison(_raw(b'"x":' + b"9" * 5_000), "not_json"),
    Poison(_raw(b'"x":"\\ud800"'), "lone_surrogate"),
    Poison(_raw(b'"x":"\xed\xa0\x80"'), "not_utf8"),
    Poison(_raw(b'"x":"\\u0000"'), "nul"),
    Poison(_raw(b'"kind":"door.opened"'), "duplicate_name"),
    Poison(_raw(b",".join(b'"x%d":1' % number for number in range(4_200))), "too_many_names"),
    Poison(json.dumps(_event()).encode("utf-16"), "not_utf8"),
    Poison(b"\xef\xbb\xbf" + _json(), "not_json"),
    Poison(_json()[:-1], "not_json"),
    Poison(_json() + b" " * 65_400, "too_large"),
    Poison(b'"a":' * 16_000, "not_json"),
    Poison(b"null", "wrong_shape"),
    Poison(b"[1,2,3]", "wrong_shape"),
    Poison(_json(), "wrong_shape"),
    Poison(_json(seq=-1), "wrong_shape"),
    Poison(_json(seq=2**63), "wrong_shape"),
    Poison(_json(seq="1' OR 1=1 --"), "wrong_shape"),
    Poison(_json(id="../../etc/passwd\n"), "wrong_shape"),
    Poison(_json(kind="x" * 60_000), "wrong_shape"),
    Poison(_json(site="singapore"), "site_mismatch", kind=FORGED),
    Poison(_json(device="panel-71"), "device_mismatch", kind=FORGED),
    Poison(_json(device=["panel-00"]), "device_mismatch", kind=FORGED),
    Poison(b'{"online":"yes"}', "wrong_shape", "status"),
    Poison(b'{"online":true,"device":"panel-77"}', "device_mismatch", "status", FORGED),
    Poison(b'{"boot":"b","seq":1,"ts":"yesterday","lock":"locked"}', "bad_time", "door/1/state"),
    Poison(b'{"boot":"b","seq":1,"ts":"2026-11-23T15:11:45Z"}', "unknown_door", "door/99/state"),
    Poison(b'{"call":"c","state":"dancing"}', "wrong_shape", "call/1/state"),
    Poison(b'{"boot":"b","from":2,"to":1,"events":{},"lost":[],"more":0}', "wrong_shape", "backfill/data"),
)
# Larger than the broker hands on to anybody, and larger than it takes: it ends that connection.
TOO_LARGE_TO_BE_HANDED_ON: Final = b"x" * 200_000
TOO_LARGE_FOR_THE_BROKER: Final = b"x" * 1_200_000

# What makes sense to a parser and is a lie all the same: fields of an event.
_LIES: Final[tuple[dict[str, object], ...]] = (
    {"ts": "1970-01-01T00:00:00Z"},
    {"ts": "0001-01-01T00:00:00+14:00"},
    {"ts": "9999-12-31T23:59:59.999999-12:00"},
    {"ts": "2999-01-01T00:00:00Z"},
    {"kind": "<img src=x onerror=alert(1)>"},
    {"kind": "\u202eevil\u2066"},
    {"person": "<script>alert(1)</script>"},
    {"reason": "\u202egnp.exe"},
    {"reason": "=cmd|' /C calc'!A0"},
    {"credential": {"type": "card", "masked": "12345678901234567890"}},
    {"door": "../2"},
    {"boot": "01KAS0000000000000000000ZY"},
)
# Names that are to be more than a name instead of `<site>/<device>`. The broker refuses a level more,
# and ends the connection of who writes a wildcard or a NUL.
NAMES: Final = (
    "berlin/nobody",
    "berlin/panel-00%00",
    "berlin/PANEL-00",
    "berlin/panel-00 ",
    "paris/panel-00",
    "berlin/../newyork",
    "$SYS/panel-00",
    "berlin/<b>panel-00</b>",
    "berlin/<b>panel-00",
    "berlin/" + "p" * 300,
)


def lies(seq: int, name: str) -> Iterator[tuple[str, bytes]]:
    """Give events, as (path, payload), that lie: with numbers of their own, an old one and a leap."""
    for place, words in enumerate(_LIES):
        good = {"id": f"{name}-{seq}-{place}", "seq": seq * len(_LIES) + place + 1}
        yield "event", _json(**good, **words)
    yield "event", _json(id=f"{name}-{seq}-back", seq=max(1, seq * len(_LIES) - 5))
    yield "event", _json(id=f"{name}-{seq}-leap", seq=2**40 + seq, boot="01KAS0000000000000000000ZX")
