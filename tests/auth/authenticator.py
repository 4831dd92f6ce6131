"""An authenticator in software: makes passkeys and signs with them, honestly or as it is told to.

It is written by the standard (Web Authentication, level 3, section 6) and not by the library that Gatehouse
verifies with.
"""

import base64
import json
import os
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN: Final = "http://localhost:8501"
RP_ID: Final = "localhost"
UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    """Write bytes as the standard's JSON does: base64url, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Read such bytes."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(kw_only=True)
class Authenticator:
    """One passkey; `count` grows by `step` at each use, and every lie is an attribute."""

    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = UP | UV
    count: int = 0
    step: int = 1
    cross_origin: bool = False
    credential: bytes = field(default_factory=lambda: os.urandom(32))
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: str, challenge: bytes | None = None) -> dict[str, Any]:
        """Answer options of an enrolment."""
        asked = json.loads(options)
        self.handle = unb64(asked["user"]["id"])
        data = self._data(self.flags | AT) + bytes(16) + struct.pack(">H", len(self.credential))
        data += self.credential + cbor2.dumps(self._cose())
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client("webauthn.create", challenge or unb64(asked["challenge"]))
        made = {"clientDataJSON": b64(client), "attestationObject": b64(cbor2.dumps(attestation))}
        return self._answer({**made, "transports": ["internal", "hybrid"]})

    def get(self, options: str, challenge: bytes | None = None) -> dict[str, Any]:
        """Answer options of a proof."""
        asked = json.loads(options)
        self.count += self.step
        data = self._data(self.flags)
        client = self._client("webauthn.get", challenge or unb64(asked["challenge"]))
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        shown = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer(
            {name: b64(value) for name, value in {**shown, "userHandle": self.handle}.items()}
        )

    def _data(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, challenge: bytes) -> bytes:
        told = {"type": kind, "challenge": b64(challenge), "origin": self.origin}
        return json.dumps({**told, "crossOrigin": self.cross_origin}).encode()

    def _cose(self) -> dict[int, object]:
        point = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = b64(self.credential)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
        }
