"""A run as one file: results, report, config, sheets and environment, described as an RO-Crate.

What is in it and where: docs/verify.md. The same inputs give the same bytes.
"""
