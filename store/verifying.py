"""Verifies the log: every record against the tree, the tree against every root that is known to be signed.

It reads some at a time, each in a transaction of its own, so that neither appends nor purges wait for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from core.errors import ProofWrong
from core.ledger import HASH_BYTES, Frontier, frontier_of, leaf_hash, leaf_hashes
from core.misplaced import misplaced
from core.notes import VerifierKey
from core.verifying import TILE, Agreement, Counts, Finding, Roots, What, first_wrong, sizes_of
from store.database import Database
from store.ledger import Run, Seal, Tree, reading
from store.person_index import PersonIndex
from store.tree_check import wrong_tile
from store.verifying_keys import Outside, Signed, chain_of
from store.verifying_log import LogBeside

_AT_ONCE: Final = 8 * TILE
_BEFORE_ALL: Final = -(2**63)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to verify: against which outside checkpoints and key (or fingerprint), and only the last so many.

    `progress` is told from time to time how many of how many records were looked at.
    """

    outside: Sequence[Outside] = ()
    key: VerifierKey | str = ""
    last: int | None = None
    progress: Callable[[int, int], None] = lambda _checked, _of: None


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was found: how many leaves are sealed, what was counted, and whatever is wrong, in order."""

    size: int
    waiting: int
    counts: Counts
    seals: int
    outside: int
    keys: Sequence[VerifierKey]
    findings: list[Finding]
    remarks: list[str]

    @property
    def first(self) -> Finding | None:
        """The first record that is not as it was sealed, where one can be named."""
        return next((one for one in self.findings if one.index is not None), None)


def verify(db: Database, ledger: Database, folder: Path, asked: Asked | None = None) -> Verdict:
    """Verify a log; `folder` is that of the keys; raises StoreError."""
    return _Check(db, ledger, folder, asked or Asked()).run()


@dataclass(slots=True)
class _Head:
    """The tree as it was when the check began."""

    runs: Sequence[Run]
    seals: Sequence[Seal]
    keys: Sequence[str]
    edge: Frontier


class _Check:
    def __init__(self, db: Database, ledger: Database, folder: Path, asked: Asked) -> None:
        self._db, self._asked, self._folder = db, asked, folder
        self._ledger = ledger
        self._head = self._read_head()
        self._log = LogBeside(db, ledger, self._head.runs)
        self._size = self._log.size
        self._counts = Counts()
        self._findings: list[Finding] = []
        # The first index at which the log and its tree have not the same.
        self._parted: int | None = None
        self._stopped = False
        self._waiting = 0

    def _read_head(self) -> _Head:
        with reading(self._ledger) as tree:
            runs = [one for one in tree.runs() if all(type(each) is int for each in astuple(one))]
            size = runs[-1].first_index + runs[-1].length if runs else 0
            first = 0 if self._asked.last is None else max(0, size - self._asked.last) // TILE * TILE
            seals = [one for one in tree.seals() if one.size > first]
            return _Head(runs, seals, tree.keys(), self._edge(tree, first))

    def _edge(self, tree: Tree, first: int) -> Frontier:
        try:
            return frontier_of(first, tree.node)
        except ProofWrong:
            # It lacks what comes before: then all of it is looked at.
            return Frontier()

    def run(self) -> Verdict:
        signed = Signed(chain_of(self._db, self._index_of))
        signed.look_at_keys(self._head.keys, self._folder)
        signed.keep(self._head.seals)
        signed.remember(self._folder, self._size)
        given = self._asked.key if isinstance(self._asked.key, VerifierKey) else None
        for one in self._asked.outside:
            signed.compare(one, given)
        roots = Roots(sizes_of(signed.known), self._head.edge)
        people = PersonIndex(self._db) if self._asked.last is None else None
        self._walk(roots, people)
        self._judge(signed, roots)
        if people is not None and not self._stopped:
            self._look_at(people)
            self._look_at_tiles(roots)
        self._look_at_ids()
        findings = [*self._findings, *signed.findings]
        findings.sort(key=lambda one: (one.index is None, one.index or 0))
        return Verdict(
            size=self._size,
            waiting=self._waiting,
            counts=self._counts,
            seals=signed.seals,
            outside=len(self._asked.outside),
            keys=signed.chain.keys,
            findings=findings,
            remarks=signed.remarks,
        )

    def _index_of(self, record: int) -> int | None:
        for run in self._head.runs:
            if run.first_id <= record < run.first_id + run.length:
                return run.first_index + record - run.first_id
        return None

    def _found(self, what: What, words: str, index: int, *, until: int | None = None) -> None:
        record = self._log.record_of(index) if index < self._size else self._end + index - self._size
        self._findings.append(Finding(what=what, words=words, record=record, index=index, until=until))

    @property
    def _end(self) -> int:
        """The id after the last that was sealed."""
        return self._log.record_of(self._size - 1) + 1 if self._size else 1

    # --- record by record ---------------------------------------------------------------------------------

    def _walk(self, roots: Roots, people: PersonIndex | None) -> None:
        begin = roots.size
        for run in self._head.runs:
            end = run.first_index + run.length
            for first in range(max(begin, run.first_index), end, _AT_ONCE):
                # Whole tiles, but for the first part of a run.
                until = min(end, (first + _AT_ONCE) // TILE * TILE)
                if not self._part(roots, people, first, until):
                    return
                self._asked.progress(until - begin, self._size - begin)
        if not self._stopped:
            self._follow(roots)

    def _part(self, roots: Roots, people: PersonIndex | None, first: int, until: int) -> bool:
        """Look at some records; False where the tree lacks their hashes."""
        sealed = self._log.hashes(first, until)
        roots.feed(sealed)
        if len(sealed) != (until - first) * HASH_BYTES:
            index = first + len(sealed) // HASH_BYTES
            self._found(What.TREE, "ledger.db lacks the hashes of the log from here on", index)
            return False
        if self._stopped:
            return True
        record = self._log.record_of(first)
        rows, details = self._log.rows(record, record + until - first)
        hashes = leaf_hashes(row[8] for row in rows)
        there = len(rows) == until - first
        if not there or hashes != sealed:
            same = self._same(rows, record, sealed)
            rows, self._parted, self._stopped = rows[:same], first + same, True
        wrong = first_wrong(rows, details, self._counts)
        if people is not None:
            people.look(rows, details)
        if wrong is not None:
            number, what, words = wrong
            self._found(what, words, first + number - record)
            self._stopped, self._parted = True, None
        return True

    @staticmethod
    def _same(rows: Sequence[tuple[object, ...]], record: int, sealed: bytes) -> int:
        """Count how many records are the ones that were sealed there."""
        for place, row in enumerate(rows):
            leaf = row[8]
            begin = place * HASH_BYTES
            expected = sealed[begin : begin + HASH_BYTES]
            if row[0] != record + place or not isinstance(leaf, bytes) or leaf_hash(leaf) != expected:
                return place
        return len(rows)

    def _follow(self, roots: Roots) -> None:
        """Go on with what waits to be sealed: a root that is known may be of some of it already."""
        for _, leaf in self._log.leaves(self._end - 1):
            roots.feed(leaf_hash(leaf))
            self._waiting += 1

    # --- what it comes to ---------------------------------------------------------------------------------

    def _judge(self, signed: Signed, roots: Roots) -> None:
        agreement = Agreement.of(signed.known, roots.found)
        if self._parted is not None:
            self._judge_parted(signed, agreement)
        else:
            self._judge_span(agreement)
        beyond = [one for one in signed.known if one.size > roots.size]
        if beyond and not self._stopped:
            most = max(beyond, key=lambda one: one.size)
            count = f"{most.size - roots.size:,} record{'' if most.size - roots.size == 1 else 's'}"
            words = f"{count} from here on were signed ({most.source}), and the log ends before"
            self._found(What.CUT_OFF, words, roots.size)
        reached = max(
            (one.size for one in agreement.right), default=roots.size if roots.size and beyond else 0
        )
        if not agreement.wrong and not beyond and reached < self._size:
            words = "no checkpoint that the log's key has signed is over this record and those after it"
            self._found(What.UNSIGNED, words, reached, until=self._end - 1)
        if not self._size:
            self._findings.append(Finding(what=What.NOTHING, words="nothing of this log is sealed"))
        self._judge_key(signed, agreement)

    def _judge_parted(self, signed: Signed, agreement: Agreement) -> None:
        index = self._parted or 0
        span = agreement.span
        if span is None or agreement.confirms(index):
            self._findings.append(misplaced(self._log, index))
        elif span.size > index and self._as_signed(signed, index, span.size):
            words = "its hash in ledger.db was changed; the record itself is as it was signed"
            self._found(What.TREE, words, index)
        else:
            self._judge_span(agreement)

    def _judge_span(self, agreement: Agreement) -> None:
        span = agreement.span
        if span is None:
            return
        until = self._log.record_of(min(span.size, self._size) - 1)
        words = f"the log is not the one that was signed ({span.source}): one of these records, or more"
        self._found(What.REWRITTEN, words, span.first, until=until)

    def _as_signed(self, signed: Signed, index: int, size: int) -> bool:
        """Whether the log itself, whatever its tree says, has the root that is known of this size."""
        first = index // TILE * TILE
        with reading(self._ledger) as tree:
            roots = Roots([size], self._edge(tree, first))
        for _, leaf in self._log.leaves(self._log.record_of(roots.size) - 1, size - roots.size):
            roots.feed(leaf_hash(leaf))
        return any(roots.found.get(size) == one.root for one in signed.known if one.size == size)

    def _judge_key(self, signed: Signed, agreement: Agreement) -> None:
        key = self._asked.key
        if isinstance(key, VerifierKey):
            known = signed.chain.knows(key.public)
        else:
            known = not key or any(one.fingerprint == key for one in signed.chain.keys)
        if known or not self._size:
            return
        index = min(max((one.size for one in agreement.right if one.outside), default=0), self._size - 1)
        words = "the log is sealed by other keys than the given one: nothing shows that this is the same log"
        self._found(What.KEY, words, index, until=self._end - 1)

    # --- what else must agree -----------------------------------------------------------------------------

    def _look_at(self, people: PersonIndex) -> None:
        wrong = people.first_wrong()
        index = self._index_of(wrong[0]) if wrong is not None else None
        if wrong is not None:
            found = Finding(what=What.PERSON_INDEX, words=wrong[1], record=wrong[0], index=index)
            self._findings.append(found)

    def _look_at_tiles(self, roots: Roots) -> None:
        """Compare the roots of tiles that are kept above the hashes of leaves: proofs are made of them."""
        with reading(self._ledger) as tree:
            wrong = wrong_tile(tree, roots.tiles)
        if wrong is not None and wrong < self._size:
            words = "what ledger.db keeps above the hashes of the records from here on was changed"
            self._found(What.TREE, words, wrong)

    def _look_at_ids(self) -> None:
        """Look for records at ids between those that were sealed."""
        before, index = _BEFORE_ALL, 0
        for run in self._head.runs:
            if run.first_index != index or run.first_id <= before:
                words = "ledger.db does not say in one order which record is where"
                self._found(What.TREE, words, min(run.first_index, self._size - 1))
                return
            there = self._log.next_after(before)
            if self._asked.last is None and there is not None and there < run.first_id:
                words = "it stands before what was sealed, and never was itself"
                self._findings.append(Finding(what=What.ADDED, words=words, record=there, index=index))
            before, index = run.first_id + run.length - 1, index + run.length
