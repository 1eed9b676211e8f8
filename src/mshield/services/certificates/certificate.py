"""A device's certificate: issued once its certification request is signed, and shown afterwards.

Three commits, each of which leaves what the next needs: the signed request, the reservation, the certificate. A crash
between two of them is made good by the phone's next look, or by its repeat of `finish`.
"""

import contextlib
import json
from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.certificates import pin_tries
from mshield.domain.certificates.states import CertificateState, shown_state
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.errors import NoAuthority
from mshield.pki.certificates import csr
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.names import LeafSubject
from mshield.services.accounts.session import Caller, PhoneLogin
from mshield.services.certificates.issue import Issue, new_certificate, reservation_of
from mshield.services.identity.proofs import Proofs
from mshield.store.certificates import certificates, issuing
from mshield.store.certificates import changes as certificate_changes
from mshield.store.certificates.certificates import CertificateRow, NewCertificate, Reservation
from mshield.store.certificates.changes import EventRow
from mshield.store.certificates.issuing import ConfirmedKey
from mshield.store.database.interface import Database, Tx
from mshield.store.signing import sessions as signing


@dataclass(frozen=True, slots=True)
class CurrentCertificate:
    """My certificate (我的证书); `state` is `expired` by the clock, whatever is stored. Times in ms.

    `pin_change_due`: so many wrong PINs were tried that the user should choose a new one. `changes`: the oldest first.
    """

    state: str
    holds: frozenset[str]
    serial: str
    shield_number: str
    pem: str
    chain_pem: tuple[str, ...]
    subject: LeafSubject
    not_before: int
    not_after: int
    pin_change_due: bool
    changes: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class Certificates:
    """Issues and shows the certificate of the phone that asks."""

    db: Database
    engine: Engine
    authorities: Authorities
    issue: Issue
    proofs: Proofs

    async def issue_confirmed(self, caller: Caller, *, now: int) -> None:
        """Issues the certificate of an enrolment whose request is signed; does nothing without such a request.

        Raises Unauthenticated; NoFiling, IdentityUnproven, AlreadyCertified, DeviceLimit, OtherAccount where the
        application is refused at last; Unavailable where the issuing CA is revoked; Conflict where the request is for
        other names than the application, or the reservation has ended.
        """
        login = await issuing.find_by_token(self.db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
        if not login.valid:
            raise errors.Unauthenticated
        if login.key is not None:
            await self._issue(login.key, now=now)

    async def current(self, login: PhoneLogin, *, now: int) -> CurrentCertificate | None:
        """The device's newest certificate, or None before the first. Raises what `issue_confirmed` raises."""
        key = await issuing.find_of_device(self.db, device_id=login.device_id, account_id=login.account_id)
        if key is not None:
            await self._issue(key, now=now)
        row = await certificates.find_newest(self.db, device_id=login.device_id, account_id=login.account_id)
        if row is None or row.der is None:
            return None
        wrong_total = await signing.wrong_total(self.db, uid=row.uid)
        certificate = parse_certificate(row.der)
        return CurrentCertificate(
            state=shown_state(state=CertificateState(row.state), not_after=row.not_after, now=now),
            holds=row.holds,
            serial=row.serial,
            shield_number=row.shield_number,
            pem=certificate.pem(),
            chain_pem=self.authorities.chain_pem_of(certificate),
            subject=LeafSubject(
                organisation=row.organisation, role=ROLE_NAMES[Role(row.role)][0], common_name=row.common_name
            ),
            not_before=row.not_before,
            not_after=row.not_after,
            pin_change_due=wrong_total >= pin_tries.CHANGE_DUE,
            changes=tuple(await certificate_changes.history(self.db, serial=row.serial)),
        )

    async def _issue(self, key: ConfirmedKey, *, now: int) -> None:
        # Before a serial is spent: a request for other names than the key's application reserves nothing.
        subject = signed_subject(
            self.engine,
            info=key.request_info,
            signature=key.signature,
            public_key=key.public_key,
            subject=key.subject,
        )
        new = new_certificate(key, subject, request_sid=key.request_sid)
        reserved = key.reserved
        if reserved is None:
            await self._require_proven(key, now=now)
            reserved = await self._reserve(key, new, now=now)
        await self.issue.issue_reserved(new, reserved, key.holder, now=now)

    async def _require_proven(self, key: ConfirmedKey, *, now: int) -> None:
        """Once more: what proved the account at its application may have ended since."""
        if not await self.proofs.stands(self.db, key.account_id, key.person_id, Role(key.role), now=now):
            await issuing.refuse(self.db, key)
            raise errors.IdentityUnproven(counts_from=None)

    async def _reserve(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> Reservation:
        # One guarded step first, which nearly always passes. It refuses where anything isn't as it was read, and says
        # no reason; then at most the person's count has grown, which sends others who apply at once this way too.
        with contextlib.suppress(NoAuthority):  # perhaps another process has made one
            reservation = self.issue.new_reservation(now=now)
            version = self.authorities.version
            if await issuing.reserve(self.db, key, new, reservation, authorities=version, now=now):
                return reservation
        return await self._reserve_in_turn(key, new, now=now)

    async def _reserve_in_turn(self, key: ConfirmedKey, new: NewCertificate, *, now: int) -> Reservation:
        async def work(tx: Tx) -> tuple[issuing.Admission, CertificateRow | None]:
            admission = await issuing.admit(tx, key)
            if admission != "admitted":
                # Returned, not raised: the commit makes the key void, so that a repeat isn't admitted once the reason
                # has passed. The phone applies anew.
                return admission, None
            return admission, await self.issue.reserve_in(tx, new, now=now)

        admission, row = await self.db.write(work)
        if row is None:
            raise _refusal(admission)
        return reservation_of(row)


def _refusal(admission: issuing.Admission) -> errors.DomainError:
    match admission:
        case "no_filing":
            return errors.NoFiling()
        case "occupied":
            return errors.AlreadyCertified()
        case "limit":
            return errors.DeviceLimit()
        case "other_account":
            return errors.OtherAccount()
        case "gone" | "admitted":  # the latter without a row: the request's reservation can't be read
            return errors.Conflict()


def signed_subject(
    engine: Engine, *, info: bytes, signature: bytes, public_key: bytes, subject: str
) -> LeafSubject:
    """The subject that was signed for. The CA trusts no table: it checks the request's signature itself.

    Raises Conflict where the request is for another key or other names; BadSignature.
    """
    names = LeafSubject(**json.loads(subject))
    if csr.build_request_info(names, public_key) != info:
        raise errors.Conflict
    sm2.verify(engine, public_key, info, sm2.Signature.from_raw(signature))
    return names
