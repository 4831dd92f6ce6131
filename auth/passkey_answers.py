"""Questions to passkeys, and what their answers are worth (Web Authentication, level 3).

The one place that knows the library: whatever it makes of foreign bytes becomes a ProofRefused here.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_authenticator_data,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticationCredential,
    AuthenticatorData,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    ClientDataType,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.acts import LIVES_US
from core.errors import Invalid, ProofRefused
from store.passkeys import CHALLENGE_US, Passkey

# The library and what it reads CBOR and keys with take bytes that nobody has checked: these come of odd ones.
_STUMBLES: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    UnsupportedAlgorithm,
    WebAuthnException,
)
LEAST_CHALLENGE_BYTES: Final = 16
_TIMEOUT_MS: Final = CHALLENGE_US // 1_000
# No act waits for longer.
_PROOF_MS: Final = LIVES_US // 1_000
_NAME: Final = "Gatehouse"
NO_PASSKEYS_AT_ADDRESSES: Final = (
    "Passkeys need a host name, and people reach Gatehouse here by an IP address. Your administrator can set "
    "`public_url` to a name."
)
_WORDS: Final = {
    "bad_answer": "The passkey's answer can't be read. Try again, or use another browser.",
    "no_challenge": "That was asked before, or in another session. Begin again.",
    "wrong_challenge": "The passkey answered another question. Begin again.",
    "expired": "That took too long. Begin again.",
    "wrong_origin": "The browser says that another page asked. Open Gatehouse by its own address.",
    "wrong_party": "This passkey was made for another address than this one.",
    "not_verified": "The passkey must ask for your finger, your face or its PIN, and it did not.",
    "not_signed": "The signature is not that of this passkey.",
    "unknown_passkey": "This passkey is not known here, or has been removed.",
    "other_person": "This passkey belongs to somebody else.",
    "counter_went_back": "This passkey may have been copied, so it is locked. Remove it and add another.",
    "passkey_locked": "This passkey is locked, since it may have been copied. Remove it and add another.",
    "passkey_known": "This passkey has been added before.",
    "disabled": "This account is disabled.",
}


def refusal(reason: str) -> ProofRefused:
    """Make the error of a passkey that is refused, with words for the person."""
    return ProofRefused(reason, _WORDS[reason])


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Whom passkeys are made for (`id`, a host name), and the only origin whose pages may ask them."""

    id: str
    origin: str

    @staticmethod
    def of(public_url: str) -> "Party":
        """Take both from the public address; raises Invalid for one that passkeys can't be made for."""
        parts = urlsplit(public_url)
        host = (parts.hostname or "").lower()
        if not may_have_passkeys(public_url):
            raise Invalid(NO_PASSKEYS_AT_ADDRESSES)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        port = f":{parts.port}" if parts.port not in {None, default} else ""
        return Party(id=host, origin=f"{parts.scheme}://{host}{port}")


def may_have_passkeys(public_url: str) -> bool:
    """Whether the address is by a name; an IP address can't be a relying party (section 5.1.2)."""
    host = urlsplit(public_url).hostname
    if not host:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A person as an authenticator keeps them: a random handle, and names to choose by."""

    handle: bytes = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What a new passkey said of itself, verified."""

    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    counter: int
    synced: bool
    backed_up: bool
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer that has been read and not yet been verified: which passkey it claims, and whose."""

    credential: bytes = field(repr=False)
    handle: bytes | None = field(repr=False)
    parsed: AuthenticationCredential = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a verified answer says of its passkey."""

    counter: int
    synced: bool
    backed_up: bool


# --- questions ----------------------------------------------------------------------------------------


