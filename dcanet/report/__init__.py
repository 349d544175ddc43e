"""From stored results to tables and one HTML report."""

from .build import render

__all__ = ["render"]
