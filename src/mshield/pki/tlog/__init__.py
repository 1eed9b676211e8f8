"""Transparency logs: Merkle trees (RFC 6962), tiles and checkpoints (C2SP), entries. Bytes in, bytes out.

`docs/log.md` specifies what this log's entries are, to the byte.
"""
