"""Documents from files or standard input, and who sits at the command line."""

import getpass
import sys
from pathlib import Path
from typing import Final

from core.errors import Invalid

STANDARD: Final = Path("-")


def operator() -> str:
    """Name the person at the command line as a subject of records."""
    return f"cli:{getpass.getuser()}"


def read_document(file: Path) -> str:
    """Give the text of a file, or of standard input for '-'; raises Invalid."""
    try:
        return sys.stdin.read() if file == STANDARD else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} can't be read: name a readable file in UTF-8, or '-'") from error


def write_document(file: Path, text: str) -> None:
    """Write a file, or standard output for '-'; raises Invalid."""
    try:
        if file == STANDARD:
            sys.stdout.write(text)
        else:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{file} can't be written ({error.strerror}): name another file, or '-'") from error


def agrees(question: str) -> bool:
    """Ask at a terminal; where nobody can be asked, the command line has said enough."""
    return not sys.stdin.isatty() or input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def asked(question: str) -> str:
    """Read a secret where no list of processes and no shell history shows it."""
    if sys.stdin.isatty():
        return getpass.getpass(question)
    return sys.stdin.readline().rstrip("\r\n")
