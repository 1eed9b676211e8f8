"""Signatures made by a phone (我的签名, manual 2.3.1.7): list, full-text search, and details.

Also compares a login's PC and network with those of the account's earlier logins.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.display import Confirmed
from mshield.pki.signatures.formats import FORMATS, signs_attributes
from mshield.pki.signatures.stored_display import StoredDisplay, read_display
from mshield.server.accounts.session import PhoneLogin
from mshield.server.certificates.rules.states import CertificateState, is_expired
from mshield.server.database.interface import Database, SealBroken
from mshield.server.errors import NotFound
from mshield.server.requests.rows import my_signatures as history
from mshield.server.values.browser_name import browser_name
from mshield.server.values.throttling import UNKNOWN_ADDRESS, prefix_subject
from mshield.wire.business import SignerMessage
from mshield.wire.phone.signatures import DrawnMessage, DrawnValue, Kind, SignatureMessage
from mshield.wire.times import DAY_MS

_PURPOSES: Final[Mapping[Kind, str]] = {"login": "login", "signature": "sign"}
_LATEST: Final = 2**62
_REMEMBERED: Final = 50
_REMEMBERED_MS: Final = 180 * DAY_MS
"""A new login is compared with at most `_REMEMBERED` earlier ones, none older than this (ms)."""
SHOWN_LOGINS: Final = 20

NewProperty = Literal["computer", "network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSignature:
    """One signature in full. Times in ms.

    `certificate_state` is the certificate's current state, or `expired`. `content_digest` is the SM3 of the
    document, which in a CMS differs from what was signed. `display_bound`: the signature also covers the
    display. `drawing` are the lines that the view drew, as canonical octets.
    """

    row: history.SignatureDetail
    lines: tuple[Mapping[str, str], ...]
    content_digest: bytes
    display_bound: bool
    drawing: bytes | None
    signer: SignerMessage | None
    certificate_state: str | None


@dataclass(frozen=True, slots=True)
class PcLogin:
    """Login at a PC: `browser` names its system and browser, `unlike` the properties that were new at the time."""

    row: history.LatestLogin
    browser: str | None
    unlike: tuple[NewProperty, ...]
    is_this_device: bool


@dataclass(frozen=True, slots=True)
class MySignatures:
    """Logins and signatures of the calling phone."""

    db: Database

    async def page(
        self,
        login: PhoneLogin,
        *,
        before: tuple[int, bytes] | None,
        words: str | None,
        kind: Kind | None,
        limit: int,
    ) -> tuple[SignatureMessage, ...]:
        """Returns a page of signatures, newest first; `before` is (signed_at, sid) of the previous page's last one.

        Raises: SealBroken.
        """
        before_at, before_sid = before or (_LATEST, b"")
        rows = await history.signatures_page(
            self.db,
            device_id=login.device_id,
            account_id=login.account_id,
            before_at=before_at,
            before_sid=before_sid,
            page_size=limit,
            words=words,
            purpose=None if kind is None else _PURPOSES[kind],
        )
        return tuple([_listed(row) for row in rows])

    async def one(self, login: PhoneLogin, sid: bytes, *, now: int) -> MadeSignature:
        """Returns one signature in full. Raises: NotFound, also for another phone's; SealBroken."""
        row = await history.find_signature(
            self.db, sid=sid, device_id=login.device_id, account_id=login.account_id
        )
        if row is None:
            raise NotFound
        display, name = read_display(row.display), FORMATS[row.format]
        return MadeSignature(
            row=row,
            lines=tuple({"label": label, "value": value} for label, value in display.lines),
            content_digest=_content_digest(display, row),
            display_bound=signs_attributes(name, display.options),
            drawing=_drawing(display, row.sid, row.drawing),
            signer=_signer(row),
            certificate_state=_state(row, now=now),
        )

    async def new_properties(
        self, login: PhoneLogin, request_id: str, *, now: int
    ) -> tuple[NewProperty, ...]:
        """Returns the properties of this login (computer, network) that are new for the account.

        Compares with the account's logins of the last 180 days. `computer` is the system and browser that the
        page reports, `network` an IPv4 /24 or IPv6 /56. A property that can't be compared is omitted. Raises:
        NotFound (not this phone's request to confirm).
        """
        place = await history.login_place(
            self.db, request_id=request_id, device_id=login.device_id, account_id=login.account_id
        )
        if place is None:
            raise NotFound
        return await new_properties(self.db, login.account_id, request_id, place, now=now)

    async def logins(self, login: PhoneLogin, *, now: int) -> tuple[PcLogin, ...]:
        """Returns the account's latest logins at business systems with the new properties of each, newest first.

        Includes logins by all its phones, since the user wants to find logins that weren't theirs.
        """
        rows = await history.latest_logins(
            self.db, account_id=login.account_id, since=now - _REMEMBERED_MS, most=SHOWN_LOGINS + _REMEMBERED
        )
        places = [history.LoginPlace(row.pc_browser, row.pc_address) for row in rows]
        return tuple(
            PcLogin(
                row,
                browser=(browser_name(row.pc_browser) or None) if row.pc_browser else None,
                unlike=_new_properties(places[at], places[at + 1 : at + 1 + _REMEMBERED]),
                is_this_device=row.device_id == login.device_id,
            )
            for at, row in enumerate(rows[:SHOWN_LOGINS])
        )


