"""Second factors of members of staff: offered, confirmed by their first use, and accepted in a login.

A one-time code or a security key; an offer is for either. What is accepted counts once: a time step, a challenge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.times import MINUTE_MS
from mshield.domain.tokens import token_hash
from mshield.keys.keyring import Keyring
from mshield.services.staff import one_time_code, security_keys
from mshield.services.staff.security_keys import Assertion, KeyRefused, Registration
from mshield.services.staff.session import new_token
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import access
from mshield.store.staff import factors as store
from mshield.store.staff.factors import FactorRow, NewFactor
from mshield.store.staff.members import StaffRow

TOTP_PURPOSE: Final = "staff-totp"
ENROLMENT_PURPOSE: Final = "staff-enrolment"
ENROLMENT_MS: Final = 30 * MINUTE_MS
"""Time to fetch an app and enter the first code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpOffer:
    """A new TOTP: its secret to type, and for apps as an address and a picture of it."""

    secret: str = field(repr=False)
    address: str = field(repr=False)
    picture: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOffer:
    """What a browser's `create` needs: challenge, host, whose key it will be, keys that the member has already."""

    challenge: bytes = field(repr=False)
    host: str
    user_id: bytes
    user_name: str
    exclude: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """What a browser's `get` needs."""

    challenge: bytes = field(repr=False)
    host: str
    allow: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorOffer:
    """A factor that may be added; `enrolment` is its token."""

    enrolment: str = field(repr=False)
    totp: TotpOffer
    key: KeyOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The first use of what was offered: a code, or a key's registration; `label` is its owner's name for it."""

    enrolment: str = field(repr=False)
    label: str = ""
    code: str | None = field(default=None, repr=False)
    registration: Registration | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A factor to insert, and the offer that it spends."""

    factor: NewFactor
    offer_hash: bytes


FactorProof = str | Assertion
"""What a member shows in a login: a one-time code, or a key's signature."""


class CounterWentBack(Exception):
    """A key of the member answered with a counter that was not above its last: it may have a copy."""

    def __init__(self, factor_id: str) -> None:
        self.factor_id = factor_id
        super().__init__(factor_id)


@dataclass(frozen=True, slots=True)
class StaffFactors:
    """Offers, confirms and accepts them."""

    db: Database
    keyring: Keyring = field(repr=False)
    settings: Settings

    async def offer(self, row: StaffRow, *, now: int) -> FactorOffer:
        """A new TOTP and a challenge for a new key, for half an hour."""
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
        return FactorOffer(
            enrolment=enrolment,
            totp=TotpOffer(
                secret=one_time_code.as_text(secret),
                address=address,
                picture=one_time_code.picture_of(address),
            ),
            key=KeyOffer(
                challenge=challenge,
                host=self._host,
                user_id=row.id.encode(),
                user_name=row.name,
                exclude=tuple(factor.credential_id for factor in factors if factor.credential_id is not None),
            ),
        )

    async def confirm(self, staff_id: str, first_use: Confirmation, *, now: int) -> Confirmed:
        """The factor, once its first use was right; nothing is stored.

        Raises StaffLoginOver for an offer that is another's, spent or too old, SecondFactorWrong, SecurityKeyRefused.
        """
        hashed = token_hash(first_use.enrolment)
        offer = await access.find_ceremony(self.db, token_hash=hashed, purpose="enrol", now=now)
        if offer is None or offer.staff_id != staff_id or offer.secret_box is None:
            raise errors.StaffLoginOver
        if first_use.registration is not None:
            return Confirmed(
                self._key(offer.challenge, first_use.registration, first_use.label, now=now), hashed
            )
        secret = self.keyring.open(offer.secret_box, purpose=ENROLMENT_PURPOSE, context=hashed)
        step = one_time_code.step_of(secret, first_use.code or "", now=now)
        if step is None:
            raise errors.SecondFactorWrong
        factor_id = new_id(now)
        box = self.keyring.seal(secret, purpose=TOTP_PURPOSE, context=factor_id.encode())
        factor = NewFactor(id=factor_id, kind="totp", label=first_use.label, secret_box=box, used_step=step)
        return Confirmed(factor, hashed)

    async def accept(self, tx: Tx, staff_id: str, proof: FactorProof, *, challenge: bytes, now: int) -> str:
        """The kind of the member's factor that this proof is of; it never counts again.

        Raises SecondFactorWrong, SecurityKeyRefused, CounterWentBack.
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
        raise errors.SecondFactorWrong

    async def request(self, staff_id: str, challenge: bytes) -> tuple[tuple[str, ...], KeyRequest | None]:
        """The kinds of factor that the member has, and what the browser needs where there are keys among them."""
        factors = await store.of_member(self.db, staff_id=staff_id)
        keys = tuple(factor.credential_id for factor in factors if factor.credential_id is not None)
        kinds = tuple(sorted({factor.kind for factor in factors}))
        if not keys:
            return kinds, None
        return kinds, KeyRequest(challenge=challenge, host=self._host, allow=keys)

    async def _accept_key(
        self, tx: Tx, factors: Sequence[FactorRow], assertion: Assertion, challenge: bytes, *, now: int
    ) -> None:
        keys = {
            factor.credential_id: (factor.id, factor.public_key)
            for factor in factors
            if factor.credential_id is not None and factor.public_key is not None
        }
        if assertion.credential_id not in keys:
            raise errors.SecurityKeyRefused
        factor_id, public_key = keys[assertion.credential_id]
        credentials = [(assertion.credential_id, public_key)]
        try:
            count = security_keys.asserted(self.settings.public_origin, challenge, credentials, assertion)
        except KeyRefused as error:
            raise errors.SecurityKeyRefused from error
        if not await store.use_count(tx, factor_id=factor_id, sign_count=count, now=now):
            raise CounterWentBack(factor_id)

    def _key(self, challenge: bytes, registration: Registration, label: str, *, now: int) -> NewFactor:
        try:
            key = security_keys.enrolled(self.settings.public_origin, challenge, registration)
        except KeyRefused as error:
            raise errors.SecurityKeyRefused from error
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
