"""Writes VERIFY.txt: how a package is checked, for somebody who has never seen Gatehouse."""

from dataclasses import dataclass
from typing import Final

from core.evidence import NAMESPACE, Manifest
from core.notes import VerifierKey

_TEXT: Final = """\
HOW TO CHECK THIS EVIDENCE PACKAGE
==================================

This folder holds {records} of the log of an access-control console called Gatehouse, and what is needed to
check that they are what that log held. You need neither Gatehouse nor the people who gave you the package.

  Log                  {log}
  Asked for            {requested}, export {export}
  Reason that was given  {why}
  Filter               {filter}
  Sealed up to         record {size} of the log, {sealed}
  Fingerprint of the log's key
      {fingerprint}


1. THE FINGERPRINT: DO THIS FIRST
---------------------------------
Whoever wanted to forge this package would have put a key of their own into it. So the fingerprint above
proves nothing by itself. Get it by ANOTHER WAY than this package, from somebody you trust, and compare all
of it:
  - it was printed when the log was begun, to be written down where no one can change it;
  - the console shows it on its page Health (/health), under "Seals of the log";
  - it stands in every copy of the log's checkpoints outside the console, where the organisation keeps them.
If it is another one, stop: the package is not of that log, or the log has a new key since; then ask for the
record that both keys have signed (ledger.key_rotated).


2. THE EASY WAY: A BROWSER
--------------------------
Open view.html in a browser (Chrome, Edge, Firefox or Safari of 2023 or later). It needs no network and
sends nothing. It shows the records and checks them itself. Press "Check the files in this folder" and
choose this folder to have every file checked, too.
The page is a part of the package. If you do not trust it, use section 3, for which you need nothing of it.


3. THE STRICT WAY: TOOLS THAT OTHERS MADE
-----------------------------------------
Open a terminal in this folder. Each command must answer as written here.

a) Are the files those that were signed?  (On a Mac: shasum -a 256 -c SHA256SUMS)
     sha256sum -c SHA256SUMS
   Answer: every line ends in "OK".

b) Who signed the list of files?  (OpenSSH 8.2 or later)
     ssh-keygen -l -f key.ssh.pub
   Answer: the fingerprint of section 1.
     grep -cF "$(cat key.ssh.pub)" allowed_signers
   Answer: 1
     ssh-keygen -Y verify -f allowed_signers -I {namespace} -n {namespace} -s SHA256SUMS.sig < SHA256SUMS
   Answer: Good "{namespace}" signature ...
   The list is signed by the key of evidence, which the key of the log has certified.

c) The same with OpenSSL (3.0 or later): first the key of the log signs what it says about the key of
   evidence, then that one the list and the manifest. The key in pub.pem is the one of section 1.
     openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in evidence.body -sigfile evidence.sig
     openssl pkeyutl -verify -pubin -inkey evidence.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.ed25519
     openssl pkeyutl -verify -pubin -inkey evidence.pem -rawin -in manifest.json -sigfile manifest.ed25519
     openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in checkpoint.body -sigfile checkpoint.sig
   Answer to each: Signature Verified Successfully
   That these are the same keys: both lines of each pair must be alike.
     openssl pkey -pubin -in pub.pem -outform DER | tail -c 32 | base64
     cut -d" " -f2 key.ssh.pub | base64 -d | tail -c 32 | base64
     openssl pkey -pubin -in evidence.pem -outform DER | tail -c 32 | base64
     tail -n 1 evidence.body | cut -d" " -f2 | base64 -d | tail -c 32 | base64

d) Was each record in the log?
     python gatehouse.py verify {namespace}-{export}.zip --key {fingerprint}
   or, without Gatehouse, the short program in its documentation (docs/evidence/check.go), which
   uses the Go team's packages "note" and "tlog".


WHAT IS IN THE FOLDER
---------------------
  events.jsonl      the records exactly as they were sealed, one a line. Personal values are not in them:
                    there is a commitment in the place of each ("commit").
  disclosed.jsonl   the personal values that may be known to whom the package was given, each with its salt:
                    HMAC-SHA-256(salt, value) is the commitment in the record. All others stay closed, and
                    nobody can guess them without their salts.
  proofs.jsonl      for each line of events.jsonl where it stands in the log, and the path of hashes from it
                    to the root (RFC 6962, RFC 9162)
  checkpoint        how long the log was and what its root was, signed by the key of the log (C2SP
                    tlog-checkpoint); .body and .sig are the same for OpenSSL
  vkey, pub.pem, key.ssh.pub   the public key of the log, three times
  evidence.note     what the key of the log says about the key of evidence; .body and .sig as above
  evidence.pem      the public key of evidence
  custody.jsonl     records about this package, sealed like all others: its key, who asked for it and why,
                    what became of it until the checkpoint, and the policies that its records name
  policy.json       those policies: who was allowed what (as a hash where you may not read them)
  manifest.json     what was asked for, by whom, why and when, how many records there are, and the SHA-256
                    of each file; manifest.ed25519 is its signature
  SHA256SUMS        the SHA-256 of every file here, with its signatures .sig (OpenSSH) and .ed25519


WHAT IT PROVES, AND WHAT NOT
----------------------------
It proves that these records stood in that log, word for word, when the checkpoint was signed, and that the
disclosed values are those that were recorded. Times are those of the console and of its devices, in
microseconds since 1970-01-01 00:00 UTC. It does not prove that a device told the truth, nor that nothing
else happened: the filter above says which records were asked for.
"""
_CONTROLS: Final = dict.fromkeys((*range(32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


@dataclass(frozen=True, slots=True)
class Explained:
    """Which package, and by whose key."""

    manifest: Manifest
    key: VerifierKey


def explain(told: Explained) -> str:
    """Write the explanation of a package."""
    manifest = told.manifest
    count = manifest.counts.records
    return _TEXT.format(
        records=f"{count:,} {'record' if count == 1 else 'records'}",
        log=manifest.log,
        requested=manifest.export["requested"],
        export=manifest.export["id"],
        why=_plain(manifest.export["why"]),
        filter=_plain(manifest.export["filter"]),
        size=manifest.checkpoint["size"],
        sealed=manifest.checkpoint["sealed"],
        fingerprint=told.key.fingerprint,
        namespace=NAMESPACE,
    )


def _plain(text: str) -> str:
    """Keep what somebody typed from looking like a line of ours."""
    return text.translate(_CONTROLS) or "(none)"