async def new_properties(
    db: Database, account_id: str, request_id: str, place: history.LoginPlace, *, now: int
) -> tuple[NewProperty, ...]:
    """Returns the properties of this login's place not seen in the account's other logins of the last 180 days."""
    before = await history.earlier_places(
        db, account_id=account_id, but=request_id, since=now - _REMEMBERED_MS, most=_REMEMBERED
    )
    return _new_properties(place, before)


def _new_properties(
    place: history.LoginPlace, before: Sequence[history.LoginPlace]
) -> tuple[NewProperty, ...]:
    compared: tuple[tuple[NewProperty, str, list[str]], ...] = (
        ("computer", _computer(place), [_computer(other) for other in before]),
        ("network", _network(place), [_network(other) for other in before]),
    )
    return tuple(what for what, this, others in compared if this and any(others) and this not in others)


def _computer(place: history.LoginPlace) -> str:
    """Returns system and browser without version, which changes by updates; empty if unknown."""
    return re.sub(r" \d+\Z", "", browser_name(place.browser or ""))


def _network(place: history.LoginPlace) -> str:
    network = prefix_subject(place.address or "")
    return "" if network == UNKNOWN_ADDRESS else network


def _listed(row: history.ListedSignature) -> SignatureMessage:
    return SignatureMessage(
        sid=row.sid.hex(),
        kind="login" if row.purpose == "login" else "signature",
        title=row.title,
        media_type=row.media_type,
        drawn=_drawn(row),
        confirmed=None if row.confirmed is None else msgspec.convert(row.confirmed, Confirmed),
        business_name=row.business_name,
        signed_at=row.signed_at,
        serial=row.serial,
        digest=row.digest.hex(),
    )


class _Amount(msgspec.Struct, frozen=True):
    values: tuple[DrawnValue, ...]


class _Head(msgspec.Struct, frozen=True):
    """What a list shows of a view's lines."""

    title: str
    amount: _Amount | None


_head: Final = msgspec.json.Decoder(_Head).decode


def _drawn(row: history.ListedSignature) -> DrawnMessage | None:
    """Returns title and sums of the stored lines, None without them. Raises: SealBroken as `_drawing`."""
    if row.display is None:
        return None
    drawing = _drawing(read_display(row.display), row.sid, row.drawing)
    if drawing is None:
        return None
    head = _head(drawing)
    return DrawnMessage(head.title, () if head.amount is None else head.amount.values)


def _drawing(kept: StoredDisplay, sid: bytes, drawing: bytes | None) -> bytes | None:
    """Returns the stored lines of the view. Raises: SealBroken if they aren't those whose SM3 the display names."""
    if drawing is not None and (kept.drawing is None or kept.drawing.drawn != sm3(drawing)):
        raise SealBroken("tasks", sid)
    return drawing


def _signer(row: history.SignatureDetail) -> SignerMessage | None:
    """Returns the holder in the certificate; None for a signature made before there was one."""
    if None in {row.common_name, row.organisation, row.credit_code, row.shield_number}:
        return None
    return SignerMessage(
        str(row.common_name),
        str(row.organisation),
        str(row.credit_code),
        "legal_person" if row.role == "legal_person" else "operator",
        str(row.shield_number),
    )


def _content_digest(kept: StoredDisplay, row: history.SignatureDetail) -> bytes:
    if kept.bound is not None:
        return kept.bound.content
    return row.erased_digest or sm3(row.message)


def _state(row: history.SignatureDetail, *, now: int) -> str | None:
    if row.state is None or row.not_after is None:
        return None
    expired = is_expired(state=CertificateState(row.state), not_after=row.not_after, now=now)
    return "expired" if expired else row.state
