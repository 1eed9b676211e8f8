"""Data of one signed document for its evidence bundle."""

from dataclasses import dataclass
from typing import Final

from mshield.pki.tlog.entry import Holder
from mshield.server.database.interface import Database, Row
from mshield.server.database.queries import Queries
from mshield.server.seals.tables import CERTIFICATES, REQUESTS, SIGNATURES, TASKS

_SQL: Final = Queries("requests", "evidence")
_CHECKED: Final = (
    REQUESTS.joined("r_"),
    TASKS.joined("t_"),
    SIGNATURES.joined("s_"),
    CERTIFICATES.joined("c_"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """Document and its requester, with the name at that time.

    `content` is None if only its digest was sent, or if it `is_erased`; `erased_digest` is its SM3 if it was
    M. `prepared` is the update to a PDF that contains the signature. `display` is JSON text. `state` is
    `declined` for a document excluded from a batch.
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
    """Signature (r then s) with the signer's certificate (DER); log_index is None until it is logged.

    `confirmed` is None for a login; `pages` (JSON) is set if some pages weren't displayed; `holder` is the
    shield that signed.
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
    holder: Holder


async def find_document(
    db: Database,
    *,
    id: str,  # noqa: A002  # the field's name
    client_id: str,
    position: int,
) -> DocumentRow | None:
    """Returns a document of this business system's request, by its index. Raises: SealBroken."""
    row = await db.one(_SQL["document"], id=id, client_id=client_id, position=position)
    if row is None:
        return None
    for table in _CHECKED:
        table.check_joined(db.sealer, row)
    content = row["content"]
    if content is None and row["size"] is None:  # M is the content
        content = row["t_message"]
    return DocumentRow(
        request_id=row["r_id"],
        kind=row["r_kind"],
        channel=row["channel"],
        client_id=row["r_client_id"],
        system_name=row["r_asker_name"],
        domain=row["r_asker_domain"],
        sid=row["t_sid"],
        title=row["t_title"],
        media_type=row["t_media_type"],
        format=row["t_format"],
        message=row["t_message"],
        content=content,
        erased_digest=row["erased_digest"],
        is_erased=row["erased_at"] is not None,
        prepared=row["prepared"],
        size=row["size"] if content is None else len(content),
        display=row["t_display"],
        state=row["task_state"],
        signed=None if row["signature"] is None else _signature(row),
    )


def _signature(row: Row) -> SignatureRow:
    return SignatureRow(
        uid=row["s_uid"],
        signature=row["signature"],
        signed_at=row["signed_at"],
        serial=row["serial"],
        certificate=row["der"],
        log_index=row["log_index"],
        confirmed=row["confirmed"],
        pages=row["pages"],
        shield_number=row["c_shield_number"],
        holder=Holder(row["told_number"], row["id_number_masked"]),
    )
