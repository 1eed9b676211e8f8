"""Signatures made by a phone (我的签名, manual 2.3.1.7): list, search, sums by month, and details.

Also compares a login's PC and network with those of the account's earlier logins.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.display import Confirmed
from mshield.pki.signatures.formats import FORMATS, signs_attributes
from mshield.pki.signatures.stored_display import StoredDisplay, read_display
from mshield.server.accounts.session import PhoneLogin
from mshield.server.certificates.rules.states import CertificateState, is_expired
from mshield.server.database.interface import Database, SealBroken
from mshield.server.errors import NotFound, TooManyRequests
from mshield.server.requests.rows import my_signatures as history
from mshield.server.runtime.allowances import CallerAllowance
from mshield.server.values.browser_name import browser_name
from mshield.server.values.throttling import UNKNOWN_ADDRESS, prefix_subject
from mshield.views.values import Decimal, decimal
from mshield.wire.business import SignerMessage
from mshield.wire.phone.signatures import (
    DrawnMessage,
    DrawnValue,
    Kind,
    MonthMessage,
    MonthsMessage,
    SignatureMessage,
)
from mshield.wire.times import DAY_MS, MINUTE_MS

_PURPOSES: Final[Mapping[Kind, str]] = {"login": "login", "signature": "sign"}
_LATEST: Final = 2**62
_CHUNK: Final = 100
SEARCHED: Final = 500
"""Signatures read by one search; `next` continues after them."""
COUNTED: Final = 3_000
"""Signatures read for the sums of the months, newest first."""
MOST_SEARCHES: Final = 120
"""Maximum searches of an account per minute and process: each reads up to `SEARCHED` sealed documents."""
MOST_SUMS: Final = 20
"""Maximum sums of an account per minute and process: each reads up to `COUNTED` sealed documents."""
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
class ListedPage:
    """Signatures, newest first, and the place (signed_at, sid) of the last one read; None if there are no more."""

    items: tuple[SignatureMessage, ...]
    next: tuple[int, bytes] | None


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
    _scans: CallerAllowance = field(
        default_factory=lambda: CallerAllowance(window=MINUTE_MS), init=False, repr=False
    )

    async def page(
        self,
        login: PhoneLogin,
        *,
        before: tuple[int, bytes] | None,
        words: str | None,
        kind: Kind | None,
        limit: int,
        now: int,
    ) -> ListedPage:
        """Returns a page of signatures, newest first; `before` is the previous page's `next`, or a time (ms) alone.

        `words` are part of what a row shows, or its whole amount. Raises: SealBroken, TooManyRequests (of
        searches).
        """
        wanted = None
        if words is not None:
            self._require_few(f"search {login.account_id}", most=MOST_SEARCHES, now=now)
            wanted = _Wanted.of(words)
        items: list[SignatureMessage] = []
        most = limit if wanted is None else SEARCHED
        seen = 0
        async for row in self._rows(login, before=before, kind=kind, most=most):
            seen += 1
            found = _listed(row)
            if wanted is None or wanted.matches(found):
                items.append(found)
            if len(items) == limit or seen == most:
                return ListedPage(tuple(items), (row.signed_at, row.sid))
        return ListedPage(tuple(items), None)

    async def months(self, login: PhoneLogin, *, zone: ZoneInfo, now: int) -> MonthsMessage:
        """Returns the months of the newest `COUNTED` signatures, with the sums that the views drew.

        Raises: SealBroken, TooManyRequests.
        """
        self._require_few(f"months {login.account_id}", most=MOST_SUMS, now=now)
        months: dict[str, _Month] = {}
        seen = 0
        async for row in self._rows(login, before=None, kind="signature", most=COUNTED):
            seen += 1
            name = f"{datetime.fromtimestamp(row.signed_at / 1000, zone):%Y-%m}"
            months.setdefault(name, _Month()).add(head_of(row.sid, row.display, row.drawing))
        return MonthsMessage(
            tuple([month.message(name) for name, month in months.items()]), whole=seen < COUNTED
        )

    def _require_few(self, caller: str, *, most: int, now: int) -> None:
        if wait := self._scans.spend(caller, most=most, now=now):
            raise TooManyRequests(retry_after=wait)

    async def _rows(
        self, login: PhoneLogin, *, before: tuple[int, bytes] | None, kind: Kind | None, most: int
    ) -> AsyncIterator[history.ListedSignature]:
        """Yields at most `most` rows, newest first."""
        left = most
        before_at, before_sid = before or (_LATEST, b"")
        while left > 0:
            size = min(left, _CHUNK)
            rows = await history.signatures_page(
                self.db,
                device_id=login.device_id,
                account_id=login.account_id,
                before_at=before_at,
                before_sid=before_sid,
                page_size=size,
                purpose=None if kind is None else _PURPOSES[kind],
            )
            for row in rows:
                yield row
            if len(rows) < size:
                return
            left -= size
            before_at, before_sid = rows[-1].signed_at, rows[-1].sid

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


class Money(msgspec.Struct, frozen=True):
    """An amount in a view's lines: `currency` is its code, `number` canonical, `text` as the phone shows it."""

    currency: str | None
    name: str | None
    number: str
    text: str

    @property
    def spoken(self) -> str:
        """The amount after its currency's name, where that is known."""
        return self.text if self.name is None else f"{self.name} {self.text}"


