"""How a restored log stands against what is known to have been signed, read from its tree and its leaves."""

from collections.abc import Callable, Iterator, Sequence

from core.leaf import Draft, EventKey
from core.ledger import leaf_hash
from core.notes import VerifierKey
from core.records import Kind
from store.database import Database
from store.ledger import Tree
from store.restored import Restored, Standing, judge, roots_at
from store.sealer_memory import Memory

# Leaves after a record, as (id, leaf, received), in order, some at a time.
After = Callable[[int], Sequence[tuple[int, bytes, int]]]


def standing_of(word: Restored, memory: Memory, ledger: Database, after: After) -> Standing:
    """Judge it, where the tree is as the memory has it; raises StoreError."""
    sizes = {one.size for one in word.checkpoints}
    with ledger.read() as connection:
        tree = Tree(connection)
        roots = {size: tree.root(size) for size in sizes if size <= tree.size}
        index = tree.index_of(word.record)
    if word.record <= memory.last_id:
        return judge(word, 0 if index is None else index + 1, roots)
    roots |= roots_at(memory.edge, _hashes(word.record, memory.last_id, after), sizes)
    return judge(word, memory.edge.size + word.record - memory.last_id, roots)


def _hashes(last: int, record: int, after: After) -> Iterator[bytes]:
    while record < last and (leaves := after(record)):
        yield from (leaf_hash(leaf) for number, leaf, _ in leaves if number <= last)
        record = leaves[-1][0]


def record_of(word: Restored, standing: Standing, names: tuple[str, VerifierKey], now: int) -> Draft:
    """Write what a restore found: under which name the log went on, and as what it goes on now."""
    before, key = names
    refs: dict[str, str | int | bool] = {
        "before": before,
        "origin": key.name,
        "key": key.text,
        "fingerprint": key.fingerprint,
        "backup_made": word.made,
        "backup_size": standing.size,
        "known_size": standing.known,
        "missing": standing.missing,
        "agrees": standing.agrees,
    }
    once = EventKey(stream=f"ledger.restored.{word.at}", number=0)
    who = {"subject": word.by}
    return Draft(kind=Kind.LEDGER_RESTORED, received=now, refs=refs, private=who, event_key=once)
