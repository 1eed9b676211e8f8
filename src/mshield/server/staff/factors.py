"""Second factors of members of staff: offered, confirmed by their first use, and accepted in logins.

A factor is a one-time code (TOTP) or a security key; an offer is for either. Each proof is accepted once: per
time step, or per challenge.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Tx
from mshield.server.keys.sealed_data import SealedData
from mshield.server.settings.site import SiteSettings
from mshield.server.staff import one_time_code, security_keys
from mshield.server.staff.errors import SecondFactorWrong, SecurityKeyRefused, StaffLoginOver
from mshield.server.staff.rows import access
from mshield.server.staff.rows import factors as store
from mshield.server.staff.rows.factors import FactorRow, NewFactor
from mshield.server.staff.rows.members import StaffRow
from mshield.server.staff.rules import Kind
from mshield.server.staff.security_keys import Assertion, KeyRefused, Registration
from mshield.server.staff.session import new_token
from mshield.wire.ids import new_id
from mshield.wire.messages import SecretAnswerMessage
from mshield.wire.times import MINUTE_MS
from mshield.wire.tokens import base64url, token_hash

TOTP_PURPOSE: Final = "staff-totp"
ENROLMENT_PURPOSE: Final = "staff-enrolment"
ENROLMENT_MS: Final = 30 * MINUTE_MS
"""Time (ms) to install an app and enter the first code."""


class TotpOfferMessage(SecretAnswerMessage, frozen=True):
    """A new TOTP: `secret` is base32 to type; for apps, `address` (otpauth:) and `picture`, a data: URL."""

    secret: str
    address: str
    picture: str


class KeyOfferMessage(SecretAnswerMessage, frozen=True):
    """Options for `navigator.credentials.create`: user verification is required, no attestation is requested."""

    challenge: str
    rp_id: str
    rp_name: str
    user_id: str
    user_name: str
    algorithms: tuple[int, ...]
    exclude: tuple[str, ...]


class KeyRequestMessage(SecretAnswerMessage, frozen=True):
    """Options for `navigator.credentials.get`: `allow` are the member's keys; user verification is required."""

    challenge: str
    rp_id: str
    allow: tuple[str, ...]


class FactorOfferMessage(SecretAnswerMessage, frozen=True):
    """A second factor that can be added, as a TOTP or as a security key; `enrolment` identifies it."""

    enrolment: str
    totp: TotpOfferMessage
    key: KeyOfferMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """First use of an offered factor: a code, or a key's registration; `label` is the name given by its owner."""

    enrolment: str = field(repr=False)
    label: str = ""
    code: str | None = field(default=None, repr=False)
    registration: Registration | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Factor to insert, and the hash of the offer that it spends."""

    factor: NewFactor
    offer_hash: bytes


FactorProof = str | Assertion
"""Proof of a second factor in a login: a one-time code, or a key's signature."""


class CounterWentBack(Exception):
    """Error: the counter of a key's response was not above its last one, so the key may have a copy."""

    def __init__(self, factor_id: str) -> None:
        self.factor_id = factor_id
        super().__init__(factor_id)


