"""What a right PIN releases, as it is recorded and as the phone is answered."""

from collections.abc import Set as AbstractSet
from functools import lru_cache

import msgspec

from mshield.domain.id_numbers import FILING_BOX
from mshield.domain.identity import mask_id_number
from mshield.gm.sm2 import Signature
from mshield.keys.keyring import Keyring
from mshield.pki.tlog.entry import Holder
from mshield.services.signing.key import StoredItem
from mshield.services.signing.shown import Shown
from mshield.store.signing import outcome as signing_outcome
from mshield.store.signing.rows import KeyRow


def row_of(
    item: StoredItem, signature: Signature, shown: Shown | None, holder: Holder | None
) -> signing_outcome.SignatureRow:
    """The signature as it is recorded, with what was shown of its document, and whose shield signed."""
    row = signing_outcome.SignatureRow(item.sid, item.e, signature.to_raw(), holder=holder)
    if shown is None:
        return row
    pages = None if shown.pages is None else shown.pages.text()
    return msgspec.structs.replace(row, shown=shown.digest, confirmed=shown.confirmed, pages=pages)


def holder_of(keyring: Keyring, key: KeyRow, *, with_id_number: bool) -> Holder | None:
    """Whose shield it is, as the evidence tells it; None before there is a certificate.

    The id number is that of the filing that the certificate was issued by: signing with another one is refused (R22).
    """
    if key.shield_number is None:
        return None
    if not with_id_number or key.id_number_box is None:
        return Holder(key.shield_number, None)
    return Holder(key.shield_number, _masked(keyring, key.id_number_box, key.person_id))


@lru_cache(maxsize=4096)
def _masked(keyring: Keyring, box: bytes, person_id: str) -> str:
    """What evidence tells of the id number, which is remembered for a while; the number isn't."""
    return mask_id_number(keyring.open(box, purpose=FILING_BOX, context=person_id.encode()).decode())


def answer_of(rows: list[signing_outcome.SignatureRow], signed: AbstractSet[bytes], otp: bytes) -> bytes:
    """The answer as it goes out; a document that isn't among the signed was closed."""
    items = [
        {"sid": row.sid.hex(), "r": row.signature[:32].hex(), "s": row.signature[32:].hex()}
        if row.sid in signed
        else {"sid": row.sid.hex(), "error": "task_closed"}
        for row in rows
    ]
    return msgspec.json.encode({"items": items, "otp": otp.hex()})
