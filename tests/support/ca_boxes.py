"""Boxes of an offline root and of an outside CA, for tests of all boxes."""

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from tests.support.signing import execute, fetch


async def put_ca_boxes(db: Database, keyring: Keyring) -> None:
    """Inserts a request for the root elsewhere, and one at an outside CA for the first certificate."""
    await execute(
        db,
        "INSERT INTO authority_requests (name, request, key_box, created_at) VALUES ('tsa', $1, $2, 0)",
        b"request",
        keyring.seal(b"key", purpose="authority", context=b"tsa"),
    )
    shield = await fetch(db, "SELECT serial FROM certificates ORDER BY serial LIMIT 1")
    await execute(
        db,
        "INSERT INTO ca_submissions (handle, key, ca, p10, state, answer, chain, issuer_serial, ca_serial, code,"
        " transaction_box, next_at, created_at, changed_at)"
        " VALUES ($1, $2, 'other', $3, 'answered', $4, $5, $6, '1', '', $7, 0, 0, 0)",
        shield["serial"],
        *(b"key", b"p10", b"answer", b"chain", b"issuer and serial"),
        keyring.seal(b"ids", purpose="ca-transaction", context=str(shield["serial"]).encode()),
    )
