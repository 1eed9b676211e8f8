"""Checks the marks: that each key is the one that was made in its enrolment, each login its account's and device's.

And that a key's certificates are for it alone.
"""

from collections.abc import AsyncIterator
from typing import Final, Protocol

from mshield.services.log.findings import Finding, shown
from mshield.store.certificates import key_marks as store
from mshield.store.database.interface import Database, Row
from mshield.store.seals import login_marks

_PAGE: Final = 500


class _Read(Protocol):
    async def __call__(self, db: Database, *, after: object, most: int) -> list[Row]: ...


async def check_marks(db: Database) -> AsyncIterator[Finding]:
    """A finding for each key, certificate or login that belongs to another one. Raises StoreError."""
    async for row in _rows(store.keys_page, db, "uid", b""):
        if not store.holds(db.sealer, row):
            yield Finding("key_changed", table="keys", row=shown(row["uid"]))
    async for row in _rows(store.certified_page, db, "serial", ""):
        if not _certifies(row["der"], row["public_key"]):
            yield Finding("key_changed", table="certificates", row=shown(row["serial"]))
    async for row in _rows(login_marks.logins_page, db, "token_hash", b""):
        if not login_marks.holds(db.sealer, row):
            yield Finding("seal_broken", table="phone_sessions", row=shown(row["token_hash"]))


async def _rows(read: _Read, db: Database, key: str, first: str | bytes) -> AsyncIterator[Row]:
    after: object = first
    while page := await read(db, after=after, most=_PAGE):
        for row in page:
            yield row
        after = page[-1][key]
        if type(after) is not type(first):  # SQLite keeps other types too, behind or before all of this one
            break


def _certifies(der: object, public_key: object) -> bool:
    """The log has the certificate, byte for byte; in it, 65 octets that are the key's stand for nothing else."""
    return type(der) is bytes and type(public_key) is bytes and len(public_key) == 65 and public_key in der
