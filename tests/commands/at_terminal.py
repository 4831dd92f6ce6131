"""Somebody at the command line: what they type, line by line, where nobody sees it."""

from collections.abc import Iterable, Iterator

import bcrypt
import pytest


class _Typed:
    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: Iterator[str] = iter(lines)

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        return next(self._lines, "") + "\n"


def types(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Give these lines as standard input, which is no terminal."""
    monkeypatch.setattr("sys.stdin", _Typed(lines))


def hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash for real at the lowest cost, without the library that brings Streamlit with it."""

    def hashed(password: str) -> str:
        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()

    def right(password: str, known: str) -> bool:
        return bcrypt.checkpw(password.encode(), known.encode())

    monkeypatch.setattr("commands.breakglass.hash_password", hashed)
    monkeypatch.setattr("commands.account.hash_password", hashed)
    monkeypatch.setattr("auth.local.check_hash", right)
