"""Reads a trace of ingest's system calls: when a message came, when the disk had it, when we said so."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bench.stand.wire import split
from connectors.mqtt.principals import CANARY_ROOT

COMMAND: Final = ("strace", "-f", "-y", "-xx", "-s", "131072", "-e", "trace=recvfrom,fdatasync,fsync,sendto")
_CALL: Final = re.compile(
    r"(?P<pid>\d+) +(?P<name>\w+)\((?P<fd>\d+)<(?P<path>[^>]*)>"
    r"(?:, (?P<data>\"[^\"]*\"|\w+))?.*= (?P<result>-?\d+)"
)
_UNFINISHED: Final = re.compile(r"(?P<pid>\d+) +(?P<start>.*) <unfinished \.\.\.>")
_RESUMED: Final = re.compile(r"(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")
_CONNECT: Final = 0x10
_PUBLISH: Final = 3
_PUBACK: Final = 4
# Ingest's word to itself, of which there is nothing to keep.
_OWN: Final = f"{CANARY_ROOT}/".encode()
_WAL: Final = b"-wal".hex()


@dataclass(frozen=True, slots=True)
class Call:
    """A system call; `began` and `ended` are places in the trace."""

    name: str
    fd: str
    path: str
    data: bytes
    began: int
    ended: int


@dataclass(slots=True)
class _Line:
    """What has gone over one socket so far, each way."""

    came: bytearray = field(default_factory=bytearray)
    went: bytearray = field(default_factory=bytearray)
    received: dict[int, int] = field(default_factory=dict)
    songs: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Verdict:
    """How many messages were acknowledged, and which of them before the disk had them."""

    acknowledged: int = 0
    syncs: int = 0
    too_early: list[int] = field(default_factory=list)


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """Give each call that succeeded, in the order in which they ended."""
    begun: dict[str, tuple[int, str]] = {}
    for place, line in enumerate(lines):
        whole, began = line, place
        if unfinished := _UNFINISHED.match(line):
            begun[unfinished["pid"]] = (place, f"{unfinished['pid']} {unfinished['start']}")
            continue
        if (resumed := _RESUMED.match(line)) and resumed["pid"] in begun:
            began, start = begun.pop(resumed["pid"])
            whole = start + resumed["rest"]
        found = _CALL.match(whole)
        if found and int(found["result"]) >= 0:
            data = bytes.fromhex(found["data"].strip('"').replace("\\x", "")) if found["data"] else b""
            path = found["path"].replace("\\x", "")
            yield Call(found["name"], found["fd"], path, data, began, place)


def judge(traced: Iterable[Call]) -> Verdict:
    """Hold each acknowledgement against the last sync of the write-ahead log before it."""
    verdict = Verdict()
    lines: dict[str, _Line] = {}
    synced = -1
    for call in traced:
        match call.name:
            case "fdatasync" | "fsync":
                if call.path.endswith(_WAL):
                    # What came after a sync began may not be in it.
                    synced, verdict.syncs = call.began, verdict.syncs + 1
            case "sendto":
                if call.data[:1] == bytes([_CONNECT]):
                    lines[call.fd] = _Line()
                if call.fd in lines:
                    _went(lines[call.fd], call, synced, verdict)
            case _:
                if call.fd in lines:
                    _came(lines[call.fd], call)
    return verdict


def _came(line: _Line, call: Call) -> None:
    line.came += call.data
    for first, body in split(line.came):
        if first >> 4 == _PUBLISH and first & 0x06:
            size = int.from_bytes(body[:2], "big")
            mid = int.from_bytes(body[2 + size : 4 + size], "big")
            if body[2 : 2 + size].startswith(_OWN):
                line.songs.add(mid)
            else:
                line.received[mid] = call.ended


def _went(line: _Line, call: Call, synced: int, verdict: Verdict) -> None:
    line.went += call.data
    for first, body in split(line.went):
        if first >> 4 == _PUBACK:
            mid = int.from_bytes(body[:2], "big")
            if mid in line.songs:
                line.songs.remove(mid)
                continue
            verdict.acknowledged += 1
            if line.received.pop(mid) >= synced:
                verdict.too_early.append(mid)
