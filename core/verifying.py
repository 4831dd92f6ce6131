"""What of a log is as it was sealed: each record against its leaf, the whole against signed roots. Pure."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import astuple

from core.leaf import SALT_BYTES
from core.ledger import HASH_BYTES, Frontier, root_of_hashes
from core.records import KINDS

TILE: Final = 256
_TILE_BYTES: Final = TILE * HASH_BYTES
# Id, received, at, site, door, device, reason, kind and leaf.
Row: TypeAlias = tuple[
    int,
    int,
    int,
    str | None,
    str | None,
    str | None,
    str | None,
    int,
    bytes,
]
# By id: the person that a detail names, and the detail.
Details: TypeAlias = Mapping[int, tuple[str | None, bytes]]
_COLUMNS: Final = ("received", "at", "site", "door", "device", "reason", "kind")
# What HMAC (RFC 2104) does with a salt: it is filled up to a block, and changed in two ways.
_PAD: Final = bytes(64 - SALT_BYTES)
_INNER: Final = bytes(one ^ 0x36 for one in range(256))
_OUTER: Final = bytes(one ^ 0x5C for one in range(256))
_sha256 = hashlib.sha256
_OTHER_PERSON: Final = "the person by whom it is found is not the one in its detail"
_CODES: Final = {kind.value: info.code for kind, info in KINDS.items()}


class What(StrEnum):
    """What is wrong."""

    CHANGED = "changed"
    COLUMN = "column_changed"
    DETAIL = "detail_changed"
    PERSON_INDEX = "person_index_changed"
    REMOVED = "removed"
    ADDED = "added"
    SWAPPED = "swapped"
    CUT_OFF = "cut_off"
    REWRITTEN = "rewritten"
    UNSIGNED = "not_signed"
    TREE = "tree_changed"
    KEY = "wrong_key"
    CHECKPOINT = "wrong_checkpoint"
    MEMORY = "memory_changed"
    NOTHING = "nothing_sealed"
    CONTRADICTED = "contradicted"


# What is said of a record, without anything that stands in it.
TITLES: Final[Mapping[What, str]] = {
    What.CHANGED: "was changed",
    What.COLUMN: "was changed in a column beside its leaf",
    What.DETAIL: "was changed in its detail",
    What.PERSON_INDEX: "is found by another person than it names",
    What.REMOVED: "was removed",
    What.ADDED: "was added",
    What.SWAPPED: "was swapped",
    What.CUT_OFF: "was cut off",
    What.REWRITTEN: "may have been rewritten",
    What.UNSIGNED: "is not shown by any signature",
    What.TREE: "is not as ledger.db has it",
    What.KEY: "is not sealed by the key it should be",
    What.CHECKPOINT: "is under a checkpoint that is wrong",
    What.MEMORY: "is not as the sealer remembers it",
    What.NOTHING: "is not sealed",
    What.CONTRADICTED: "is not what a checkpoint elsewhere is of",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, with the first record that it is about, up to the last where a range is known.

    `record` and `until` are ids, `index` is the place in the tree; None where it is about no record.
    """

    what: What
    words: str
    record: int | None = None
    index: int | None = None
    until: int | None = None


class _Sealed(msgspec.Struct, frozen=True, gc=False):
    """What a leaf says, in the order of the columns that repeat it."""

    received: int
    at: int
    site: str | None = None
    door: str | None = None
    device: str | None = None
    reason: str | None = None
    kind: str = ""
    commit: dict[str, str] = {}


class _Detail(msgspec.Struct, frozen=True, gc=False):
    """`core.leaf.Detail`, as fast as can be."""

    private: dict[str, str]
    salts: dict[str, str]


_sealed = msgspec.json.Decoder(_Sealed).decode
_detail = msgspec.json.Decoder(_Detail).decode


@dataclass(slots=True)
class Counts:
    """How many records were looked at and found right, how many commit to something, and still show it."""

    records: int = 0
    committed: int = 0
    disclosed: int = 0

    @property
    def deleted(self) -> int:
        """How many details were deleted, by retention or erasure: that is as it should be."""
        return self.committed - self.disclosed


def first_wrong(rows: Sequence[Row], details: Details, counts: Counts) -> tuple[int, What, str] | None:
    """Give the id of the first record whose columns or detail are not what its leaf says, and what it is."""
    for row in rows:
        try:
            leaf = _sealed(row[8])
        except msgspec.MsgspecError:
            return row[0], What.CHANGED, "its leaf can't be read"
        told = astuple(leaf)
        if told[:6] != row[1:7] or _CODES.get(leaf.kind) != row[7]:
            return row[0], What.COLUMN, _column(told, row)
        if leaf.commit:
            counts.committed += 1
        detail = details.get(row[0])
        if detail is not None:
            why = _detail_wrong(leaf.commit, *detail)
            if why:
                return row[0], What.DETAIL, why
            counts.disclosed += 1
    counts.records += len(rows)
    return None


