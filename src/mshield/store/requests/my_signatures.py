"""What a device has signed: "my signatures" (我的签名, manual 2.3.1.7)."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.matching import contains
from mshield.store.database.queries import Queries

_SQL: Final = Queries("requests", "my_signatures")


@dataclass(frozen=True, slots=True)
class PastSignature:
    """One line of "my signatures" (我的签名); digest is e."""

    sid: bytes
    purpose: str
    digest: bytes
    signed_at: int
    title: str
    serial: str | None
    business_name: str | None


@dataclass(frozen=True, slots=True)
class SignatureDetail:
    """One signature with what was shown; `message` is what was signed, `display` JSON. Times in ms.

    `erased_digest` is SM3 of M that was the content and is erased. `state` and what follows are the certificate's now;
    `log_index` is the entry in the transparency log, None until it is there.
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


async def find_signature(
    db: Database, *, sid: bytes, device_id: str, account_id: str
) -> SignatureDetail | None:
    """A signature that this device made, or None."""
    row = await db.one(_SQL["signature"], sid=sid, device_id=device_id, account_id=account_id)
    return None if row is None else SignatureDetail(**row)


async def signatures_page(  # one bound each
    db: Database,
    *,
    device_id: str,
    account_id: str,
    before_at: int,
    before_sid: bytes,
    page_size: int,
    words: str | None = None,
    purpose: str | None = None,
) -> list[PastSignature]:
    """Signatures made with this device, newest first, older than the given place, of one `purpose`, with `words`."""
    rows = await db.all(
        _SQL["signatures_page"],
        device_id=device_id,
        account_id=account_id,
        before_at=before_at,
        before_sid=before_sid,
        page_size=page_size,
        words=contains(words),
        purpose=purpose,
    )
    return [
        PastSignature(
            sid=row["sid"],
            purpose=row["purpose"],
            digest=row["digest"],
            signed_at=row["signed_at"],
            title=row["title"],
            serial=row["serial"],
            business_name=row["business_name"],
        )
        for row in rows
    ]


async def of_request(db: Database, *, request_id: str, uid: bytes) -> list[PastSignature]:
    """The signatures of this request by the phone with this key; none where another phone answered, or nobody."""
    return [PastSignature(**row) for row in await db.all(_SQL["of_request"], request_id=request_id, uid=uid)]


@dataclass(frozen=True, slots=True)
class LoginPlace:
    """Where a login was asked for: how the page's browser calls itself, and its address."""

    browser: str | None
    address: str | None


async def login_place(db: Database, *, request_id: str, device_id: str, account_id: str) -> LoginPlace | None:
    """From where a login was asked for that this phone has taken; None for any other request."""
    row = await db.one(_SQL["login_place"], id=request_id, device_id=device_id, account_id=account_id)
    return None if row is None else LoginPlace(row["pc_browser"], row["pc_address"])


async def earlier_places(
    db: Database, *, account_id: str, but: str, since: int, most: int
) -> list[LoginPlace]:
    """Of the account's newest logins since then (ms), but for this request."""
    rows = await db.all(_SQL["earlier_places"], account_id=account_id, but=but, since=since, most=most)
    return [LoginPlace(row["pc_browser"], row["pc_address"]) for row in rows]


@dataclass(frozen=True, slots=True)
class LatestLogin:
    """A login at a business system, and the phone that confirmed it; ms."""

    sid: bytes
    signed_at: int
    business_name: str
    domain: str
    pc_browser: str | None
    pc_address: str | None
    shield_number: str
    device_id: str


async def latest_logins(db: Database, *, account_id: str, since: int, most: int) -> list[LatestLogin]:
    """The account's newest since then (ms), by whichever of its phones."""
    rows = await db.all(_SQL["latest_logins"], account_id=account_id, since=since, most=most)
    return [LatestLogin(**row) for row in rows]


async def place_of(
    db: Database, *, sid: bytes, device_id: str, account_id: str
) -> tuple[str, str, int] | None:
    """Business system, request and place of a document that this phone signed for one."""
    row = await db.one(_SQL["place_of"], sid=sid, device_id=device_id, account_id=account_id)
    return None if row is None else (row["client_id"], row["request_id"], row["position"])