class _Amount(msgspec.Struct, frozen=True):
    values: tuple[Money, ...]


class _Named(msgspec.Struct, frozen=True):
    number: str | None
    party: str | None


class Head(msgspec.Struct, frozen=True):
    """What a list shows of a view's lines."""

    title: str
    amount: _Amount | None
    list: _Named

    @property
    def amounts(self) -> tuple[Money, ...]:
        """All amounts, one per currency; none if the view has none."""
        return () if self.amount is None else self.amount.values


_head: Final = msgspec.json.Decoder(Head).decode


def head_of(sid: bytes, display: str | None, drawing: bytes | None) -> Head | None:
    """Returns the head of the stored lines, None without them. Raises: SealBroken as `_drawing`."""
    if display is None:
        return None
    lines = _drawing(read_display(display), sid, drawing)
    return None if lines is None else _head(lines)


def drawn_title(row: history.SignedOfRequest) -> str | None:
    """Returns the title that the view drew of a signed document, with its number; None without a view."""
    head = head_of(row.sid, row.display, row.drawing)
    return None if head is None else " ".join(filter(None, (head.title, head.list.number)))


def _drawn(row: history.ListedSignature) -> DrawnMessage | None:
    head = head_of(row.sid, row.display, row.drawing)
    if head is None:
        return None
    amounts = tuple([DrawnValue(value.currency, value.name, value.text) for value in head.amounts])
    return DrawnMessage(head.title, head.list.party, head.list.number, amounts)


@dataclass(slots=True)
class _Month:
    """Sums of a month by currency, each with the currency's name."""

    count: int = 0
    unsummed: int = 0
    sums: dict[str, tuple[str | None, Decimal]] = field(default_factory=dict)

    def add(self, head: Head | None) -> None:
        """Counts a document, and adds its amounts unless one has no currency or no number."""
        self.count += 1
        added: list[tuple[str, str | None, Decimal]] = []
        for value in () if head is None else head.amounts:
            number = decimal(value.number, separators=False)
            if value.currency is None or number is None:
                self.unsummed += 1
                return
            added.append((value.currency, value.name, number))
        self.unsummed += head is None
        for currency, name, number in added:
            first_name, sum_ = self.sums.get(currency, (name, Decimal(0, 0)))
            self.sums[currency] = (first_name, sum_ + number)

    def message(self, month: str) -> MonthMessage:
        sums = tuple([DrawnValue(code, name, total.text) for code, (name, total) in self.sums.items()])
        return MonthMessage(month, self.count, sums, self.unsummed)


_NUMBER: Final = re.compile(r"\d{1,30}(\.\d{1,30})?")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Search words: part of a text that the row shows, or an amount, with its decimals or without them."""

    text: str
    amount: Decimal | None
    has_decimals: bool

    @classmethod
    def of(cls, words: str) -> "_Wanted":
        text = words.strip().lower()
        number = _NUMBER.fullmatch(re.sub(r"[,，\s]", "", text))
        amount = None if number is None else decimal(number[0], separators=False)
        return cls(text, amount, has_decimals=number is not None and number[1] is not None)

    def matches(self, found: SignatureMessage) -> bool:
        drawn = found.drawn
        texts = (
            (found.title, found.business_name)
            if drawn is None
            else (drawn.title, drawn.party, drawn.number, found.business_name)
        )
        if any(text is not None and self.text in text.lower() for text in texts):
            return True
        if self.text.replace("-", "") == found.sid:
            return True
        return drawn is not None and any(self._is(amount.text) for amount in drawn.amounts)

    def _is(self, text: str) -> bool:
        if self.amount is None:
            return False
        number = decimal(text, separators=True)
        if number is None:
            return False
        if self.has_decimals:
            return number.reduced == self.amount.reduced
        return Decimal(number.value // 10**number.scale, 0) == self.amount


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
