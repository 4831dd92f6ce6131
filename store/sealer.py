"""Seals the log: every record becomes a leaf of the tree within a second, in order, under a signed root.

What is signed extends what the sealer itself remembers (`store.sealer_memory`), never what the store claims.
The memory is on disk before a note is given away, and the tree follows: whatever is cut off in between is
made up from the log.
"""

import fcntl
import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, Final, Protocol

from msgspec.structs import replace

from core.errors import AlreadyRunning, LogAltered, StoreUnavailable
from core.key_chain import rotation_statement
from core.leaf import Draft, EventKey
from core.ledger import frontier_of, leaf_hash
from core.notes import Checkpoint, Signer, VerifierKey, write_note
from core.records import Kind
from core.times import DAY_US, HOUR_US, MINUTE_US
from store.database import Database
from store.ledger import Seal, Tree
from store.ledger_writing import thin_out, write_hashes, write_key, write_run, write_seal
from store.log import append
from store.restored import Restored, forget_word, word_of
from store.restored_standing import record_of, standing_of
from store.sealer_memory import Memory, recall, remember
from store.writing import key_bytes

AT_ONCE: Final = 5_000
HEARTBEAT_US: Final = MINUTE_US
_LOCK: Final = "ledger.lock"
_FILE_MODE: Final = 0o600
_KEPT_US: Final = DAY_US
_LEAVES: Final = "SELECT id, leaf, received FROM leaf WHERE id > ? ORDER BY id LIMIT ?"
_HEAD: Final = "SELECT coalesce(max(id), 0) FROM leaf"
_KNOWN: Final = "SELECT id FROM event_key WHERE key = ?"
_Leaf = tuple[int, bytes, int]


class Keys(Protocol):
    """The key files, as the sealer uses them (`auth.ledger_keys`)."""

    @property
    def folder(self) -> Path:
        """Where they lie, and the sealer's memory with them."""

    def signer(self, name: str = "") -> Signer:
        """Give the key that signs."""

    def next(self, name: str) -> Signer | None:
        """Give the key that is to sign from now on, if one was laid ready."""

    def adopt(self, key: VerifierKey) -> None:
        """Let that one sign from now on."""

    def publish(self, key: VerifierKey) -> None:
        """Write the public key that is in use."""


