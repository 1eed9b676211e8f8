"""Proof by the legal person's own shield at the portal: for logins and sensitive acts.

The service creates a request like a business system does, so that the phone shows the requester, the PC and
the content. A signature is valid once, for exactly the stated act, and only for a short time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.signed_attributes import parse_signed_attributes
from mshield.server.accounts.rows import portal_sessions as store
from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.errors import Forbidden, NotFound
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.errors import ExpiredRequest, NotSigned, RequestClosed, WrongStatusToken
from mshield.server.requests.own_system import OwnSystem, own_document
from mshield.server.requests.rows.requests import Result
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID
from mshield.wire import shield_number

_GRACE_MS: Final = 120_000
_SHOWN: Final = 10
_TYPE: Final = "mshield-portal-revocation/v1"


@dataclass(frozen=True, slots=True)
class Pc:
    """The requesting PC, as the phone shows it."""

    address: str
    browser: str | None


class Signable(Protocol):
    """Act that can be confirmed by a signature of the legal person's own shield."""

    @property
    def title(self) -> str:
        """Title of the document."""
        ...

    def terms(self) -> dict[str, object]:
        """Returns the normalised terms to sign; the act then carried out must have the same terms."""
        ...

    def lines(self, enterprise: ManagedEnterprise) -> tuple[tuple[str, str], ...]:
        """Returns the lines that the phone shows."""
        ...


@dataclass(frozen=True, slots=True)
class Revocation:
    """A batch to revoke, as requested and as signed; numbers in any spelling and order."""

    credit_code: str
    numbers: Sequence[str]
    reason: str
    cause: str

    title: ClassVar[str] = "作废手机盾"

    def terms(self) -> dict[str, object]:
        """Returns the normalised terms to sign."""
        numbers = sorted({shield_number.parse_number(number) or number for number in self.numbers})
        return {
            "type": _TYPE,
            "credit_code": self.credit_code,
            "shield_numbers": numbers,
            "reason": self.reason,
            "cause": self.cause,
        }

    def lines(self, enterprise: ManagedEnterprise) -> tuple[tuple[str, str], ...]:
        """Returns the lines that the phone shows."""
        numbers = sorted({shield_number.parse_number(number) or number for number in self.numbers})
        shown_numbers = "、".join(map(_displayed, numbers[:_SHOWN]))
        rest = f" 等 {len(numbers)} 个" if len(numbers) > _SHOWN else ""
        return (
            ("操作", "作废手机盾，不能撤销"),
            ("企业", enterprise.name),
            ("手机盾号", shown_numbers + rest),
            ("原因", self.reason),
        )


@dataclass(frozen=True, slots=True)
class OwnShield:
    """Makes requests to the legal person's phone, and evaluates its answers."""

    db: Database
    system: OwnSystem

    async def ask_login(self, pc: Pc, *, now: int) -> CreatedRequest:
        """Creates a login request, to be scanned. Raises: TooManyRequests."""
        return await self.system.create("login", (), address=pc.address, browser=pc.browser, now=now)

    async def ask_signature(
        self, enterprise: ManagedEnterprise, wanted: Signable, pc: Pc, *, now: int
    ) -> CreatedRequest:
        """Creates a request to sign the act, to be scanned. Raises: TooManyRequests."""
        document = own_document(wanted.title, wanted.terms(), wanted.lines(enterprise), now=now)
        return await self.system.create(
            "signature", (document,), address=pc.address, browser=pc.browser, now=now
        )

    async def account_of_login(self, request_id: str, status_token: str, *, now: int) -> str:
        """Returns the account whose shield logged in, and marks the request as used.

        Raises: WrongStatusToken, NotFound, NotSigned, ExpiredRequest, RequestClosed (used already).
        """
        if not self.system.ask.secrets.is_status_token(request_id, status_token):
            raise WrongStatusToken
        await self._signed(request_id, "login", now=now)
        account_id = await self._signer(request_id, "login")
        await self.db.write(lambda tx: use(tx, request_id, now=now))
        return account_id

    async def require(self, person: LegalPerson, request_id: str, wanted: Signable, *, now: int) -> None:
        """Checks that this legal person has recently signed exactly this act; `use` then marks the request as used.

        Raises: NotFound, NotSigned, ExpiredRequest, Forbidden (another signer, or another act), SealBroken
        (content changed).
        """
        result = await self._signed(request_id, "signature", now=now)
        if await self._signer(request_id, "signature") != person.account_id:
            raise Forbidden(reason="signer")
        (document,) = result.signed
        content = document.content or b""
        # The signature covers only the digest; the stored content itself could have been changed, so compare
        # the digests.
        if sm3(content) != parse_signed_attributes(document.message).message_digest:
            raise SealBroken("tasks", request_id)
        signed = json.loads(content)
        if {name: signed.get(name) for name in wanted.terms()} != wanted.terms():
            raise Forbidden(reason="content")

    async def _signed(self, request_id: str, kind: str, *, now: int) -> Result:
        result = await self.system.result(request_id, now=now)
        if result.kind != kind:
            raise NotFound
        if now > result.expires_at + _GRACE_MS:
            raise ExpiredRequest
        return result

    async def _signer(self, request_id: str, kind: str) -> str:
        signer = await store.signer(self.db, request_id=request_id, client_id=OWN_CLIENT_ID)
        if signer is None or signer.kind != kind:
            raise NotSigned
        return signer.account_id


async def use(tx: Tx, request_id: str, *, now: int) -> None:
    """Spends a signed request. Raises: RequestClosed (used already)."""
    if not await store.use_request(tx, request_id=request_id, now=now):
        raise RequestClosed(state="signed")


def _displayed(number: str) -> str:
    parsed = shield_number.parse_number(number)
    return number if parsed is None else shield_number.display_number(parsed)
