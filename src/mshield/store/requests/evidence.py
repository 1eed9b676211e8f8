"""What the database has of one signed document, for its bundle of evidence."""

from dataclasses import dataclass
from typing import Final

from mshield.pki.tlog.entry import Holder
from mshield.store.database.interface import Database, Row
from mshield.store.database.queries import Queries

_SQL: Final = Queries("requests", "evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document and who asked for it, as it was called then.

    `content` is None where only its digest came, or it `is_erased`, `erased_digest` its SM3 where it was M; `prepared`
    is the update to a PDF in which the signature stands; `display` is JSON text; `state` is `declined` for one that was
    left out of a batch.
    """

    request_id: str
    kind: str
    channel: str
    client_id: str
    system_name: str
    domain: str
    sid: bytes
    title: str
    media_type: str
    format: str
    message: bytes
    content: bytes | None
    erased_digest: bytes | None
    is_erased: bool
    prepared: bytes | None
    size: int
    display: str
    state: str
    signed: "SignatureRow | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRow:
    """Its signature (r then s) and the signer's certificate (DER); log_index is None until the log has it.

    `confirmed` is None where the log doesn't say what was shown, `pages` (JSON) unless some pages were not, `holder`
    where it doesn't say whose shield signed.
    """

    uid: bytes
    signature: bytes
    signed_at: int
    serial: str
    certificate: bytes
    log_index: int | None
    confirmed: str | None
    pages: str | None
    shield_number: str
    holder: Holder | None


async def find_document(
    db: Database,
    *,
    id: str,  # noqa: A002  # the field's name
    client_id: str,
    position: int,
) -> DocumentRow | None:
    """A document of this business system's request, by its place."""
    row = await db.one(_SQL["document"], id=id, client_id=client_id, position=position)
    if row is None:
        return None
    content = row["content"]
    if content is None and row["size"] is None:  # M is the content
        content = row["message"]
    return DocumentRow(
        request_id=row["id"],
        kind=row["kind"],
        channel=row["channel"],
        client_id=row["client_id"],
        system_name=row["asker_name"],
        domain=row["asker_domain"],
        sid=row["sid"],
        title=row["title"],
        media_type=row["media_type"],
        format=row["format"],
        message=row["message"],
        content=content,
        erased_digest=row["erased_digest"],
        is_erased=row["erased_at"] is not None,
        prepared=row["prepared"],
        size=row["size"] if content is None else len(content),
        display=row["display"],
        state=row["task_state"],
        signed=None if row["signature"] is None else _signature(row),
    )


def _signature(row: Row) -> SignatureRow:
    return SignatureRow(
        uid=row["uid"],
        signature=row["signature"],
        signed_at=row["signed_at"],
        serial=row["serial"],
        certificate=row["der"],
        log_index=row["log_index"],
        confirmed=row["confirmed"],
        pages=row["pages"],
        shield_number=row["shield_number"],
        holder=None if row["told_number"] is None else Holder(row["told_number"], row["id_number_masked"]),
    )
