"""Evaluation: top-1, top-5 and per-image predictions."""