def ask_for_new(party: Party, owner: Owner, challenge: bytes, known: Sequence[Passkey]) -> str:
    """Write the options by which a browser makes a passkey, none of those that are known (JSON)."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=_NAME,
        user_id=owner.handle,
        user_name=owner.name,
        user_display_name=owner.name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(known),
    )
    return options_to_json(options)


def ask_for_proof(party: Party, challenge: bytes, known: Sequence[Passkey]) -> str:
    """Write the options by which a browser asks one of these passkeys to sign a challenge (JSON).

    Raises Invalid for a challenge that is too short to be one.
    """
    if len(challenge) < LEAST_CHALLENGE_BYTES:
        # The library would draw another one in place of an empty one, which nobody would then expect.
        raise Invalid(f"a challenge has at least {LEAST_CHALLENGE_BYTES} bytes")
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=_PROOF_MS,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def _described(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential, transports=[AuthenticatorTransport(way) for way in one.transports]
        )
        for one in known
    ]


# --- answers ------------------------------------------------------------------------------------------


def read_new(answer: bytes | str, party: Party, challenge: bytes) -> Enrolled:
    """Verify that a new passkey answers this challenge; raises ProofRefused."""
    with _foreign("bad_answer"):
        parsed = parse_registration_credential_json(_object(answer))
    told = parsed.response.client_data_json
    with _foreign("bad_answer", _WhyNew(party, challenge, parsed)):
        found = verify_registration_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        _not_framed(told)
    return Enrolled(
        credential=found.credential_id,
        public_key=found.credential_public_key,
        counter=found.sign_count,
        synced=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=found.credential_backed_up,
        transports=tuple(one.value for one in parsed.response.transports or ()),
    )


def read_shown(answer: bytes | str) -> Shown:
    """Read which passkey an answer claims to be of; raises ProofRefused for what is no answer."""
    with _foreign("bad_answer"):
        parsed = parse_authentication_credential_json(_object(answer))
    return Shown(credential=parsed.raw_id, handle=parsed.response.user_handle, parsed=parsed)


def read_proof(shown: Shown, party: Party, challenge: bytes, public_key: bytes) -> Signed:
    """Verify that this key signed this challenge here, for a person it verified; raises ProofRefused.

    Its counter is not judged: who could not have signed must not be able to have a passkey locked.
    """
    with _foreign("not_signed", _WhyShown(party, challenge, shown.parsed)):
        found = verify_authentication_response(
            credential=shown.parsed,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        _not_framed(shown.parsed.response.client_data_json)
    return Signed(
        counter=found.new_sign_count,
        synced=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=found.credential_backed_up,
    )


def _object(answer: bytes | str) -> dict[str, Any]:
    return msgspec.json.decode(answer, type=dict[str, Any])


def _not_framed(told: bytes) -> None:
    if parse_client_data_json(told).cross_origin:
        raise refusal("wrong_origin")


# --- why not ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _WhyNew:
    party: Party
    challenge: bytes
    parsed: RegistrationCredential

    def __call__(self) -> str | None:
        """Say what speaks against an answer that the library has refused; None: something else."""
        response = self.parsed.response
        data = parse_attestation_object(response.attestation_object).auth_data
        told, made = response.client_data_json, ClientDataType.WEBAUTHN_CREATE
        return _why(told, made, self.party, self.challenge) or _why_data(data, self.party)


@dataclass(frozen=True, slots=True)
class _WhyShown:
    party: Party
    challenge: bytes
    parsed: AuthenticationCredential

    def __call__(self) -> str | None:
        """Say what speaks against an answer that the library has refused; None: something else."""
        response = self.parsed.response
        data = parse_authenticator_data(response.authenticator_data)
        told, made = response.client_data_json, ClientDataType.WEBAUTHN_GET
        return _why(told, made, self.party, self.challenge) or _why_data(data, self.party)


def _why(client_data: bytes, wanted: ClientDataType, party: Party, challenge: bytes) -> str | None:
    told = parse_client_data_json(client_data)
    if told.type != wanted:
        return "bad_answer"
    if told.challenge != challenge:
        return "wrong_challenge"
    return "wrong_origin" if told.origin != party.origin else None


def _why_data(data: AuthenticatorData, party: Party) -> str | None:
    if data.rp_id_hash != sha256(party.id.encode()).digest():
        return "wrong_party"
    return None if data.flags.up and data.flags.uv else "not_verified"


@contextmanager
def _foreign(otherwise: str, why: "_WhyNew | _WhyShown | None" = None) -> Iterator[None]:
    """Make a refusal of whatever a library says of bytes that somebody has sent."""
    try:
        yield
    except ProofRefused:
        raise
    except _STUMBLES as error:
        raise refusal(_reason(why) or otherwise) from error


def _reason(why: "_WhyNew | _WhyShown | None") -> str | None:
    try:
        return None if why is None else why()
    except _STUMBLES:
        return "bad_answer"
