"""What binds a key to its enrolment: first to the enrolment as it was begun, then for good to its public key.

The service itself replaces the one mark by the other, so a key that was made is never made anew, whatever else of its
row is set back. Account, device, person and names are under the row's seal, which has the same uid.
"""

from typing import Final

from mshield.store.database.interface import Database, Row, SealBroken, Sealer, Tx, as_parameter
from mshield.store.database.queries import Queries
from mshield.store.seals.marks import check_mark, mark_of

_SQL: Final = Queries("certificates", "key_marks")
_AS_IS: Final = Queries("certificates", "key_marks", as_is=True)
_TABLE: Final = "keys"
_BEGUN: Final = "enrolment"
_MADE: Final = "public key"
_PAGE: Final = 500


def begun_mark(
    sealer: Sealer, *, uid: bytes, enrol_sid: bytes, challenge_hash: bytes, expires_at: int
) -> bytes:
    """The mark of an enrolment whose key isn't made yet; worth nothing after its hour (`expires_at`, ms)."""
    return mark_of(sealer, _BEGUN, uid, enrol_sid, challenge_hash, expires_at)


def key_mark(sealer: Sealer, *, uid: bytes, enrol_sid: bytes, public_key: bytes) -> bytes:
    """The mark of a key that is made."""
    return mark_of(sealer, _MADE, uid, enrol_sid, public_key)


def check_key(sealer: Sealer, row: Row) -> None:
    """Raises SealBroken unless this public key was made in this enrolment: `uid`, `enrol_sid`, `public_key`, `mark`."""
    check_mark(sealer, row["mark"], _TABLE, _MADE, row["uid"], row["enrol_sid"], row["public_key"])


def check_enrolment(sealer: Sealer, row: Row) -> None:
    """The same, or that it was begun like this where there is no key yet: `challenge_hash` and `expires_at` too."""
    if row["public_key"] is not None:
        check_key(sealer, row)
        return
    values = (row["uid"], row["enrol_sid"], row["challenge_hash"], row["expires_at"])
    check_mark(sealer, row["mark"], _TABLE, _BEGUN, *values)


async def mark_earlier(tx: Tx) -> int:
    """Marks up to 500 keys from before there were marks, and gives their number. Of `mshield migrate` alone."""
    rows = await tx.all(_SQL["unmarked"], most=_PAGE)
    for row in rows:
        await tx.run(_SQL["mark"], uid=row["uid"], mark=key_mark(tx.sealer, **row))
    return len(rows)


def holds(sealer: Sealer, row: Row) -> bool:
    """Whether a row of `keys_page` is as it was made or begun, with its own certificate; whatever the values are."""
    if row["public_key"] is None and row["mark"] is None:
        return row["certificate"] is None  # older than the marks: never made
    try:
        check_enrolment(sealer, row)
    except (SealBroken, TypeError, ValueError, OverflowError):
        return False
    return row["certificate"] is None or row["certified_uid"] == row["uid"]


async def keys_page(db: Database, *, after: object, most: int) -> list[Row]:
    """Keys by uid, as they stand, with the uid that their certificate in force says."""
    return await db.all(_AS_IS["keys"], after=after, most=most)


async def certified_page(db: Database, *, after: object, most: int) -> list[Row]:
    """Signed certificates by serial, with the public key that stands under their uid."""
    return await db.all(_AS_IS["certified"], after=as_parameter(after), most=most)