@dataclass(frozen=True, slots=True)
class StaffFactors(SealedData):
    """Offers, confirms and accepts second factors."""

    settings: SiteSettings

    async def offer(self, row: StaffRow, *, now: int) -> FactorOfferMessage:
        """Offers a new TOTP and a challenge for a new key, valid for half an hour."""
        enrolment, secret, challenge = new_token(), one_time_code.new_secret(), security_keys.new_challenge()
        hashed = token_hash(enrolment)
        box = self.keyring.seal(secret, purpose=ENROLMENT_PURPOSE, context=hashed)
        ceremony = access.Ceremony(row.id, box, challenge)
        await self.db.write(
            lambda tx: access.insert_ceremony(
                tx, ceremony, token_hash=hashed, purpose="enrol", expires_at=now + ENROLMENT_MS
            )
        )
        address = one_time_code.address_of(secret, name=row.name)
        factors = await store.of_member(self.db, staff_id=row.id)
        return FactorOfferMessage(
            enrolment=enrolment,
            totp=TotpOfferMessage(
                secret=one_time_code.as_text(secret),
                address=address,
                picture=one_time_code.picture_of(address),
            ),
            key=KeyOfferMessage(
                challenge=base64url(challenge),
                rp_id=self._host,
                rp_name=security_keys.RP_NAME,
                user_id=base64url(row.id.encode()),
                user_name=row.name,
                algorithms=security_keys.ALGORITHMS,
                exclude=_ids(factors),
            ),
        )

    async def confirm(self, staff_id: str, first_use: Confirmation, *, now: int) -> Confirmed:
        """Checks the first use of an offer and returns the factor; stores nothing.

        Raises: StaffLoginOver (another member's offer, spent or expired), SecondFactorWrong,
        SecurityKeyRefused.
        """
        hashed = token_hash(first_use.enrolment)
        offer = await access.find_ceremony(self.db, token_hash=hashed, purpose="enrol", now=now)
        if offer is None or offer.staff_id != staff_id or offer.secret_box is None:
            raise StaffLoginOver
        if first_use.registration is not None:
            return Confirmed(
                self._key(offer.challenge, first_use.registration, first_use.label, now=now), hashed
            )
        secret = self.keyring.open(offer.secret_box, purpose=ENROLMENT_PURPOSE, context=hashed)
        step = one_time_code.step_of(secret, first_use.code or "", now=now)
        if step is None:
            raise SecondFactorWrong
        factor_id = new_id(now)
        box = self.keyring.seal(secret, purpose=TOTP_PURPOSE, context=factor_id.encode())
        factor = NewFactor(id=factor_id, kind="totp", label=first_use.label, secret_box=box, used_step=step)
        return Confirmed(factor, hashed)

    async def accept(self, tx: Tx, staff_id: str, proof: FactorProof, *, challenge: bytes, now: int) -> str:
        """Accepts a proof, once, and returns the kind of its factor.

        Raises: SecondFactorWrong, SecurityKeyRefused, CounterWentBack.
        """
        factors = await store.of_member(tx, staff_id=staff_id)
        if isinstance(proof, Assertion):
            await self._accept_key(tx, factors, proof, challenge, now=now)
            return "webauthn"
        for factor in factors:
            if factor.secret_box is None:
                continue
            secret = self.keyring.open(factor.secret_box, purpose=TOTP_PURPOSE, context=factor.id.encode())
            step = one_time_code.step_of(secret, proof, now=now)
            if step is not None and await store.use_step(tx, factor_id=factor.id, step=step, now=now):
                return "totp"
        raise SecondFactorWrong

    async def request(
        self, staff_id: str, challenge: bytes
    ) -> tuple[tuple[Kind, ...], KeyRequestMessage | None]:
        """Returns the kinds of the member's factors, and the browser's parameters if there are keys among them."""
        factors = await store.of_member(self.db, staff_id=staff_id)
        keys = _ids(factors)
        kinds = tuple(sorted({factor.kind for factor in factors}))
        if not keys:
            return kinds, None
        return kinds, KeyRequestMessage(base64url(challenge), self._host, keys)

    async def _accept_key(
        self, tx: Tx, factors: Sequence[FactorRow], assertion: Assertion, challenge: bytes, *, now: int
    ) -> None:
        keys = {
            factor.credential_id: (factor.id, factor.public_key)
            for factor in factors
            if factor.credential_id is not None and factor.public_key is not None
        }
        if assertion.credential_id not in keys:
            raise SecurityKeyRefused
        factor_id, public_key = keys[assertion.credential_id]
        credentials = [(assertion.credential_id, public_key)]
        try:
            count = security_keys.asserted(self.settings.public_origin, challenge, credentials, assertion)
        except KeyRefused as error:
            raise SecurityKeyRefused from error
        if not await store.use_count(tx, factor_id=factor_id, sign_count=count, now=now):
            raise CounterWentBack(factor_id)

    def _key(self, challenge: bytes, registration: Registration, label: str, *, now: int) -> NewFactor:
        try:
            key = security_keys.enrolled(self.settings.public_origin, challenge, registration)
        except KeyRefused as error:
            raise SecurityKeyRefused from error
        return NewFactor(
            id=new_id(now),
            kind="webauthn",
            label=label,
            credential_id=key.credential_id,
            public_key=key.public_key,
            sign_count=key.sign_count,
        )

    @property
    def _host(self) -> str:
        return security_keys.host_of(self.settings.public_origin)


def _ids(factors: Iterable[FactorRow]) -> tuple[str, ...]:
    """Returns the security keys among the factors as a browser names them."""
    return tuple(base64url(factor.credential_id) for factor in factors if factor.credential_id is not None)
