"""Shards of an issuing CA's revocation list: which one lists a certificate, told by its serial number alone.

A serial that begins with the hex digit 2 says its shard in the next four; every other one is of shard 0, whose list
stands at the address that the CA had before there were shards. So no table can change a certificate's shard, and
the certificates of a shard lie side by side in the primary key.
"""

import re
from typing import Final

MOST_SHARD: Final = 0xFFFF
"""The last shard that a serial can name: it takes whatever comes after it."""

_MARK: Final = "2"
_AFTER_MARK: Final = "3"
_NAME: Final = re.compile(r"([a-z][a-z0-9-]{0,15})(?:\.([1-9][0-9]{0,4}))?")


def shard_of(serial: str) -> int:
    """The shard that lists the certificate with this serial (hex, as stored)."""
    return int(serial[1:5], 16) if serial.startswith(_MARK) else 0


def serials_of(shard: int) -> tuple[str, str]:
    """Serials of a shard from 1 on: not below the first of these texts, and below the second."""
    return f"{_MARK}{shard:04x}", _AFTER_MARK if shard == MOST_SHARD else f"{_MARK}{shard + 1:04x}"


def list_name(ca: str, shard: int) -> str:
    """The list's name, which is also its address: `issuing`, `issuing.7`."""
    return ca if shard == 0 else f"{ca}.{shard}"


def read_list_name(name: str) -> tuple[str, int] | None:
    """The inverse of `list_name`; None for a text that is none."""
    match = _NAME.fullmatch(name)
    shard = 0 if match is None or match[2] is None else int(match[2])
    return None if match is None or shard > MOST_SHARD else (match[1], shard)
