"""SM2, SM3 and the co-signing protocol `MSHIELD/v1`: bytes and integers in, bytes and integers out.

Nothing here does I/O or knows of time, storage or HTTP; what must be random comes from the operating system.
"""
