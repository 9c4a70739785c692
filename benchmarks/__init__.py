"""Measurements: `python -m benchmarks`, or one alone: `python -m benchmarks.<name>`."""
