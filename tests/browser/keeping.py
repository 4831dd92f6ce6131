"""Contexts that one test after the other has: what a page takes longest to bring is in their caches."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext

from tests.browser.looking import complaints


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A context without anything of those who had it before, and what its pages complain of."""

    context: BrowserContext
    complaints: list[str]

    @staticmethod
    def made(browser: Browser) -> "Kept":
        """Make one in which it is noted when a script fails or a policy is broken."""
        context = browser.new_context(
            viewport={"width": 1280, "height": 800},
            timezone_id="Europe/Berlin",
            color_scheme="light",
            # What moves for ever is painted for ever, beside all other tests.
            reduced_motion="reduce",
            ignore_https_errors=True,
        )
        context.set_default_timeout(20_000)
        return Kept(context=context, complaints=complaints(context))

    def clear(self) -> list[str]:
        """Leave nothing of anybody; gives what was complained of since the last time."""
        for page in self.context.pages:
            page.close()
        self.context.clear_permissions()
        self.context.set_storage_state({"cookies": [], "origins": []})
        told = list(self.complaints)
        self.complaints.clear()
        return told


class Keeping:
    """The contexts of a run; a test has as many as it asks for."""

    def __init__(self, browser: Browser) -> None:
        """Begin with none."""
        self._browser = browser
        self._all: list[Kept] = []

    @contextmanager
    def lend(self) -> Iterator["Lent"]:
        """Lend contexts, and look when they come back that nothing in them complained."""
        lent = Lent(self._browser, self._all)
        yield lent
        assert lent.back() == []

    def close(self) -> None:
        """Close them all."""
        for one in self._all:
            one.context.close()


class Lent:
    """Those that one test has."""

    def __init__(self, browser: Browser, kept: list[Kept]) -> None:
        """Take from these, and make more as they are needed."""
        self._browser = browser
        self._kept = kept
        self._used = 0

    def take(self) -> BrowserContext:
        """Give one that nobody else has in this test."""
        if self._used == len(self._kept):
            self._kept.append(Kept.made(self._browser))
        self._used += 1
        return self._kept[self._used - 1].context

    def back(self) -> list[str]:
        """Clear them; gives their complaints."""
        return [line for one in self._kept[: self._used] for line in one.clear()]
