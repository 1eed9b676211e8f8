"""Locations of networks from the operator's own table: lines `network,zh,en`, such as `1.2.0.0/16,浙江 宁波,Ningbo`.

No address leaves the service for this. A location is an estimate by the table's author and displayed as such.
"""

import csv
import ipaddress
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple, Self

_COLUMNS: Final = ("network", "zh", "en")
_LONGEST: Final = 64


class Place(NamedTuple):
    """Region or town, in Chinese and English."""

    zh: str
    en: str


class BadPlaces(ValueError):
    """The table can't be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class Places:
    """Disjoint networks by IP version (4, 6) in order: first address, last address, place."""

    networks: dict[int, list[tuple[int, int, Place]]]

    @classmethod
    def read(cls, file: Path | None) -> Self:
        """Reads the table from this file; without a file no places are known. Raises: BadPlaces."""
        networks: dict[int, list[tuple[int, int, Place]]] = {4: [], 6: []}
        if file is None:
            return cls(networks)
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                rows = csv.reader(lines)
                if tuple(next(rows, ())) != _COLUMNS:
                    raise BadPlaces(f"{file}: the first line must be {','.join(_COLUMNS)}")
                for row in rows:
                    version, entry = _entry(row, f"{file}, line {rows.line_num}")
                    networks[version].append(entry)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise BadPlaces(f"{file}: {error}") from error
        for entries in networks.values():
            entries.sort()
            for (_, last, _), (first, _, place) in pairwise(entries):
                if first <= last:
                    raise BadPlaces(f"{file}: a network of {place.zh} overlaps another one")
        return cls(networks)

    def of(self, address: str | None) -> Place | None:
        """Returns the place of an address; None if unknown."""
        try:
            ip = ipaddress.ip_address(address or "")
        except ValueError:
            return None
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        entries = self.networks[ip.version]
        at = bisect_right(entries, int(ip), key=lambda entry: entry[0]) - 1
        if at < 0 or entries[at][1] < int(ip):
            return None
        return entries[at][2]


def _entry(row: list[str], where: str) -> tuple[int, tuple[int, int, Place]]:
    if len(row) != len(_COLUMNS):
        raise BadPlaces(f"{where}: expected {len(_COLUMNS)} columns")
    network_text, *words = (cell.strip() for cell in row)
    if not all(0 < len(word) <= _LONGEST and word.isprintable() for word in words):
        raise BadPlaces(f"{where}: a place must have a name of 1 to {_LONGEST} characters in both languages")
    try:
        network = ipaddress.ip_network(network_text)
    except ValueError as error:
        raise BadPlaces(f"{where}: {error}") from error
    first, last = int(network.network_address), int(network.broadcast_address)
    return network.version, (first, last, Place(*words))
