"""Transparency logs: Merkle trees (RFC 6962), tiles and checkpoints (C2SP), entries, as functions on bytes.

`docs/log.md` specifies this log's entries, to the byte.
"""
