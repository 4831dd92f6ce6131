"""What people choose for their screens is small, theirs alone, and stays."""

import pytest

from core.errors import Invalid, NotPermitted
from store.database import Database
from store.preferences import forget_preferences, preferences, save_preference


def test_a_choice_stays_until_another_one_and_is_nobody_elses(db: Database) -> None:
    save_preference(db, "local:ben", "pinned", b'["a", "b"]')
    save_preference(db, "local:ben", "theme", b'"dark"')
    save_preference(db, "local:ben", "pinned", b'["c"]')
    save_preference(db, "local:ada", "toured", b"true")

    assert preferences(db, "local:ben") == {"pinned": ["c"], "theme": "dark"}
    assert preferences(db, "local:ada") == {"toured": True}


def test_null_forgets_one_and_all_can_be_forgotten(db: Database) -> None:
    for who in ("local:ben", "local:ada"):
        for name in ("density", "sound"):
            save_preference(db, who, name, b'"x"')
    save_preference(db, "local:ben", "sound", b" null ")
    forget_preferences(db, "local:ada")

    assert preferences(db, "local:ben") == {"density": "x"}
    assert preferences(db, "local:ada") == {}


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"NaN", b"\xff", b'"\\ud800"', b"1e999", b"[" * 2_048, b"[" * 1_000 + b"]" * 1_000,
     b'"' + b"x" * 2_047 + b'"'],
)  # fmt: skip
def test_what_is_no_small_json_value_is_refused_and_changes_nothing(db: Database, value: bytes) -> None:
    save_preference(db, "local:ben", "theme", b'"dark"')
    with pytest.raises(Invalid):
        save_preference(db, "local:ben", "theme", value)

    assert preferences(db, "local:ben") == {"theme": "dark"}


@pytest.mark.parametrize("name", ["", "Theme", "theme ", "policy"])
def test_only_names_of_ours_are_kept(db: Database, name: str) -> None:
    with pytest.raises(NotPermitted):
        save_preference(db, "local:ben", name, b"1")


@pytest.mark.parametrize(
    "value",
    [
        b'"a"',
        b"[1]",
        b'["A b"]',
        b'["a", "a"]',
        b'["a", null]',
        b'{"a": 1}',
        b'["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]',
    ],
)
def test_favourites_are_the_ids_of_nine_doors_at_most(db: Database, value: bytes) -> None:
    save_preference(db, "local:ben", "favourites", b'["front", "back"]')
    with pytest.raises(Invalid):
        save_preference(db, "local:ben", "favourites", value)

    assert preferences(db, "local:ben") == {"favourites": ["front", "back"]}
    save_preference(db, "local:ben", "favourites", b"null")
    assert preferences(db, "local:ben") == {}
