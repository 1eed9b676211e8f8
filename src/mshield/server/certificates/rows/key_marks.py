"""Marks that bind a key to its enrolment: first to the enrolment's initial data, then permanently to the public key.

Only the service can replace the first mark by the second, so an existing key can't be enrolled again by
setting other columns of its row back. Account, device, person and names are covered by the row's seal, which
has the same uid.
"""

from typing import Final

from mshield.server.database.interface import Database, Row, SealBroken, Sealer, as_parameter
from mshield.server.database.queries import Queries
from mshield.server.seals.marks import check_mark, mark_of

_SQL: Final = Queries("certificates", "key_marks", as_is=True)
_TABLE: Final = "keys"
_BEGUN: Final = "enrolment"
_MADE: Final = "public key"


def begun_mark(
    sealer: Sealer, *, uid: bytes, enrol_sid: bytes, challenge_hash: bytes, expires_at: int
) -> bytes:
    """Returns the mark of an enrolment whose key isn't made yet; useless after its hour (`expires_at`, ms)."""
    return mark_of(sealer, _BEGUN, uid, enrol_sid, challenge_hash, expires_at)


def key_mark(sealer: Sealer, *, uid: bytes, enrol_sid: bytes, public_key: bytes) -> bytes:
    """Returns the mark of a key that is made."""
    return mark_of(sealer, _MADE, uid, enrol_sid, public_key)


def check_key(sealer: Sealer, row: Row) -> None:
    """Raises SealBroken unless this public key was made in this enrolment: `uid`, `enrol_sid`, `public_key`, `mark`."""
    check_mark(sealer, row["mark"], _TABLE, _MADE, row["uid"], row["enrol_sid"], row["public_key"])


def check_enrolment(sealer: Sealer, row: Row) -> None:
    """Like `check_key`; without a public key yet it checks `challenge_hash` and `expires_at` as begun."""
    if row["public_key"] is not None:
        check_key(sealer, row)
        return
    values = (row["uid"], row["enrol_sid"], row["challenge_hash"], row["expires_at"])
    check_mark(sealer, row["mark"], _TABLE, _BEGUN, *values)


def holds(sealer: Sealer, row: Row) -> bool:
    """Reports whether a row of `keys_page` is as made or begun, and has its own certificate.

    Never raises for bad values.
    """
    try:
        check_enrolment(sealer, row)
    except (SealBroken, TypeError, ValueError, OverflowError):
        return False
    return row["certificate"] is None or row["certified_uid"] == row["uid"]


async def keys_page(db: Database, *, after: object, most: int) -> list[Row]:
    """Returns keys by uid, unchecked, with the uid in their certificate in force."""
    return await db.all(_SQL["keys"], after=after, most=most)


async def certified_page(db: Database, *, after: object, most: int) -> list[Row]:
    """Returns signed certificates by serial, with the public key stored under their uid."""
    return await db.all(_SQL["certified"], after=as_parameter(after), most=most)
