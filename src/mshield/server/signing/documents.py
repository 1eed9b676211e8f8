"""Documents of a `finish`: their display on the phone, checked before the PIN, and their signatures after it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

import msgspec

from mshield.gm.sm2 import Signature
from mshield.pki.signatures.display import BoundDisplay, Confirmed, Pages
from mshield.pki.signatures.stored_display import read_display
from mshield.pki.tlog.entry import Holder
from mshield.server.keys.keyring import Keyring
from mshield.server.signing.errors import ConfirmationMissing, Malformed
from mshield.server.signing.key import StoredItem
from mshield.server.signing.rows import outcome as signing_outcome
from mshield.server.signing.rows.rows import KeyRow, TaskRow
from mshield.server.values.id_numbers import FILING_BOX
from mshield.server.values.names import mask_id_number


class Shown(msgspec.Struct, frozen=True):
    """A displayed document: the SM3 digest (32 bytes) of the display, and what the person confirmed.

    `pages` are the pages that were on screen, if the document was signed without reading all of it; None if
    the phone doesn't report them.
    """

    confirmed: Confirmed
    digest: bytes
    pages: Pages | None = None


def require_shown(shown: Mapping[bytes, Shown], tasks: Mapping[bytes, TaskRow]) -> None:
    """Checks that exactly the displayed documents have data about their display. Independent of the PIN.

    Raises: Malformed (missing, superfluous or different from what the service computes), ConfirmationMissing
    (the business system's description contradicts the content, or no phone can display the content, and the
    person didn't confirm exactly that).
    """
    for sid, task in tasks.items():
        display, claimed = read_display(task.display), shown.get(sid)
        bound = display.bound
        if (bound is None) != (claimed is None):
            raise Malformed(field="shown")
        if bound is None or claimed is None:
            continue
        _require_pages(claimed, bound)
        if bound.shown(claimed.confirmed, claimed.pages) != claimed.digest:
            raise Malformed(field="shown")
        wants = display.wants
        if wants is not None and wants != claimed.confirmed:
            raise ConfirmationMissing(confirm=wants, sid=sid.hex())


def _require_pages(claimed: Shown, bound: BoundDisplay) -> None:
    """Raises Malformed if pages are given for a document without pages or read in full, or in an invalid form."""
    pages = claimed.pages
    if pages is None:
        return
    if claimed.confirmed != "unread" or bound.drawing.drawn is not None or not pages.is_of_form:
        raise Malformed(field="pages")


def row_of(
    item: StoredItem, signature: Signature, shown: Shown | None, holder: Holder | None
) -> signing_outcome.SignatureRow:
    """Returns the row to record: the signature, the display of its document, and the holder."""
    row = signing_outcome.SignatureRow(item.sid, item.e, signature.to_raw(), holder=holder)
    if shown is None:
        return row
    pages = None if shown.pages is None else shown.pages.text()
    return msgspec.structs.replace(row, shown=shown.digest, confirmed=shown.confirmed, pages=pages)


def holder_of(keyring: Keyring, key: KeyRow, *, with_id_number: bool) -> Holder | None:
    """Returns the holder of the shield as named in evidence; None without a certificate.

    The id number is that of the filing from which the certificate was issued: signing under a changed filing
    is refused (R22).
    """
    if key.shield_number is None:
        return None
    if not with_id_number or key.id_number_box is None:
        return Holder(key.shield_number, None)
    return Holder(key.shield_number, _masked(keyring, key.id_number_box, key.person_id))


@lru_cache(maxsize=4096)
def _masked(keyring: Keyring, box: bytes, person_id: str) -> str:
    """Returns the masked id number for evidence. Only the masked form is cached, never the number."""
    return mask_id_number(keyring.open(box, purpose=FILING_BOX, context=person_id.encode()).decode())


def answer_of(rows: list[signing_outcome.SignatureRow], signed: AbstractSet[bytes], otp: bytes) -> bytes:
    """Encodes the response; documents not in `signed` are answered as closed."""
    items = [
        {"sid": row.sid.hex(), "r": row.signature[:32].hex(), "s": row.signature[32:].hex()}
        if row.sid in signed
        else {"sid": row.sid.hex(), "error": "task_closed"}
        for row in rows
    ]
    return msgspec.json.encode({"items": items, "otp": otp.hex()})
