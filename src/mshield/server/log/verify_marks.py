"""Check of marks: keys are those made in their enrolments, logins and requests are as the service wrote them.

It also checks that a key's certificates are for this key.
"""

from collections.abc import AsyncIterator
from typing import Final, Protocol

from mshield.server.certificates.rows import key_marks as store
from mshield.server.database.interface import Database, Row
from mshield.server.log.findings import Finding, shown
from mshield.server.seals import login_marks, request_marks

_PAGE: Final = 500


class _Read(Protocol):
    async def __call__(self, db: Database, *, after: object, most: int) -> list[Row]: ...


async def check_marks(db: Database) -> AsyncIterator[Finding]:
    """Yields a finding for each key, certificate, login or request whose mark doesn't match. Raises: StoreError."""
    async for row in _rows(store.keys_page, db, "uid", b""):
        if not store.holds(db.sealer, row):
            yield Finding("key_changed", table="keys", row=shown(row["uid"]))
    async for row in _rows(store.certified_page, db, "serial", ""):
        if not _certifies(row["der"], row["public_key"]):
            yield Finding("key_changed", table="certificates", row=shown(row["serial"]))
    async for row in _rows(login_marks.logins_page, db, "token_hash", b""):
        if not login_marks.holds(db.sealer, row):
            yield Finding("seal_broken", table="phone_sessions", row=shown(row["token_hash"]))
    async for row in _rows(request_marks.requests_page, db, "id", ""):
        if not request_marks.holds(db.sealer, row):
            yield Finding("seal_broken", table="requests", row=shown(row["id"]))


async def _rows(read: _Read, db: Database, key: str, first: str | bytes) -> AsyncIterator[Row]:
    after: object = first
    while page := await read(db, after=after, most=_PAGE):
        for row in page:
            yield row
        after = page[-1][key]
        if type(after) is not type(
            first
        ):  # SQLite stores other types too; they sort before or after all of this one
            break


def _certifies(der: object, public_key: object) -> bool:
    """Reports whether the certificate contains the key.

    The log fixes the certificate byte for byte; 65 bytes in it that equal the key can't be anything else.
    """
    return type(der) is bytes and type(public_key) is bytes and len(public_key) == 65 and public_key in der
