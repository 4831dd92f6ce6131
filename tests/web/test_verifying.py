"""What a browser computes of a proof: it holds as it came, and after any change one sees which step fails."""

import base64
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.leaf import commitment
from core.ledger import inclusion_path, leaf_hash, node_hash, root_of
from core.notes import Checkpoint, Signer, write_note
from tests.op.node import NODE

SCRIPT: Final = Path(__file__).parents[2] / "pages" / "components" / "proof" / "verify.js"
LEAF, PATH, ROOT, SIGNED, DISCLOSED = range(5)
DRIVER: Final = """
import {{ steps, fingerprintOf, readKey }} from {script};
const found = [];
for (const told of JSON.parse(process.argv[1])) {{
  const states = [];
  try {{
    for await (const {{ state }} of steps(told)) states.push(state);
  }} catch (error) {{ states.push(String(error)); }}
  let print = "";
  try {{ print = await fingerprintOf(await readKey(told.vkey)); }} catch {{ }}
  found.push([states, print]);
}}
console.log(JSON.stringify(found));
"""
SIGNER: Final = Signer("door.example/gatehouse-1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
SALT: Final = bytes(range(32))
NAME: Final = "Zoë Müller"


def run(*told: Mapping[str, Any]) -> list[tuple[list[str], str]]:
    """Let the browser's own script check each of these."""
    driver = DRIVER.format(script=json.dumps(SCRIPT.as_uri()))
    command = [str(NODE), "--input-type=module", "--eval", driver, json.dumps(told)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [(states, print_) for states, print_ in json.loads(done.stdout.splitlines()[-1])]


def told(index: int, size: int) -> dict[str, Any]:
    """Make the proof of a leaf in a tree of this size, as the route tells it."""
    mine = json.dumps({"commit": {"name": commitment(SALT, NAME), "why": "00" * 32}, "n": index}).encode()
    leaves = [mine if one == index else b"%d" % one for one in range(size)]
    hashes = [leaf_hash(one) for one in leaves]

    def node(level: int, number: int) -> bytes:
        if level == 0:
            return hashes[number]
        return node_hash(node(level - 1, 2 * number), node(level - 1, 2 * number + 1))

    checkpoint = Checkpoint(SIGNER.key.name, size, root_of(size, node))
    return {
        "record": 7,
        "leaf": base64.b64encode(mine).decode(),
        "index": index,
        "size": size,
        "path": [one.hex() for one in inclusion_path(index, size, node)],
        "note": write_note(checkpoint.body, [SIGNER]).decode(),
        "vkey": SIGNER.key.text,
        "disclosed": {"name": {"value": NAME, "salt": SALT.hex()}},
    }


def flipped(text: str) -> str:
    """Change one character of a text into another of its alphabet."""
    at = len(text) // 2
    return text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]


def other_leaf(one: dict[str, Any]) -> None:
    leaf = base64.b64decode(one["leaf"]).replace(b'"n": 4', b'"n": 5')
    one["leaf"] = base64.b64encode(leaf).decode()


def other_key(one: dict[str, Any]) -> None:
    stranger = Signer(SIGNER.key.name, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    one["vkey"] = stranger.key.text


def other_signature(one: dict[str, Any]) -> None:
    body, _, line = one["note"].rpartition(" ")
    raw = bytearray(base64.b64decode(line))
    raw[40] ^= 1
    one["note"] = f"{body} {base64.b64encode(raw).decode()}\n"


def other_root(one: dict[str, Any]) -> None:
    stranger = Checkpoint(SIGNER.key.name, one["size"], bytes(32))
    one["note"] = write_note(stranger.body, [SIGNER]).decode()


CHANGES: Final[Mapping[str, tuple[Callable[[dict[str, Any]], object], tuple[int, ...]]]] = {
    "the leaf": (other_leaf, (ROOT,)),
    "the path": (lambda one: one["path"].__setitem__(0, flipped(one["path"][0])), (ROOT,)),
    "a path that is too short": (lambda one: one["path"].pop(), (PATH, ROOT)),
    "a path that is too long": (lambda one: one["path"].append("00" * 32), (PATH, ROOT)),
    "the index": (lambda one: one.update(index=one["index"] + 1), (ROOT,)),
    "an index beyond the tree": (lambda one: one.update(index=one["size"]), (PATH, ROOT)),
    "the size": (lambda one: one.update(size=one["size"] + 1), (ROOT,)),
    "the key": (other_key, (SIGNED,)),
    "the key's hint": (lambda one: one.update(vkey=one["vkey"].replace("+", "+0", 1)), (SIGNED,)),
    "the signature": (other_signature, (SIGNED,)),
    "the root": (other_root, (ROOT,)),
    "the signed size": (lambda one: one.update(note=one["note"].replace("\n11\n", "\n12\n")), (ROOT, SIGNED)),
    "no note": (lambda one: one.update(note="nothing"), (ROOT, SIGNED)),
    "a value": (lambda one: one["disclosed"]["name"].update(value="Zoe"), (DISCLOSED,)),
    "a salt": (lambda one: one["disclosed"]["name"].update(salt="00" * 32), (DISCLOSED,)),
    "a field that is not committed to": (
        lambda one: one["disclosed"].update(more={"value": "x", "salt": "00" * 32}),
        (DISCLOSED,),
    ),
}


def test_every_record_of_trees_of_every_size_holds_with_the_fingerprint_of_its_key() -> None:
    places = [(index, size) for size in (1, 2, 3, 5, 8, 11, 13) for index in range(size)]
    found = run(*(told(*place) for place in places))

    assert [states for states, _ in found] == [["passed"] * 5] * len(places)
    assert {print_ for _, print_ in found} == {SIGNER.key.fingerprint}


def test_after_any_change_the_step_that_it_breaks_fails_and_the_whole_with_it() -> None:
    changed = []
    for change, _ in CHANGES.values():
        one = told(4, 11)
        change(one)
        changed.append(one)
    found = dict(zip(CHANGES, (states for states, _ in run(*changed)), strict=True))

    for name, (_, broken) in CHANGES.items():
        failed = tuple(at for at, state in enumerate(found[name]) if state == "failed")
        assert (name, failed) == (name, broken)
        assert len(found[name]) == 5


def test_what_is_not_disclosed_stays_closed_and_is_no_failure() -> None:
    one = told(4, 11)
    del one["disclosed"]

    ((states, _),) = run(one)
    assert states == ["passed"] * 5
