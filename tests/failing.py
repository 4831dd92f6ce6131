"""Many samples in one test: each is tried, and whatever fails is named."""

from collections.abc import Callable, Iterable
from traceback import format_exception
from typing import TypeVar

_Sample = TypeVar("_Sample")
# Where it was raised, and who asked for that.
_FRAMES = -2


def failing(
    check: Callable[[_Sample], None], samples: Iterable[_Sample], name: Callable[[_Sample], str] = repr
) -> list[str]:
    """Check every sample, and give the name of each that fails, with why: a test for each costs more."""
    failed: list[str] = []
    for sample in samples:
        try:
            check(sample)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test that asks fails with it
            failed.append(f"{name(sample)}: {''.join(format_exception(error, limit=_FRAMES))}")
    return failed
