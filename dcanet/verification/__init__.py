"""An independent check of stored results: whatever can be recomputed is, by code of its own.

Nothing here calls the code that made a number. Shared with it are the schemas of the files (`documents`), the
hashing of `files`, and libraries. Nothing a file says is run, and a broken file is a finding.
"""
