"""Base classes of services on personal data and secrets: they have the database and the keys for its sealed data."""

from dataclasses import dataclass, field

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey


@dataclass(frozen=True, slots=True)
class SealedData:
    """Service on sealed data: `keyring` seals and opens it."""

    db: Database
    keyring: Keyring = field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchableData(SealedData):
    """Service on sealed data that is searched by keyed hashes, computed by `lookup`."""

    lookup: LookupKey = field(repr=False)
