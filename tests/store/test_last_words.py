"""The last raw words of devices: what comes last replaces what was, and is forgotten after a week."""

import json

from core.reports import LastWords, Word
from core.times import DAY_US
from store.database import Database
from store.ingest_log import IngestLog
from store.touch import Holder
from store.words import keep_words
from tests.store.words import NOW, table


def said(device: str, text: str, at: int = NOW) -> LastWords:
    word = Word(at=at, topic="t/event", text=text, verdict="door.opened")
    return LastWords(device=device, at=at, words=(word,))


def words(db: Database) -> dict[str, list[dict[str, object]]]:
    return {row["device"]: json.loads(row["words"]) for row in table(db, "device_words")}


def test_words_are_kept_as_pages_read_them(db: Database) -> None:
    keep_words(db, [said("ctl", "t/event: {}")])

    expected = [{"at": NOW, "topic": "t/event", "text": "t/event: {}", "verdict": "door.opened"}]
    assert words(db) == {"ctl": expected}


def test_later_words_take_the_place_of_the_earlier_ones_of_that_device(db: Database) -> None:
    keep_words(db, [said("ctl", "one"), said("other", "two")])
    keep_words(db, [said("ctl", "three", NOW + 1)])

    assert {name: found[0]["text"] for name, found in words(db).items()} == {"ctl": "three", "other": "two"}


def test_words_are_forgotten_after_thirty_days(db: Database) -> None:
    log = IngestLog(db, Holder(id="test"))
    log.keep_words([said("ctl", "old"), said("other", "new", NOW + 1)])

    log.tidy(NOW + 30 * DAY_US)

    assert set(words(db)) == {"other"}
