"""What a phone has signed: my signatures (我的签名, manual 2.3.1.7), found again by their words, and each in full.

And whether a login's PC and network are among those of the account's logins before.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.browser_name import browser_name
from mshield.domain.certificates.states import CertificateState, is_expired
from mshield.domain.throttling import UNKNOWN_ADDRESS, prefix_subject
from mshield.domain.times import DAY_MS
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.formats import FORMATS, signs_attributes
from mshield.pki.signatures.kept_display import KeptDisplay, read_display
from mshield.services.accounts.session import PhoneLogin
from mshield.store.database.interface import Database
from mshield.store.requests import my_signatures as history

Kind = Literal["login", "signature"]
_PURPOSES: Final[Mapping[Kind, str]] = {"login": "login", "signature": "sign"}
_LATEST: Final = 2**62
_REMEMBERED: Final = 50
_REMEMBERED_MS: Final = 180 * DAY_MS
"""With how many logins a new one is compared, and of how long ago."""
SHOWN_LOGINS: Final = 20

Unlike = Literal["computer", "network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSignature:
    """One signature in full; `certificate_state` is the certificate's now, `expired` by the clock. Times in ms.

    `content_digest` is SM3 of the document, which by a CMS is not what was signed. `display_bound`: the signature is
    over what was shown too.
    """

    row: history.SignatureDetail
    lines: tuple[Mapping[str, str], ...]
    content_digest: bytes
    display_bound: bool
    certificate_state: str | None


@dataclass(frozen=True, slots=True)
class PcLogin:
    """A login at a PC; `browser` is its system and browser in words, `unlike` what was new of it then."""

    row: history.LatestLogin
    browser: str | None
    unlike: tuple[Unlike, ...]
    is_this_device: bool


@dataclass(frozen=True, slots=True)
class MySignatures:
    """Logins and signatures of the phone that asks."""

    db: Database

    async def page(
        self,
        login: PhoneLogin,
        *,
        before: tuple[int, bytes] | None,
        words: str | None,
        kind: Kind | None,
        limit: int,
    ) -> list[history.PastSignature]:
        """Newest first; `before` is (signed_at, sid) of the last one seen."""
        before_at, before_sid = before or (_LATEST, b"")
        return await history.signatures_page(
            self.db,
            device_id=login.device_id,
            account_id=login.account_id,
            before_at=before_at,
            before_sid=before_sid,
            page_size=limit,
            words=words,
            purpose=None if kind is None else _PURPOSES[kind],
        )

    async def one(self, login: PhoneLogin, sid: bytes, *, now: int) -> MadeSignature:
        """Raises NotFound, also for another phone's."""
        row = await history.find_signature(
            self.db, sid=sid, device_id=login.device_id, account_id=login.account_id
        )
        if row is None:
            raise errors.NotFound
        kept, name = read_display(row.display), FORMATS[row.format]
        return MadeSignature(
            row=row,
            lines=tuple({"label": label, "value": value} for label, value in kept.lines),
            content_digest=_content_digest(kept, row),
            display_bound=signs_attributes(name, kept.options),
            certificate_state=_state(row, now=now),
        )

    async def unlike(self, login: PhoneLogin, request_id: str, *, now: int) -> tuple[Unlike, ...]:
        """What of this login the account's logins of half a year have not had; nothing where it can't be compared.

        `computer` is system and browser as the page calls itself, `network` an IPv4 /24 or IPv6 /56. Raises NotFound
        for a request that isn't this phone's to confirm.
        """
        place = await history.login_place(
            self.db, request_id=request_id, device_id=login.device_id, account_id=login.account_id
        )
        if place is None:
            raise errors.NotFound
        return await unlike(self.db, login.account_id, request_id, place, now=now)

    async def logins(self, login: PhoneLogin, *, now: int) -> tuple[PcLogin, ...]:
        """The account's latest logins at business systems, with what was new of them then, newest first.

        By whichever of its phones: who looks for a login that wasn't theirs looks for all of them.
        """
        rows = await history.latest_logins(
            self.db, account_id=login.account_id, since=now - _REMEMBERED_MS, most=SHOWN_LOGINS + _REMEMBERED
        )
        places = [history.LoginPlace(row.pc_browser, row.pc_address) for row in rows]
        return tuple(
            PcLogin(
                row,
                browser=(browser_name(row.pc_browser) or None) if row.pc_browser else None,
                unlike=_unlike(places[at], places[at + 1 : at + 1 + _REMEMBERED]),
                is_this_device=row.device_id == login.device_id,
            )
            for at, row in enumerate(rows[:SHOWN_LOGINS])
        )


async def unlike(
    db: Database, account_id: str, request_id: str, place: history.LoginPlace, *, now: int
) -> tuple[Unlike, ...]:
    """What of this login's place the account's others of half a year have not had."""
    before = await history.earlier_places(
        db, account_id=account_id, but=request_id, since=now - _REMEMBERED_MS, most=_REMEMBERED
    )
    return _unlike(place, before)


def _unlike(place: history.LoginPlace, before: Sequence[history.LoginPlace]) -> tuple[Unlike, ...]:
    compared: tuple[tuple[Unlike, str, list[str]], ...] = (
        ("computer", _computer(place), [_computer(other) for other in before]),
        ("network", _network(place), [_network(other) for other in before]),
    )
    return tuple(what for what, this, others in compared if this and any(others) and this not in others)


def _computer(place: history.LoginPlace) -> str:
    """Without the browser's version, which changes by itself; empty where it isn't known."""
    return re.sub(r" \d+\Z", "", browser_name(place.browser or ""))


def _network(place: history.LoginPlace) -> str:
    network = prefix_subject(place.address or "")
    return "" if network == UNKNOWN_ADDRESS else network


def _content_digest(kept: KeptDisplay, row: history.SignatureDetail) -> bytes:
    if kept.bound is not None:
        return kept.bound.content
    if row.erased_digest is not None:
        return row.erased_digest
    attributes = kept.attributes(FORMATS[row.format], row.message)
    return sm3(row.message) if attributes is None else attributes.message_digest


def _state(row: history.SignatureDetail, *, now: int) -> str | None:
    if row.state is None or row.not_after is None:
        return None
    expired = is_expired(state=CertificateState(row.state), not_after=row.not_after, now=now)
    return "expired" if expired else row.state