def _column(told: tuple[object, ...], row: Row) -> str:
    sealed = (*told[:6], _CODES.get(str(told[6]), told[6]))
    pairs = zip(_COLUMNS, row[1:8], sealed, strict=True)
    name, shown, was = next(one for one in pairs if one[1] != one[2])
    return f"the column {name} says {shown!r}, and sealed was {was!r}"


def _detail_wrong(commit: Mapping[str, str], person: str | None, body: bytes) -> str:
    try:
        found = _detail(body)
        private, salts = found.private, found.salts
        if private.keys() == salts.keys():
            for name, value in private.items():
                block = bytes.fromhex(salts[name]) + _PAD
                # HMAC by its two hashes: `hmac.digest` takes twice as long.
                inner = _sha256(block.translate(_INNER) + value.encode()).digest()
                if _sha256(block.translate(_OUTER) + inner).hexdigest() != commit.get(name):
                    return _field_wrong(name, commit)
            return "" if private.get("person") == person else _OTHER_PERSON
    except (msgspec.MsgspecError, ValueError):
        return "its detail can't be read"
    if private.keys() - salts.keys():
        return f"its detail has no salt for {min(private.keys() - salts.keys())}"
    return "its detail keeps a salt of something that was deleted"


def _field_wrong(name: str, commit: Mapping[str, str]) -> str:
    if name not in commit:
        return f"its detail has {name}, which was not sealed"
    return f"the value or the salt of {name} is not what was sealed"


# --- roots ----------------------------------------------------------------------------------------------


class Roots:
    """Computes a tree's roots at some sizes while the hashes of its leaves go by."""

    def __init__(self, wanted: Iterable[int], edge: Frontier) -> None:
        """Begin at an edge whose size is a multiple of 256."""
        self._wanted = sorted({one for one in wanted if one >= edge.size})
        self._next = 0
        self._edge = edge
        self._open = b""
        self.found: dict[int, bytes] = {}
        self.tiles: list[bytes] = []
        self._meet()

    @property
    def size(self) -> int:
        """How many leaves have gone by, with those before."""
        return self._edge.size + len(self._open) // HASH_BYTES

    def feed(self, hashes: bytes) -> None:
        """Take the hashes that come next, one after the other."""
        while hashes:
            room = _TILE_BYTES - len(self._open)
            self._open, hashes = self._open + hashes[:room], hashes[room:]
            self._meet()
            if len(self._open) == _TILE_BYTES:
                root = root_of_hashes(self._open)
                self.tiles.append(root)
                self._edge, self._open = _with_tile(self._edge, root), b""

    def _meet(self) -> None:
        end = bisect_right(self._wanted, self.size)
        edge, begin = self._edge, self._edge.size
        for size in self._wanted[self._next : end]:
            part = self._open[(edge.size - begin) * HASH_BYTES : (size - begin) * HASH_BYTES]
            edge = edge.extended(part[at : at + HASH_BYTES] for at in range(0, len(part), HASH_BYTES))
            self.found[size] = edge.root
        self._next = end


def _with_tile(edge: Frontier, root: bytes) -> Frontier:
    """Add a whole tile: the edge of whole tiles is that of a tree whose leaves are they."""
    grown = Frontier(edge.size // TILE, edge.hashes).extended([root])
    return Frontier(grown.size * TILE, grown.hashes)


# --- known roots ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A root that was signed, and where it comes from; `outside` is what nobody here could change."""

    size: int
    root: bytes
    source: str
    outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a tree is not what was signed: from the first leaf that may be another one up to a wrong size."""

    first: int
    size: int
    source: str


@dataclass(slots=True)
class Agreement:
    """Which of the known roots a tree has, and which it has not."""

    right: list[Known] = field(default_factory=list)
    wrong: list[Known] = field(default_factory=list)

    @staticmethod
    def of(known: Iterable[Known], roots: Mapping[int, bytes]) -> "Agreement":
        """Compare, at the sizes at which the tree's roots are given."""
        one = Agreement()
        for each in known:
            if each.size in roots:
                (one.right if roots[each.size] == each.root else one.wrong).append(each)
        return one

    @property
    def span(self) -> Span | None:
        """Say as closely as the known roots allow where the tree is another one."""
        if not self.wrong:
            return None
        first = min(self.wrong, key=lambda one: (one.size, not one.outside))
        # What was kept here may have been made again together with the rest: outside roots bound each other.
        bounds = [one.size for one in self.right if one.size < first.size and one.outside >= first.outside]
        return Span(first=max(bounds, default=0), size=first.size, source=first.source)

    def confirms(self, index: int) -> bool:
        """Whether a leaf of this tree is one of those that were signed."""
        span = self.span
        reached = max((one.size for one in self.right), default=0)
        return index < (reached if span is None else span.first)


def sizes_of(known: Sequence[Known]) -> set[int]:
    """Give the sizes at which something is known."""
    return {one.size for one in known}
