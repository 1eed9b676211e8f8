"""Shards of an issuing CA's revocation list: a certificate's serial number alone determines its shard.

A serial that begins with the hex digit 2 has its shard in the next four digits; every other serial belongs to
shard 0, whose list keeps the address that the CA had before shards existed. So no table can change a
certificate's shard, and the certificates of a shard are adjacent in the primary key.
"""

import re
from typing import Final

MOST_SHARD: Final = 0xFFFF
"""Last shard that a serial can name. It has no successor, so it takes all further certificates."""

_MARK: Final = "2"
_AFTER_MARK: Final = "3"
_NAME: Final = re.compile(r"([a-z][a-z0-9-]{0,15})(?:\.([1-9][0-9]{0,4}))?")


def shard_of(serial: str) -> int:
    """Returns the shard that lists the certificate with this serial (hex, as stored)."""
    return int(serial[1:5], 16) if serial.startswith(_MARK) else 0


def serials_of(shard: int) -> tuple[str, str]:
    """Returns the serials of a shard (from 1 on) as a range of texts, upper bound excluded."""
    return f"{_MARK}{shard:04x}", _AFTER_MARK if shard == MOST_SHARD else f"{_MARK}{shard + 1:04x}"


def list_name(ca: str, shard: int) -> str:
    """Returns the list's name, which is also its address: `issuing`, `issuing.7`."""
    return ca if shard == 0 else f"{ca}.{shard}"


def read_list_name(name: str) -> tuple[str, int] | None:
    """Inverts `list_name`; None if the text is no list name."""
    match = _NAME.fullmatch(name)
    shard = 0 if match is None or match[2] is None else int(match[2])
    return None if match is None or shard > MOST_SHARD else (match[1], shard)
