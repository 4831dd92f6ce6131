"""Writes the page that shows a package by itself: one file, no network, the package's files inside it.

What devices and people wrote never stands in the page as text: files lie in it compressed and in base64,
in whose letters no markup can be written, and its scripts put text into the page as text only.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO, Final

from core.evidence import MANIFEST, MANIFEST_SIGNATURE, SHOWN, VIEW

_ASSETS: Final = Path(__file__).parent / "assets"
_SCRIPTS: Final = ("noble.js", "bytes.js", "keys.js", "check.js", "records.js", "files.js", "page.js")
_STYLE: Final = "view.css"
_FRAME: Final = "view.html"
# Whole groups of three bytes, so that pieces of base64 join without a gap.
_CHUNK: Final = 3 * (1 << 18)


def write_view(folder: Path) -> None:
    """Write the page beside the files that it holds."""
    before, after = _frame().split("<!--files-->")
    with (folder / VIEW).open("wb") as page:
        page.write(before.encode())
        for name in (*SHOWN, MANIFEST, MANIFEST_SIGNATURE):
            page.write(f'<script type="application/octet-stream" data-file="{name}">'.encode())
            with (folder / name).open("rb") as source:
                for piece in _in_base64(_deflated(source)):
                    page.write(piece)
            page.write(b"</script>\n")
        page.write(after.encode())


@cache
def _frame() -> str:
    """Put the page together without its files; its policy lets these scripts run and nothing else."""
    script = "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    style = (_ASSETS / _STYLE).read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    frame = (_ASSETS / _FRAME).read_text(encoding="utf-8")
    for mark, text in (("{{policy}}", policy), ("{{style}}", style), ("{{script}}", script)):
        frame = frame.replace(mark, text)
    return frame


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _deflated(source: IO[bytes]) -> Iterator[bytes]:
    pressed = zlib.compressobj(6)
    while some := source.read(_CHUNK):
        yield pressed.compress(some)
    yield pressed.flush()


def _in_base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        rest += piece
        whole = len(rest) - len(rest) % 3
        if whole:
            yield base64.b64encode(rest[:whole])
            rest = rest[whole:]
    yield base64.b64encode(rest)
