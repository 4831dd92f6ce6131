"""What somebody can try who holds the key of evidence, and signs all again: each with what is said of it."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth.evidence_keys import EvidenceKey, certified
from core.evidence import (
    CUSTODY,
    DISCLOSED,
    EVENTS,
    MANIFEST,
    MANIFEST_SIGNATURE,
    NAMESPACE,
    POLICY,
    PROOFS,
    SHOWN,
    STATEMENT,
    SUMMED,
    SUMS,
    SUMS_RAW,
    SUMS_SSH,
    KeyStatement,
)
from core.notes import Signer, VerifierKey, note_body, note_signature, write_note
from core.sshsig import write_sshsig
from tests.operations.packaging import Log, lines_of, put_lines

STRANGER: Final = VerifierKey("stranger", Ed25519PrivateKey.generate().public_key().public_bytes_raw())


def sign_again(folder: Path, log: Log, certificate: str = "", *, manifest: bool = True) -> None:
    """Sign a package by the key of evidence as it is now."""
    signer = log.evidence.signer(log.keys.public())
    told = json.loads((folder / MANIFEST).read_bytes())
    if manifest:
        told["files"] = {name: {"sha256": digest(folder / name), "size": 1} for name in SHOWN}
        told["counts"]["custody"] = len(lines_of(folder, CUSTODY))
    (folder / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
    (folder / MANIFEST_SIGNATURE).write_bytes(signer.sign((folder / MANIFEST).read_bytes()))
    sums = "".join(f"{digest(folder / name)}  {name}\n" for name in sorted(SUMMED)).encode()
    sign_sums(folder, log, sums, certificate)


def sign_sums(folder: Path, log: Log, sums: bytes, certificate: str = "") -> None:
    signer = log.evidence.signer(log.keys.public())
    (folder / SUMS).write_bytes(sums)
    (folder / SUMS_RAW).write_bytes(signer.sign(sums))
    told = certificate or str(certified(log.keys.signer(), log.evidence, 0).refs["certificate"])
    (folder / SUMS_SSH).write_text(write_sshsig(sums, NAMESPACE, told, signer.sign), encoding="ascii")


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def objects(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(folder, name)]


def put_objects(folder: Path, name: str, told: list[dict[str, Any]]) -> None:
    put_lines(folder, name, [json.dumps(one).encode() + b"\n" for one in told])


def with_file(name: str, content: bytes) -> Callable[[Path, Log], None]:
    def change(folder: Path, log: Log) -> None:
        (folder / name).write_bytes(content)
        sign_again(folder, log)

    return change


def of_another_log(folder: Path, log: Log) -> None:
    said = log.evidence.statement(log.keys.public())
    put_statement(folder, log, KeyStatement("other/log", said.key).body)


def with_two_keys_in_it(folder: Path, log: Log) -> None:
    body = log.evidence.statement(log.keys.public()).body.replace(STRANGER.ssh, "")
    lines = body.split("\n")
    put_statement(folder, log, "\n".join([*lines[:3], STRANGER.ssh, ""]))


def put_statement(folder: Path, log: Log, body: str) -> None:
    note = write_note(body, [log.keys.signer()])
    (folder / STATEMENT).write_bytes(note)
    (folder / "evidence.body").write_bytes(note_body(note).encode())
    (folder / "evidence.sig").write_bytes(note_signature(note, log.keys.public()))
    sign_again(folder, log)


def certified_by_a_stranger(folder: Path, log: Log) -> None:
    stranger = Signer(log.keys.public().name, Ed25519PrivateKey.generate())
    sign_again(folder, log, str(certified(stranger, log.evidence, 0).refs["certificate"]))


def with_the_certificate_of_another_key(folder: Path, log: Log) -> None:
    other = EvidenceKey(Ed25519PrivateKey.generate())
    sign_again(folder, log, str(certified(log.keys.signer(), other, 0).refs["certificate"]))


def with_a_certificate_that_nobody_signed(folder: Path, log: Log) -> None:
    told = str(certified(log.keys.signer(), log.evidence, 0).refs["certificate"])
    raw = bytearray(base64.b64decode(told.split(" ")[1]))
    raw[-1] ^= 1
    sign_again(folder, log, f"{told.split(' ', maxsplit=1)[0]} {base64.b64encode(raw).decode()}")


def with_wider_armour(folder: Path, log: Log) -> None:
    begin, *lines, end = (folder / SUMS_SSH).read_text(encoding="ascii").splitlines()
    (folder / SUMS_SSH).write_text("\n".join((begin, "".join(lines), end, "")), encoding="ascii")


def with_a_policy_that_never_was(folder: Path, log: Log) -> None:
    told = json.loads((folder / POLICY).read_bytes())
    told[0]["document"] = "grants = []"
    told[0]["sha256"] = hashlib.sha256(b"grants = []").hexdigest()
    (folder / POLICY).write_text(json.dumps(told), encoding="utf-8")
    sign_again(folder, log)


def without_the_record_of_its_key(folder: Path, log: Log) -> None:
    put_lines(folder, CUSTODY, lines_of(folder, CUSTODY)[1:])
    sign_again(folder, log)


def with_a_path_too_many(folder: Path, log: Log) -> None:
    put_lines(folder, PROOFS, [*lines_of(folder, PROOFS), lines_of(folder, PROOFS)[0]])
    sign_again(folder, log)


def with_values_of_no_record(folder: Path, log: Log) -> None:
    told = objects(folder, DISCLOSED)
    put_objects(folder, DISCLOSED, [*told, {**told[-1], "index": 10**6}])
    sign_again(folder, log)


def with_hashes_in_capitals(folder: Path, log: Log) -> None:
    told = objects(folder, PROOFS)
    told[5]["path"] = [one.upper() for one in told[5]["path"]]
    put_objects(folder, PROOFS, told)
    sign_again(folder, log)


def with_a_changed_record(folder: Path, log: Log) -> None:
    lines = lines_of(folder, EVENTS)
    put_lines(folder, EVENTS, [*lines[:5], lines[5].replace(b"door-", b"gate-"), *lines[6:]])
    sign_again(folder, log)


def with_another_manifest(folder: Path, log: Log) -> None:
    (folder / "pub.pem").write_text(STRANGER.pem, encoding="ascii")
    sign_again(folder, log, manifest=False)


def with_a_longer_list(folder: Path, log: Log) -> None:
    sums = (folder / SUMS).read_bytes()
    sign_sums(folder, log, sums + f"{'0' * 64}  more.txt\n".encode())


ATTEMPTS: Final[list[tuple[Callable[[Path, Log], None], str]]] = [
    (with_file("pub.pem", STRANGER.pem.encode()), "pub.pem: does not say the same as vkey"),
    (with_file("key.ssh.pub", STRANGER.ssh.encode()), "key.ssh.pub: does not say the same as vkey"),
    (with_file("allowed_signers", STRANGER.ssh.encode()), "allowed_signers: does not say the same as vkey"),
    (with_file("checkpoint.body", b"log\n1\n"), "checkpoint.body: does not say the same as checkpoint"),
    (with_file("checkpoint.sig", bytes(64)), "checkpoint.sig: does not say the same as checkpoint"),
    (with_file("evidence.body", b"log\n1\n"), "evidence.body: does not say the same as evidence.note"),
    (with_file("evidence.sig", bytes(64)), "evidence.sig: does not say the same as evidence.note"),
    (
        with_file("evidence.pem", STRANGER.pem.encode()),
        "evidence.pem: does not say the same as evidence.note",
    ),
    (of_another_log, "evidence.note: is about another log"),
    (with_two_keys_in_it, "evidence.note: is not signed by the key of the log"),
    (certified_by_a_stranger, "SHA256SUMS.sig: is no signature of SHA256SUMS by the key of evidence"),
    (
        with_the_certificate_of_another_key,
        "SHA256SUMS.sig: is no signature of SHA256SUMS by the key of evidence",
    ),
    (
        with_a_certificate_that_nobody_signed,
        "SHA256SUMS.sig: is no signature of SHA256SUMS by the key of evidence",
    ),
    (with_wider_armour, "SHA256SUMS.sig: is no signature of SHA256SUMS by the key of evidence"),
    (with_a_policy_that_never_was, "policy.json: version 1 is not what was sealed"),
    (without_the_record_of_its_key, "custody.jsonl: does not hold the record of the key of evidence"),
    (with_a_path_too_many, "proofs.jsonl: has a path more than there are records"),
    (with_values_of_no_record, "belongs to no record, or can't be read"),
    (with_hashes_in_capitals, "(events.jsonl, line 6): does not lead to the root of the checkpoint"),
    (with_a_changed_record, "(events.jsonl, line 6): does not lead to the root of the checkpoint"),
    (with_another_manifest, "pub.pem: is not the file that manifest.json lists"),
    (with_a_longer_list, "SHA256SUMS: is not the list of a package's files"),
]
