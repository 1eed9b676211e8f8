"""What a right PIN releases, as it is recorded and as the phone is answered."""

from collections.abc import Set as AbstractSet

import msgspec

from mshield.gm.sm2 import Signature
from mshield.services.signing.key import StoredItem
from mshield.services.signing.shown import Shown
from mshield.store.signing import outcome as signing_outcome


def row_of(item: StoredItem, signature: Signature, shown: Shown | None) -> signing_outcome.SignatureRow:
    """The signature as it is recorded, with what was shown of its document."""
    if shown is None:
        return signing_outcome.SignatureRow(item.sid, item.e, signature.to_raw())
    return signing_outcome.SignatureRow(item.sid, item.e, signature.to_raw(), shown.digest, shown.confirmed)


def answer_of(rows: list[signing_outcome.SignatureRow], signed: AbstractSet[bytes], otp: bytes) -> bytes:
    """The answer as it goes out; a document that isn't among the signed was closed."""
    items = [
        {"sid": row.sid.hex(), "r": row.signature[:32].hex(), "s": row.signature[32:].hex()}
        if row.sid in signed
        else {"sid": row.sid.hex(), "error": "task_closed"}
        for row in rows
    ]
    return msgspec.json.encode({"items": items, "otp": otp.hex()})
