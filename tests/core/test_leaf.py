"""Leaves are for ever: their bytes, what they may hold, and what of a person is in them."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.leaf import (
    MAX_SAFE_INTEGER,
    SALT_BYTES,
    Detail,
    Draft,
    canonical,
    commitment,
    detail_bytes,
    leaf_bytes,
)
from core.records import REASONS, Kind

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "leaf_vectors.json").read_text(encoding="utf-8")
)
NOW = 1_790_000_000_000_000
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SAFE_INTEGERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
ASCII_NAMES = st.text(st.characters(max_codepoint=0x7F), max_size=8)
VALUES = st.recursive(
    ANY_TEXT | SAFE_INTEGERS | st.booleans(), lambda inner: st.dictionaries(ASCII_NAMES, inner, max_size=5)
)
SALTS = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)


def drafted(vector: dict[str, Any]) -> Draft:
    return Draft(**{**vector["draft"], "kind": Kind(vector["draft"]["kind"])})


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_leaf_has_the_bytes_it_has_had_from_the_first_commit(vector: dict[str, Any]) -> None:
    salts = {name: bytes.fromhex(salt) for name, salt in vector["salts"].items()}

    assert leaf_bytes(drafted(vector), salts).hex() == vector["leaf"]


def test_the_vector_file_itself_is_the_one_that_was_frozen() -> None:
    # Add vectors by all means, at the end; the first ones may never change.
    frozen = json.dumps(VECTORS[:10], sort_keys=True, ensure_ascii=True).encode()

    assert (
        hashlib.sha256(frozen).hexdigest()
        == "ea23c76e20ea6a90268ef37a1a83cc5d58d63a34cffc686f630b4a15718d1037"
    )


@given(st.dictionaries(ASCII_NAMES, VALUES, max_size=6))
def test_canonical_json_is_what_another_rfc_8785_library_writes(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_every_code_point_is_written_as_another_rfc_8785_library_writes_it() -> None:
    points = [chr(n) for n in range(0x3000)] + [chr(n) for n in range(0xD7F0, 0x11_0000, 251)]
    text = "".join(point for point in points if not 0xD800 <= ord(point) <= 0xDFFF)

    assert canonical({"text": text}) == rfc8785.dumps({"text": text})


@pytest.mark.parametrize("value", [MAX_SAFE_INTEGER + 1, -MAX_SAFE_INTEGER - 1, 10**30])
def test_an_integer_that_not_every_reader_can_hold_is_refused(value: int) -> None:
    with pytest.raises(Invalid, match="no integer"):
        leaf_bytes(Draft(kind=Kind.DOOR_OPENED, received=NOW, refs={"seq": value}), {})


def test_the_largest_safe_integers_are_written() -> None:
    leaf = leaf_bytes(Draft(kind=Kind.DOOR_OPENED, received=NOW, refs={"seq": MAX_SAFE_INTEGER}), {})

    assert b'"seq":9007199254740991' in leaf


@pytest.mark.parametrize("value", [1.5, None, [1], b"x", {"ä": 1}, {1: "x"}])
def test_what_a_leaf_has_no_place_for_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        canonical({"value": value})


@pytest.mark.parametrize(
    "draft",
    [
        Draft(kind=Kind.DOOR_OPENED, received=NOW, outcome="\ud800"),
        Draft(kind=Kind.DOOR_OPENED, received=NOW, private={"name": "\udfff"}),
    ],
)
def test_a_lone_surrogate_is_refused_in_the_leaf_and_in_what_it_commits_to(draft: Draft) -> None:
    with pytest.raises(Invalid, match="surrogate"):
        leaf_bytes(draft, {"name": bytes(SALT_BYTES)})


def test_a_reason_that_is_on_no_list_is_refused() -> None:
    with pytest.raises(Invalid, match="REASONS"):
        leaf_bytes(Draft(kind=Kind.ACCESS_DENIED, received=NOW, reason="Jane Doe"), {})


@given(
    st.sampled_from(Kind),
    st.sampled_from(sorted(REASONS)) | st.none(),
    st.dictionaries(
        st.sampled_from(["person", "name", "credential", "text"]),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).map("§".__add__),
        min_size=1,
    ),
    SALTS,
)
def test_no_private_value_is_ever_in_the_leaf(
    kind: Kind, reason: str | None, private: dict[str, str], salt: bytes
) -> None:
    draft = Draft(kind=kind, received=NOW, site="berlin", reason=reason, private=private)

    leaf = leaf_bytes(draft, dict.fromkeys(private, salt))

    assert "§".encode() not in leaf
    assert salt.hex().encode() not in leaf
    assert json.loads(leaf)["commit"].keys() == private.keys()


@given(SALTS, SALTS, ANY_TEXT)
def test_a_commitment_opens_with_its_salt_and_with_no_other(salt: bytes, other: bytes, value: str) -> None:
    committed = commitment(salt, value)

    assert hmac.new(salt, value.encode(), hashlib.sha256).hexdigest() == committed
    assert salt == other or commitment(other, value) != committed
    assert commitment(salt, value + " ") != committed


def test_the_detail_opens_every_commitment_of_its_leaf() -> None:
    salts = {"person": b"\x01" * SALT_BYTES, "credential": b"\x02" * SALT_BYTES}
    draft = Draft(
        kind=Kind.ACCESS_GRANTED, received=NOW, private={"person": "u-17", "credential": "****5538"}
    )

    detail = json.loads(detail_bytes(draft, salts))
    committed = json.loads(leaf_bytes(draft, salts))["commit"]

    assert Detail(**detail).private == dict(draft.private)
    assert committed == {
        name: commitment(bytes.fromhex(detail["salts"][name]), value)
        for name, value in detail["private"].items()
    }


def test_the_leaf_keeps_both_times_and_takes_receipt_where_the_device_has_none() -> None:
    without = json.loads(leaf_bytes(Draft(kind=Kind.DOOR_OPENED, received=NOW), {}))
    with_own = json.loads(leaf_bytes(Draft(kind=Kind.DOOR_OPENED, received=NOW, at=NOW - 5), {}))

    assert (without["received"], without["at"]) == (NOW, NOW)
    assert (with_own["received"], with_own["at"]) == (NOW, NOW - 5)
