"""Signed notes and checkpoints, against the examples that C2SP and Go's `note` package are written by."""

import base64
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ProofWrong
from core.notes import Checkpoint, Signer, VerifierKey, note_body, note_signature, read_note, write_note

# The example of golang.org/x/mod/sumdb/note, by two keys.
PETER: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET: Final = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH: Final = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT: Final = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
BY_PETER: Final = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE: Final = f"{TEXT}\n{BY_PETER}".encode()
# The example of C2SP tlog-checkpoint.
BEHIND_THE_SOFA: Final = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)
PUBLISHED: Final = (
    PETER,
    ENOCH,
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
)
ROOT: Final = bytes(range(32))


def signer(name: str = "door.example/gatehouse-1", number: int = 1) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def peter() -> Signer:
    raw = base64.b64decode(PETER_SECRET)[1:]
    return Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(raw))


# --- keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", PUBLISHED)
def test_keys_of_others_are_read_and_written_as_they_were(text: str) -> None:
    key = VerifierKey.read(text)

    assert key.text == text
    assert key.kid == text.split("+")[1]
    assert VerifierKey.read(f"{text}\n") == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+!!!!",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace("PeterNeumann", "PeterNeumanN"),
        PETER.replace("PeterNeumann", ""),
        # Of another kind of key, and of a wrong length.
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ProofWrong):
        VerifierKey.read(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u2003b"])
def test_a_name_that_no_note_can_hold_signs_nothing(name: str) -> None:
    with pytest.raises(ProofWrong):
        signer(name)


def test_a_key_is_the_same_for_other_tools() -> None:
    one = signer()

    assert (
        load_pem_public_key(one.key.pem.encode())
        == load_pem_private_key(one.private_pem(), password=None).public_key()
    )
    # As `ssh-keygen -lf` prints it of this public key.
    assert one.key.ssh == ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c")
    assert one.key.fingerprint == "SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8"


# --- notes ---------------------------------------------------------------------------------------------


def test_a_note_is_signed_as_gos_package_signs_it() -> None:
    assert write_note(TEXT, [peter()]) == NOTE


def test_a_note_of_gos_package_is_read() -> None:
    key = VerifierKey.read(PETER)

    assert read_note(NOTE, [VerifierKey.read(ENOCH), key]) == (TEXT, (key,))
    assert note_body(NOTE) == TEXT
    assert key.verifies(note_signature(NOTE, key), TEXT.encode())


def test_a_note_by_two_is_read_by_who_knows_one_of_them() -> None:
    first, second = signer(number=1), signer(number=2)
    note = write_note(TEXT, [first, second])

    assert read_note(note, [second.key]) == (TEXT, (second.key,))
    assert read_note(note, [second.key, first.key])[1] == (first.key, second.key)


def test_a_note_that_no_known_key_has_signed_is_refused() -> None:
    for keys in ([], [VerifierKey.read(ENOCH)], [signer("PeterNeumann").key]):
        with pytest.raises(ProofWrong, match="none of the known keys"):
            read_note(NOTE, keys)
    with pytest.raises(ProofWrong):
        note_signature(NOTE, VerifierKey.read(ENOCH))


def test_a_wrong_signature_refuses_a_note_whoever_else_has_signed_it() -> None:
    other = signer()
    text = TEXT.replace("don't", "do")
    note = f"{text}\n{BY_PETER}{other.line(text)}".encode()

    with pytest.raises(ProofWrong, match="not of this text"):
        read_note(note, [VerifierKey.read(PETER), other.key])
    assert read_note(note, [other.key]) == (text, (other.key,))


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_byte_of_a_note_can_be_changed(at: int, change: int) -> None:
    note = bytearray(NOTE)
    note[at] ^= change

    with pytest.raises(ProofWrong):
        read_note(bytes(note), [VerifierKey.read(PETER)])


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n",
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        f"{TEXT}{BY_PETER}".encode(),
        f"{TEXT}\n{BY_PETER}".rstrip("\n").encode(),
        f"{TEXT}\n{BY_PETER}\n".encode(),
        f"{TEXT}\n{BY_PETER}{TEXT}".encode(),
        f"{TEXT}\n- PeterNeumann x08go/ZJ\n".encode(),
        f"{TEXT}\n— PeterNeumann\n".encode(),
        f"{TEXT}\n— PeterNeumann x08g\n".encode(),
        f"{TEXT}\n— PeterNeumann x08go/ZJ==\n".encode(),
        b"\xff\xfe\n\n",
        NOTE.replace(b"\n", b"\r\n"),
        b"x" * 70_000 + b"\n" + NOTE,
    ],
)
def test_what_is_no_note_is_refused(note: bytes) -> None:
    with pytest.raises(ProofWrong):
        read_note(note, [VerifierKey.read(PETER)])


# --- checkpoints ---------------------------------------------------------------------------------------


def test_a_checkpoint_is_written_as_c2sp_has_it() -> None:
    found = Checkpoint.read(BEHIND_THE_SOFA)

    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.body == BEHIND_THE_SOFA


def test_what_follows_the_root_of_a_checkpoint_is_left_alone() -> None:
    assert Checkpoint.read(f"{BEHIND_THE_SOFA}another line\n") == Checkpoint.read(BEHIND_THE_SOFA)


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_comes_back_as_it_was(size: int, root: bytes) -> None:
    one = Checkpoint("door.example/gatehouse-1", size, root)

    assert Checkpoint.read(one.body) == one


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n1\nAAAA\n",
        "name\n1\n",
        BEHIND_THE_SOFA.rstrip("\n"),
        BEHIND_THE_SOFA.replace("\n20852163", "\n020852163"),
        BEHIND_THE_SOFA.replace("\n20852163", "\n-1"),
        BEHIND_THE_SOFA.replace("\n20852163", "\n²"),
        BEHIND_THE_SOFA.replace("\n20852163", "\n\u0661"),
        BEHIND_THE_SOFA.replace("\n20852163", f"\n{2**53}"),
        BEHIND_THE_SOFA.replace("\n20852163", f"\n{'9' * 5_000}"),
        BEHIND_THE_SOFA.replace("CsUYapGG", "CsUYapG"),
        BEHIND_THE_SOFA.replace("CsUYapGG", ""),
        BEHIND_THE_SOFA.replace("q2I=", "q2J="),
    ],
)
def test_what_is_no_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(ProofWrong):
        Checkpoint.read(body)
