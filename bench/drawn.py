"""What of (l) and (m) is drawn: words in headless Chromium, each stamped as it first stands on the screen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

from bench.path import signed_in
from bench.stand.stand import Stand

_READY_MS: Final = 20_000
_LAST_MS: Final = 10_000
# On the clock that `time.time_ns` reads.
_HOOK: Final = """
([place, rows]) => {
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.matches(place)) return node;
      const found = node.shadowRoot && walk(node.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  const found = walk(document);
  if (!found) return false;
  window.seen = [];
  const known = new Set();
  const look = () => {
    const now = performance.timeOrigin + performance.now();
    for (const row of found.querySelectorAll(rows)) {
      const words = `${row.dataset.tone ?? ""} ${row.textContent}`;
      if (known.has(words)) continue;
      known.add(words);
      window.seen.push([words, now]);
    }
  };
  new MutationObserver(look).observe(found, {
    attributes: true, characterData: true, childList: true, subtree: true,
  });
  return true;
}
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page whose rows are watched; the thread's own that opened it."""

    page: Page

    def wait(self, *words: str) -> int:
        """Wait until a row first held all these words; gives when that was (ns UTC)."""
        found = self.page.wait_for_function(
            "(words) => window.seen.find(([said]) => words.every((one) => said.includes(one)))?.[1]",
            arg=list(words),
            timeout=_LAST_MS,
        )
        return round(float(found.json_value()) * 1e6)


@contextmanager
def drawn(stand: Stand, path: str, ready: str, rows: Sequence[str]) -> Iterator[Drawn]:
    """Open a page that is `ready`, and watch `rows`: the place where they stand, and what one is there."""
    with signed_in(stand) as page:
        page.goto(f"http://localhost:{stand.web_port}{path}")
        page.locator(ready).first.wait_for(timeout=_READY_MS)
        page.wait_for_function(_HOOK, arg=list(rows), timeout=_READY_MS)
        yield Drawn(page)
