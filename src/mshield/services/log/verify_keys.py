"""Checks that each key is the one that was made in its enrolment, and that its certificates are for it alone."""

from collections.abc import AsyncIterator
from typing import Final

from mshield.services.log.findings import Finding, shown
from mshield.store.certificates import key_marks as store
from mshield.store.database.interface import Database

_PAGE: Final = 500


async def check_keys(db: Database) -> AsyncIterator[Finding]:
    """A finding for each key, and each certificate, that belongs to another one. Raises StoreError."""
    after: object = b""
    while page := await store.keys_page(db, after=after, most=_PAGE):
        for row in page:
            if not store.holds(db.sealer, row):
                yield Finding("key_changed", table="keys", row=shown(row["uid"]))
        after = page[-1]["uid"]
        if type(after) is not bytes:  # SQLite keeps other types too
            break
    after = ""
    while page := await store.certified_page(db, after=after, most=_PAGE):
        for row in page:
            if not _certifies(row["der"], row["public_key"]):
                yield Finding("key_changed", table="certificates", row=shown(row["serial"]))
        after = page[-1]["serial"]
        if type(after) is not str:
            break


def _certifies(der: object, public_key: object) -> bool:
    """The log has the certificate, byte for byte; in it, 65 octets that are the key's stand for nothing else."""
    return type(der) is bytes and type(public_key) is bytes and len(public_key) == 65 and public_key in der
