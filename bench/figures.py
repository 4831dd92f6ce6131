"""Percentiles, in milliseconds."""

from collections.abc import Sequence


def percentiles(nanoseconds: Sequence[int]) -> dict[str, float]:
    """Give p50, p95, p99 and the worst of some waits."""
    ranked = sorted(nanoseconds)
    places = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(ranked[min(int(len(ranked) * at), len(ranked) - 1)] / 1e6, 2)
        for name, at in places.items()
    }
