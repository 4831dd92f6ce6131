"""Seals: what is sealed opens by the folder's own key alone, and the key is its owner's."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from auth.sealing import Seal
from core.errors import StartRefused

KEY = Fernet.generate_key()
TEXT = b'{"nonce": "a-nonce", "verifier": "a-verifier"}'


def key_of(data: Path) -> Path:
    return data / "keys" / "sealing.key"


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again(text: bytes) -> None:
    assert Seal(KEY).open(Seal(KEY).close(text)) == text


def test_nothing_of_it_can_be_read_and_no_two_are_alike() -> None:
    first, second = Seal(KEY).close(TEXT), Seal(KEY).close(TEXT)

    assert first != second
    assert b"nonce" not in first
    assert b"verifier" not in first


def test_another_key_opens_nothing() -> None:
    assert Seal(Fernet.generate_key()).open(Seal(KEY).close(TEXT)) is None


def test_what_was_changed_opens_no_more() -> None:
    sealed = Seal(KEY).close(TEXT)
    # The last letters before the padding may spell the same bytes in another way.
    letters = range(len(sealed.rstrip(b"=")) - 1)
    changed = [
        sealed[:at] + (b"A" if sealed[at : at + 1] != b"A" else b"B") + sealed[at + 1 :] for at in letters
    ]

    assert [one for one in changed if Seal(KEY).open(one) is not None] == []
    for odd in (b"", b"x", sealed[:-1], sealed[1:], TEXT, b"\xff" * 80):
        assert Seal(KEY).open(odd) is None


def test_the_key_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    sealed = Seal.of(tmp_path).close(TEXT)

    assert Seal.of(tmp_path).open(sealed) == TEXT
    assert stat.S_IMODE(key_of(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(key_of(tmp_path).parent.stat().st_mode) == 0o700
    assert [one.name for one in key_of(tmp_path).parent.iterdir()] == ["sealing.key"]


def _started(data: Path, go: int) -> int:
    """Start a process that makes or reads the key once all may go, and then seals a word."""
    child = os.fork()
    if child:
        return child
    try:
        os.read(go, 1)
        sealed = Seal.of(data).close(TEXT)
        (data / f"{os.getpid()}.sealed").write_bytes(sealed)
        os._exit(0)
    finally:
        os._exit(1)


def test_processes_that_start_at_once_share_a_key(tmp_path: Path) -> None:
    wait, go = os.pipe()
    children = [_started(tmp_path, wait) for _ in range(6)]
    os.write(go, b"!" * len(children))

    for end in (wait, go):
        os.close(end)

    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 6
    assert [Seal.of(tmp_path).open(one.read_bytes()) for one in tmp_path.glob("*.sealed")] == [TEXT] * 6


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_a_key_that_others_can_read_is_not_started_with(tmp_path: Path, mode: int) -> None:
    Seal.of(tmp_path)
    key_of(tmp_path).chmod(mode)

    with pytest.raises(StartRefused, match="chmod 600"):
        Seal.of(tmp_path)


@pytest.mark.parametrize(
    "text",
    [b"", b"\n", b"short", b"A" * 44, b"\xff\xfe", KEY[:-2]],
    ids=["empty", "a line's end", "short", "too long", "no text", "cut off"],
)
def test_what_is_no_key_is_not_started_with(tmp_path: Path, text: bytes) -> None:
    Seal.of(tmp_path)
    key_of(tmp_path).write_bytes(text)

    with pytest.raises(StartRefused):
        Seal.of(tmp_path)
