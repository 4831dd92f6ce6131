"""Encrypted files: opened by other programs, opening theirs, and no byte given out that was changed."""

import io
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core import age
from core.errors import Invalid
from operations.backups.sealed_file import (
    CHUNK,
    BackupDamaged,
    PassphraseLock,
    RecipientLock,
    SealedReader,
    SealedWriter,
)
from operations.backups.sealed_file import Lock as FileLock

KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
IDENTITY = age.written_identity(KEY)
RECIPIENT = age.written_recipient(KEY.public_key())
THEIRS = pyrage.x25519.Identity.from_str(IDENTITY)
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK - 7)
PASSPHRASE = "correct horse battery staple, twice"


def sealed(data: bytes, lock: FileLock | None = None, piece: int = 10_007) -> bytes:
    into = io.BytesIO()
    writer = SealedWriter(into, lock or RecipientLock(KEY.public_key()))
    for start in range(0, len(data), piece):
        writer.write(data[start : start + piece])
    writer.finish()
    return into.getvalue()


def opened(file: bytes, opener: age.Opener | None = None) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(file), opener or age.by_identity(KEY))).read()


def plain(size: int) -> bytes:
    return bytes(number * 31 % 251 for number in range(size))


@pytest.mark.parametrize("size", SIZES)
def test_another_implementation_opens_it_and_ours_opens_theirs(size: int) -> None:
    data = plain(size)

    assert pyrage.decrypt(sealed(data), [THEIRS]) == data
    assert opened(pyrage.encrypt(data, [THEIRS.to_public()])) == data


def test_so_it_is_with_a_passphrase() -> None:
    data = plain(CHUNK + 3)

    assert pyrage.passphrase.decrypt(sealed(data, PassphraseLock(PASSPHRASE)), PASSPHRASE) == data
    theirs = pyrage.passphrase.encrypt(data, PASSPHRASE)
    assert opened(theirs, age.by_passphrase(PASSPHRASE)) == data


def test_a_file_for_several_is_opened_by_each() -> None:
    other = pyrage.x25519.Identity.generate()
    file = pyrage.encrypt(b"for both", [other.to_public(), THEIRS.to_public()])

    assert opened(file) == b"for both"
    assert opened(file, age.by_identity(age.identity_of(str(other)))) == b"for both"


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_the_age_tool_opens_it(tmp_path: Path, size: int) -> None:
    tool = shutil.which("age")
    assert tool is not None, "deploy/setup.sh test installs it"
    (tmp_path / "key").write_text(f"# a comment\n{IDENTITY}\n", encoding="utf-8")
    (tmp_path / "file.age").write_bytes(sealed(plain(size)))
    found = subprocess.run(
        [tool, "-d", "-i", tmp_path / "key", tmp_path / "file.age"], check=True, capture_output=True
    )
    back = subprocess.run([tool, "-r", RECIPIENT], check=True, capture_output=True, input=plain(size))

    assert found.stdout == plain(size)
    assert opened(back.stdout) == plain(size)


def test_no_two_files_share_a_key() -> None:
    first, second = sealed(plain(100)), sealed(plain(100))

    assert first[-116:] != second[-116:]
    assert first.splitlines()[1] != second.splitlines()[1]


@given(st.data())
def test_a_changed_bit_is_never_given_out(data: st.DataObject) -> None:
    content = plain(2 * CHUNK + 100)
    file = bytearray(sealed(content))
    file[data.draw(st.integers(0, len(file) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    given_out = bytearray()

    with pytest.raises((BackupDamaged, age.WrongKey)):
        read_on(bytes(file), given_out)
    assert content.startswith(given_out)


@given(st.integers(0, 3 * CHUNK + 400))
def test_a_file_that_was_cut_off_says_so(length: int) -> None:
    file = sealed(plain(3 * CHUNK))
    if length >= len(file):
        return

    with pytest.raises(BackupDamaged, match=r"cut off|first bytes"):
        opened(file[:length])


def test_whole_chunks_that_were_cut_off_are_missed() -> None:
    file = sealed(plain(3 * CHUNK))

    with pytest.raises(BackupDamaged, match=f"cut off after {2 * CHUNK} bytes"):
        opened(file[: -CHUNK - 16])


def test_chunks_in_another_order_are_none() -> None:
    file = sealed(plain(3 * CHUNK))
    size = CHUNK + 16
    head = len(file) - 3 * size
    swapped = file[:head] + file[head + size : head + 2 * size] + file[head : head + size] + file[-size:]

    with pytest.raises(BackupDamaged, match="changed after its first 0 bytes"):
        opened(swapped)


def test_something_behind_the_end_is_seen() -> None:
    with pytest.raises(BackupDamaged):
        opened(sealed(plain(10)) + b"!")
    with pytest.raises(BackupDamaged, match="behind its end"):
        opened(sealed(plain(CHUNK)) + b"!")


@pytest.mark.parametrize(
    ("opener", "lock"),
    [
        (age.by_identity(X25519PrivateKey.generate()), RecipientLock(KEY.public_key())),
        (age.by_passphrase(PASSPHRASE), RecipientLock(KEY.public_key())),
        (age.by_passphrase("another one"), PassphraseLock(PASSPHRASE)),
        (age.by_identity(KEY), PassphraseLock(PASSPHRASE)),
    ],
)
def test_the_wrong_key_opens_nothing(opener: age.Opener, lock: FileLock) -> None:
    with pytest.raises(age.WrongKey):
        opened(sealed(b"secret", lock), opener)


@pytest.mark.parametrize(
    "file", [b"", b"age", b"age-encryption.org/v2\n", b"age-encryption.org/v1\n--- \n", b"\0" * 5000]
)
def test_what_is_no_such_file_is_refused(file: bytes) -> None:
    with pytest.raises((BackupDamaged, age.WrongKey)):
        opened(file)


def test_a_file_can_not_ask_for_endless_work() -> None:
    header = (
        b"age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 40\n"
        + b"A" * 43
        + b"\n--- "
        + b"A" * 43
        + b"\n"
    )

    with pytest.raises(BackupDamaged, match="more work"):
        opened(header, age.by_passphrase(PASSPHRASE))


@pytest.mark.parametrize("text", ["", "age1abc", IDENTITY, RECIPIENT[:-1], RECIPIENT[:-1] + "b"])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        age.recipient_of(text)


@pytest.mark.parametrize(
    "text", ["", IDENTITY[:-1], f"{IDENTITY}\n{IDENTITY}", RECIPIENT, "AGE-SECRET-KEY-1"]
)
def test_a_broken_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        age.identity_of(text)

    assert IDENTITY[20:40] not in str(refused.value)


def read_on(file: bytes, into: bytearray) -> None:
    reader = SealedReader(io.BytesIO(file), age.by_identity(KEY))
    buffer = bytearray(CHUNK)
    while count := reader.readinto(buffer):
        into += buffer[:count]
