"""Benchmarks, beside a raw broker client in the same run."""
