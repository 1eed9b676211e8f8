"""Readers of what other CAs issue, tolerant where they deviate from GM/T 0015. Nothing here issues anything.

Bytes are never re-encoded: names, digests and signatures are over the original bytes.
"""
