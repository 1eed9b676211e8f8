"""Legal persons prove themselves at the portal by their own shield: to log in, and for what is grave.

The service asks as a business system does, so that the phone shows who asks, from which PC, and what is signed. What is
signed serves once, for exactly what it says, and only for a short time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from mshield.domain import errors
from mshield.domain.certificates import shield
from mshield.domain.systems.business_system import OWN_CLIENT_ID
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.signed_attributes import parse_signed_attributes
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.services.requests.ask import Ask, Asked
from mshield.services.requests.document import Document
from mshield.services.requests.own_system import OwnSystem, own_document
from mshield.store.database.interface import Database, SealBroken, Tx
from mshield.store.legal_person import sessions as store
from mshield.store.requests.requests import Result

_GRACE_MS: Final = 120_000
_SHOWN: Final = 10
_TYPE: Final = "mshield-portal-revocation/v1"


@dataclass(frozen=True, slots=True)
class Pc:
    """The PC that asks, as the phone shows it."""

    address: str
    browser: str | None


class Signable(Protocol):
    """What a legal person's own shield can be asked to sign."""

    @property
    def title(self) -> str:
        """The document's."""
        ...

    def terms(self) -> dict[str, object]:
        """What the signature is for, in one form: what is then done must say the same."""
        ...

    def lines(self, enterprise: ManagedEnterprise) -> tuple[tuple[str, str], ...]:
        """What the phone shows."""
        ...


@dataclass(frozen=True, slots=True)
class Revocation:
    """A batch as it is asked for and as it is signed; numbers in any spacing and order."""

    credit_code: str
    numbers: Sequence[str]
    reason: str
    cause: str

    title: ClassVar[str] = "作废手机盾"

    def terms(self) -> dict[str, object]:
        """What the signature is for, in one form."""
        numbers = sorted({shield.parse_number(number) or number for number in self.numbers})
        return {
            "type": _TYPE,
            "credit_code": self.credit_code,
            "shield_numbers": numbers,
            "reason": self.reason,
            "cause": self.cause,
        }

    def lines(self, enterprise: ManagedEnterprise) -> tuple[tuple[str, str], ...]:
        """What the phone shows."""
        numbers = sorted({shield.parse_number(number) or number for number in self.numbers})
        listed = "、".join(map(_displayed, numbers[:_SHOWN]))
        more = f" 等 {len(numbers)} 个" if len(numbers) > _SHOWN else ""
        return (
            ("操作", "作废手机盾，不能撤销"),
            ("企业", enterprise.name),
            ("手机盾号", listed + more),
            ("原因", self.reason),
        )


@dataclass(frozen=True, slots=True)
class OwnShield:
    """Asks the legal person's phone, and takes what it answered."""

    db: Database
    system: OwnSystem
    ask: Ask

    async def ask_login(self, pc: Pc, *, now: int) -> Asked:
        """A request to log in, by scan. Raises TooManyRequests."""
        return await self._ask("login", (), pc, now=now)

    async def ask_signature(
        self, enterprise: ManagedEnterprise, wanted: Signable, pc: Pc, *, now: int
    ) -> Asked:
        """A request to sign what is to be done, by scan. Raises TooManyRequests."""
        document = own_document(wanted.title, wanted.terms(), wanted.lines(enterprise), now=now)
        return await self._ask("signature", (document,), pc, now=now)

    async def account_of_login(self, request_id: str, status_token: str, *, now: int) -> str:
        """Whose shield logged in; the request is used up by it.

        Raises WrongStatusToken, NotFound, NotSigned, ExpiredRequest, and RequestClosed for one that has served.
        """
        if not self.ask.secrets.is_status_token(request_id, status_token):
            raise errors.WrongStatusToken
        await self._signed(request_id, "login", now=now)
        account_id = await self._signer(request_id, "login")
        await self.db.write(lambda tx: use(tx, request_id, now=now))
        return account_id

    async def require(self, person: LegalPerson, request_id: str, wanted: Signable, *, now: int) -> None:
        """Raises unless this legal person has just signed just this; `use` then spends it.

        Raises NotFound, NotSigned, ExpiredRequest, and Forbidden where another signed, or something else.
        """
        result = await self._signed(request_id, "signature", now=now)
        if await self._signer(request_id, "signature") != person.account_id:
            raise errors.Forbidden(reason="signer")
        (document,) = result.signed
        content = document.content or b""
        # The signature is over its digest: the content itself stands in the database as anybody left it.
        if sm3(content) != parse_signed_attributes(document.message).message_digest:
            raise SealBroken("tasks", request_id)
        signed = json.loads(content)
        if {name: signed.get(name) for name in wanted.terms()} != wanted.terms():
            raise errors.Forbidden(reason="content")

    async def _signed(self, request_id: str, kind: str, *, now: int) -> Result:
        result = await self.ask.result(await self.system(now=now), request_id)
        if result.kind != kind:
            raise errors.NotFound
        if now > result.expires_at + _GRACE_MS:
            raise errors.ExpiredRequest
        return result

    async def _signer(self, request_id: str, kind: str) -> str:
        signer = await store.signer(self.db, request_id=request_id, client_id=OWN_CLIENT_ID)
        if signer is None or signer.kind != kind:
            raise errors.NotSigned
        return signer.account_id

    async def _ask(self, kind: str, documents: tuple[Document, ...], pc: Pc, *, now: int) -> Asked:
        return await self.ask.create(
            await self.system(now=now),
            kind=kind,
            documents=documents,
            pc_address=pc.address,
            pc_browser=pc.browser,
            idempotency_key=None,
            body=b"",
            now=now,
        )


async def use(tx: Tx, request_id: str, *, now: int) -> None:
    """Spends a signed request. Raises RequestClosed for one that has served."""
    if not await store.use_request(tx, request_id=request_id, now=now):
        raise errors.RequestClosed(state="signed")


def _displayed(number: str) -> str:
    parsed = shield.parse_number(number)
    return number if parsed is None else shield.display_number(parsed)