class Sealer:
    """The one sealer of a data folder, in one thread."""

    def __init__(self, db: Database, ledger: Database, keys: Keys, tell: Callable[[Seal], None]) -> None:
        """Seal this log into this tree; `tell` is given each signed checkpoint once it is kept."""
        self._db = db
        self._ledger = ledger
        self._keys = keys
        self._tell = tell
        self._signer = keys.signer()
        self._memory = Memory(origin=self._signer.key.name)
        self._lock: IO[str] | None = None
        self._behind = True
        self._thinned = 0

    @property
    def size(self) -> int:
        """How many leaves are sealed."""
        return self._memory.edge.size

    @property
    def sealed_at(self) -> int:
        """When the last checkpoint was signed (µs UTC), 0: none yet."""
        return self._memory.at

    @property
    def key(self) -> VerifierKey:
        """The public key that signs now."""
        return self._signer.key

    def open(self, now: int) -> None:
        """Become the one sealer, and go on where the last one ended.

        Raises AlreadyRunning while another one seals, LogAltered where the log is not what was sealed,
        StoreError and StartRefused.
        """
        self._take_lock()
        told = recall(self._keys.folder)
        self._signer = self._keys.signer(told.origin if told else "")
        self._keys.publish(self.key)
        if told is None:
            self._need_new()
            remember(self._keys.folder, self._memory)
        else:
            self._memory = told
        if not self._memory.edge.size:
            self._begin(now)
        self._catch_up()
        word = word_of(self._keys.folder)
        if word is not None:
            self._go_on(word, now)

    def close(self) -> None:
        """Let another one seal."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def turn(self, now: int) -> bool:
        """Seal what has come, or after a minute of nothing that there was nothing; answers whether it did.

        Raises LogAltered, StoreError and StartRefused; then nothing was signed, or it is caught up with.
        """
        if self._behind:
            self._catch_up()
        fresh = self._keys.next(self._memory.origin)
        if fresh is not None:
            return self._rotate(fresh, now)
        leaves = self._next()
        if not leaves and not 0 <= now - self._memory.at < HEARTBEAT_US:
            append(self._db, [Draft(kind=Kind.LEDGER_HEARTBEAT, received=now)])
            leaves = self._next()
        if leaves:
            self._seal(leaves, now, (self._signer,))
        return bool(leaves)

    def waiting_since(self) -> int:
        """Say when the oldest record came that is not sealed (µs UTC), 0 where there is none."""
        with self._db.read() as connection:
            row = connection.exec_driver_sql(_LEAVES, (self._memory.last_id, 1)).one_or_none()
        return 0 if row is None else int(row.received)

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        file = self._keys.folder / _LOCK
        try:
            # For appending, since another one's number stands in it.
            lock = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, _FILE_MODE), "r+")
        except OSError as error:
            raise StoreUnavailable(f"{file} can't be used: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = lock.read().strip()
            lock.close()
            raise AlreadyRunning(
                "another process seals this log", int(pid) if pid.isdigit() else 0
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _need_new(self) -> None:
        """Refuse to begin anew where this key has sealed this log before, even if all of that is gone."""
        with self._ledger.read() as connection:
            sealed = Tree(connection).size
        with self._db.read() as connection:
            key = key_bytes("", _began_by(self.key))
            known = connection.exec_driver_sql(_KNOWN, (key,)).one_or_none()
        if sealed or known is not None:
            raise LogAltered("the sealer's memory is gone (keys/ledger.state), and the log was sealed")

    def _begin(self, now: int) -> None:
        """Write into a new log by which key it is sealed."""
        key = self.key
        refs = {"key": key.text, "kid": key.kid, "fingerprint": key.fingerprint}
        once = _began_by(key)
        append(self._db, [Draft(kind=Kind.LEDGER_KEY_CREATED, received=now, refs=refs, event_key=once)])

    # --- sealing --------------------------------------------------------------------------------------

    def _next(self) -> Sequence[_Leaf]:
        leaves = self._after(self._memory.last_id, AT_ONCE)
        ids = [self._memory.last_id, *(one[0] for one in leaves)]
        for before, after in pairwise(ids):
            if after != before + 1:
                raise LogAltered(f"record {before + 1} is missing from the log, and was never sealed")
        return leaves

    def _after(self, record: int, most: int) -> Sequence[_Leaf]:
        with self._db.read() as connection:
            head = int(connection.exec_driver_sql(_HEAD).scalar_one())
            if head < self._memory.last_id:
                raise LogAltered(f"the log ends at {head}, and was sealed up to {self._memory.last_id}")
            return [tuple(row) for row in connection.exec_driver_sql(_LEAVES, (record, most))]

    def _seal(self, leaves: Sequence[_Leaf], now: int, signers: Sequence[Signer]) -> None:
        edge = self._memory.edge.extended([leaf_hash(leaf) for _, leaf, _ in leaves])
        note = write_note(Checkpoint(self._memory.origin, edge.size, edge.root).body, signers)
        told = replace(self._memory, edge=edge, last_id=leaves[-1][0], note=note.decode(), at=now)
        remember(self._keys.folder, told)
        before, self._memory, self._behind = self._memory, told, True
        self._write(before.edge.size, leaves)
        self._behind = False
        self._tell(self._seal_of(told))

    def _write(self, size: int, leaves: Sequence[_Leaf]) -> None:
        """Let the tree on disk follow; `leaves` are those beyond its size."""
        with self._ledger.write() as connection:
            if leaves:
                write_hashes(connection, size, [leaf_hash(leaf) for _, leaf, _ in leaves])
                write_run(connection, size, leaves[0][0], len(leaves))
            if self._memory.note and size + len(leaves) == self._memory.edge.size:
                write_seal(connection, self._seal_of(self._memory))
            write_key(connection, self.key, self._memory.edge.size, self._memory.at)
            if self._memory.at - self._thinned > HOUR_US:
                self._thinned = self._memory.at
                thin_out(connection, self._memory.at - _KEPT_US)

    def _catch_up(self) -> None:
        """Bring the tree on disk to what was signed; raises LogAltered where the log does not give that."""
        edge = self._memory.edge
        while True:
            with self._ledger.read() as connection:
                tree = Tree(connection)
                size, last = tree.size, tree.record_of(tree.size - 1) or 0
                known = frontier_of(size, tree.node)
            if size > edge.size:
                raise LogAltered(f"{size} records were sealed, and the sealer remembers {edge.size}")
            if size == edge.size:
                break
            leaves = self._after(last, min(AT_ONCE, edge.size - size))
            if not leaves:
                raise LogAltered(f"the log ends at {last}, and was sealed up to {self._memory.last_id}")
            if size + len(leaves) == edge.size:
                known = known.extended([leaf_hash(leaf) for _, leaf, _ in leaves])
                if known != edge:
                    raise LogAltered("what is in the log is not what was sealed")
            self._write(size, leaves)
        if known != edge:
            raise LogAltered("what is kept of the tree (ledger.db) is not what was signed")
        self._after(self._memory.last_id, 1)
        self._behind = False

    @staticmethod
    def _seal_of(memory: Memory) -> Seal:
        return Seal(memory.edge.size, memory.at, memory.edge.root, memory.note.encode())

    # --- after a restore ------------------------------------------------------------------------------

    def _go_on(self, word: Restored, now: int) -> None:
        """Record that the log was restored, and seal that; where what was signed may be missing, as another.

        Each step can be done again: the word is forgotten last.
        """
        standing = standing_of(word, self._memory, self._ledger, lambda record: self._after(record, AT_ONCE))
        before, told = self._signer, self._memory
        name = told.origin if standing.whole else word.next_origin(told.origin)
        self._signer = self._keys.signer(name)
        append(self._db, [record_of(word, standing, (told.origin, self.key), now)])
        if standing.whole and word.before is not None and word.before.edge.size > told.edge.size:
            told = word.before
        self._memory = replace(told, origin=name)
        remember(self._keys.folder, self._memory)
        self._keys.publish(self.key)
        self._catch_up()
        signers = (self._signer,) if before.key == self.key else (self._signer, before)
        while leaves := self._next():
            self._seal(leaves, now, signers)
        forget_word(self._keys.folder)

    # --- another key ----------------------------------------------------------------------------------

    def _rotate(self, fresh: Signer, now: int) -> bool:
        """Go over to another key: by a record that both have signed, under a root that both sign."""
        old, new = self.key, fresh.key
        statement = rotation_statement(old, new)
        refs = {
            "old_key": old.text,
            "new_key": new.text,
            "fingerprint": new.fingerprint,
            "old_signature": self._signer.sign(statement).hex(),
            "new_signature": fresh.sign(statement).hex(),
        }
        once = EventKey(stream=f"ledger.key.{new.kid}", number=1)
        append(self._db, [Draft(kind=Kind.LEDGER_KEY_ROTATED, received=now, refs=refs, event_key=once)])
        while leaves := self._next():
            self._seal(leaves, now, (self._signer, fresh))
        self._keys.adopt(new)
        self._signer = fresh
        self._write(self._memory.edge.size, ())
        return True


def _began_by(key: VerifierKey) -> EventKey:
    return EventKey(stream=f"ledger.key.{key.kid}", number=0)
