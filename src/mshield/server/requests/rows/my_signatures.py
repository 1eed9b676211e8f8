"""Signatures made with a device: "my signatures" (我的签名, manual 2.3.1.7)."""

from dataclasses import dataclass, fields
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries
from mshield.server.seals.tables import CERTIFICATES, REQUESTS, SIGNATURES, TASKS

_SQL: Final = Queries("requests", "my_signatures")


@dataclass(frozen=True, slots=True)
class SignedOfRequest:
    """Document of one request that this phone signed, with `display` and `drawing` as in `ListedSignature`."""

    sid: bytes
    purpose: str
    signed_at: int
    title: str
    media_type: str
    business_name: str | None
    display: str | None
    drawing: bytes | None


@dataclass(frozen=True, slots=True)
class ListedSignature:
    """One row of the list, with the document's `display` and `drawing` as in its detail if these are short."""

    sid: bytes
    purpose: str
    digest: bytes
    signed_at: int
    title: str
    media_type: str
    serial: str | None
    confirmed: str | None
    business_name: str | None
    display: str | None
    drawing: bytes | None


@dataclass(frozen=True, slots=True)
class SignatureDetail:
    """Signature with what was displayed; `message` is what was signed, `display` JSON. Times in ms.

    `erased_digest` is the SM3 of an M that was the content and is erased. `drawing` are the lines that the view
    drew, as canonical octets; `confirmed` is what the signer confirmed besides. `log_index` is the index in the
    transparency log, None until it is logged. `state`, `not_after` and `revoked_at` are the certificate's
    current ones, the fields after them its holder's.
    """

    sid: bytes
    purpose: str
    digest: bytes
    signature: bytes
    signed_at: int
    serial: str | None
    title: str
    media_type: str
    display: str
    format: str
    message: bytes
    erased_digest: bytes | None
    drawing: bytes | None
    confirmed: str | None
    size: int
    business_name: str | None
    domain: str | None
    request_id: str | None
    pc_address: str | None
    pc_browser: str | None
    log_index: int | None
    state: str | None
    not_after: int | None
    revoked_at: int | None
    common_name: str | None
    organisation: str | None
    credit_code: str | None
    role: str | None
    shield_number: str | None


_CHECKED: Final = (
    SIGNATURES.joined("s_"),
    TASKS.joined("t_"),
    REQUESTS.joined("r_"),
    CERTIFICATES.joined("c_"),
)
_SEALED: Final = {
    "sid": "s_sid",
    **{name: f"t_{name}" for name in ("title", "media_type", "display", "format", "message")},
    "business_name": "r_asker_name",
    "domain": "r_asker_domain",
    **{
        name: f"c_{name}"
        for name in ("not_after", "common_name", "organisation", "credit_code", "role", "shield_number")
    },
}
"""Columns that the seals cover, by the field."""
_LIST: Final = {each.name: each.name for each in fields(ListedSignature)} | {"display": "f_display"}
_OF_REQUEST: Final = {each.name: each.name for each in fields(SignedOfRequest)} | {"display": "f_display"}
_LISTED: Final = TASKS.joined("f_")
_LONGEST: Final = 1 << 18
"""Octets of the lines of a view, and of M, that a list reads; longer ones are in the detail only."""
_DETAIL: Final = {each.name: _SEALED.get(each.name, each.name) for each in fields(SignatureDetail)}


async def find_signature(
    db: Database, *, sid: bytes, device_id: str, account_id: str
) -> SignatureDetail | None:
    """Returns a signature made with this device, or None. Raises: SealBroken."""
    row = await db.one(_SQL["signature"], sid=sid, device_id=device_id, account_id=account_id)
    if row is None:
        return None
    for table in _CHECKED:
        table.check_joined(db.sealer, row)
    return SignatureDetail(**{name: row[column] for name, column in _DETAIL.items()})


async def signatures_page(  # one bound each
    db: Database,
    *,
    device_id: str,
    account_id: str,
    before_at: int,
    before_sid: bytes,
    page_size: int,
    purpose: str | None = None,
) -> tuple[ListedSignature, ...]:
    """Returns signatures made with this device before the given place, newest first.

    `purpose` filters them. Raises: SealBroken.
    """
    rows = await db.all(
        _SQL["signatures_page"],
        device_id=device_id,
        account_id=account_id,
        before_at=before_at,
        before_sid=before_sid,
        page_size=page_size,
        purpose=purpose,
        most=_LONGEST,
    )
    for row in rows:
        _LISTED.check_joined(db.sealer, row)
    return tuple(ListedSignature(**{name: row[column] for name, column in _LIST.items()}) for row in rows)


async def of_request(db: Database, *, request_id: str, uid: bytes) -> list[SignedOfRequest]:
    """Returns this key's signatures of the request; empty if another phone answered, or nobody. Raises: SealBroken."""
    rows = await db.all(_SQL["of_request"], request_id=request_id, uid=uid, most=_LONGEST)
    for row in rows:
        _LISTED.check_joined(db.sealer, row)
    return [SignedOfRequest(**{name: row[column] for name, column in _OF_REQUEST.items()}) for row in rows]


@dataclass(frozen=True, slots=True)
class LoginPlace:
    """Origin of a login request: User-Agent and address of the page's browser."""

    browser: str | None
    address: str | None


async def login_place(db: Database, *, request_id: str, device_id: str, account_id: str) -> LoginPlace | None:
    """Returns the origin of a login request taken by this phone; None for any other request."""
    row = await db.one(_SQL["login_place"], id=request_id, device_id=device_id, account_id=account_id)
    return None if row is None else LoginPlace(row["pc_browser"], row["pc_address"])


async def earlier_places(
    db: Database, *, account_id: str, but: str, since: int, most: int
) -> list[LoginPlace]:
    """Returns the origins of the account's newest logins since `since` (ms), except of this request."""
    rows = await db.all(_SQL["earlier_places"], account_id=account_id, but=but, since=since, most=most)
    return [LoginPlace(row["pc_browser"], row["pc_address"]) for row in rows]


@dataclass(frozen=True, slots=True)
class LatestLogin:
    """Login at a business system, and the phone that confirmed it; times in ms."""

    sid: bytes
    signed_at: int
    business_name: str
    domain: str
    pc_browser: str | None
    pc_address: str | None
    shield_number: str
    device_id: str


async def latest_logins(db: Database, *, account_id: str, since: int, most: int) -> list[LatestLogin]:
    """Returns the account's newest logins since `since` (ms), by any of its phones."""
    rows = await db.all(_SQL["latest_logins"], account_id=account_id, since=since, most=most)
    return [LatestLogin(**row) for row in rows]


async def place_of(
    db: Database, *, sid: bytes, device_id: str, account_id: str
) -> tuple[str, str, int] | None:
    """Returns business system, request and index of a document that this phone signed."""
    row = await db.one(_SQL["place_of"], sid=sid, device_id=device_id, account_id=account_id)
    return None if row is None else (row["client_id"], row["request_id"], row["position"])
