"""The log that benches search can be built, whatever kinds of records have come since."""

from pathlib import Path

from bench.kept import Life, estate
from core.records import Kind
from store.estate import import_estate
from store.log import append
from store.opening import open_database


def test_it_takes_records_of_every_kind(tmp_path: Path) -> None:
    db = open_database(tmp_path)
    import_estate(db, estate(), 1, "tests")
    # Each kind twice, about the same call: what is done with one needs one that is there.
    kinds = [kind for kind in Kind for _ in range(2)]
    life = Life(len(kinds))

    drafts = [life._draft(number, kind, 1, 1) for number, kind in enumerate(kinds)]
    appended = append(db, drafts)
    db.close()

    assert None not in appended.ids
