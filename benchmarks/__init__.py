"""Timings beside what else does the same: `python -m benchmarks`."""
