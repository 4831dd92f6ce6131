"""Threads set apart for what waits for others, so that it can hold up nothing else."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from core.errors import StoreUnavailable

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Lane:
    """A few threads and a short queue before them; used on one event loop."""

    def __init__(self, name: str, *, threads: int, most: int, of_one: int) -> None:
        """Let so many run at once, and so many be in it altogether, of which so many from one place.

        So it takes many places to come from to keep everybody out.
        """
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = most
        self._of_one = of_one
        self._inside: Counter[str] = Counter()

    async def run(self, origin: str, do: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a function on a thread; raises StoreUnavailable where too many wait, and what it raises."""
        if self._inside.total() >= self._most or self._inside[origin] >= self._of_one:
            raise StoreUnavailable("too many ask for this at once: try again in a moment")
        self._inside[origin] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: do(*args, **kwargs)
            )
        finally:
            self._inside -= Counter([origin])
