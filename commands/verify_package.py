"""`gatehouse.py verify PACKAGE`: whether an evidence package is what the log held; names what is not."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Final

from auth.private_files import read_private
from core.errors import Invalid, ProofWrong
from core.notes import VerifierKey
from operations.evidence_package.checking import Verdict, check_package, first
from operations.evidence_package.opening import opened_package
from settings import Settings

_MOST: Final = 20
_WIDEST: Final = 400
_FINE: Final = 0
_NO: Final = 1
_WRONG: Final = 2


def main(arguments: Namespace, _settings: Settings) -> int:
    """Check the package, and by --key whose it is; answers the exit code."""
    return verify_package(arguments.package, arguments.key or "", arguments.password_file)


def verify_package(package: Path, key: str, password_file: Path | None) -> int:
    """Check a package and say what it is or what is wrong: 0 it holds, 1 it does not, 2 it is none."""
    try:
        password = read_private(password_file) if password_file else ""
        with opened_package(package, password) as files:
            verdict = check_package(files)
    except Invalid as error:
        print(f"gatehouse: {error}", file=sys.stderr)
        return _WRONG
    except ProofWrong as error:
        print(f"not as it was signed: {_plain(error)}")
        return _NO
    wrong = verdict.wrong
    if verdict.key is not None and not _is(verdict.key, key):
        wrong.append(f"vkey: is another key than {key}: it is {verdict.key.fingerprint}")
    _tell(verdict)
    for line in first(wrong, _MOST):
        print(f"not as it was signed: {_plain(line)}")
    if wrong:
        return _NO
    if not key:
        print("the package holds together; it is genuine if the fingerprint above is that of the log's key,")
        print("which must have reached you by another way than this package (VERIFY.txt, section 1)")
    else:
        print("the package is what that log held")
    return _FINE


def _is(found: VerifierKey, wanted: str) -> bool:
    return wanted.strip() in {"", found.fingerprint, found.text}


def _tell(verdict: Verdict) -> None:
    key, manifest = verdict.key, verdict.manifest
    if manifest is not None:
        counts, export = manifest.counts, manifest.export
        print(
            f"log          {_plain(manifest.log)}, {_plain(manifest.checkpoint.get('size'))} records sealed"
        )
        print(f"asked for    {_plain(export.get('requested'))}, export {_plain(export.get('id'))}")
        print(f"records      {counts.records:,}, of {counts.disclosed:,} of them values are disclosed")
    if key is not None:
        print(f"fingerprint  {key.fingerprint}")


def _plain(told: object) -> str:
    """Keep what a stranger wrote from steering the terminal."""
    return "".join(one for one in str(told)[:_WIDEST] if one.isprintable())
