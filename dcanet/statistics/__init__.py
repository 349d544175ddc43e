"""Paired statistics: are two networks different by more than noise?

Everything here is a pure function of stored per-image predictions, and shares are between 0 and 1 until they
go into a document (`comparison_documents`), which has percent and points.
"""
