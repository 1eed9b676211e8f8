"""SM2, SM3 and the co-signing protocol `MSHIELD/v1`, as functions on bytes and integers.

Nothing here does I/O or uses time, storage or HTTP. Random values come from the operating system.
"""
