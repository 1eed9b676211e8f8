"""A device's certificate: issued once its certification request is signed, and shown afterwards.

Safe to repeat at every point: a crash between the signature and the certificate is made good by the next look.
"""

import json
from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.certificates import CertificateState, is_expired
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.pki import csr
from mshield.pki.certificate import parse_certificate
from mshield.pki.names import LeafSubject
from mshield.services.issue import Issue
from mshield.services.session import PhoneLogin, authenticate_phone
from mshield.services.signing_key import PIN_CHANGE_DUE, Caller
from mshield.store import certificates, enrolment, signing
from mshield.store.certificates import CertificateRow, NewCertificate
from mshield.store.database import Database, Tx


@dataclass(frozen=True, slots=True)
class CurrentCertificate:
    """My certificate (我的证书); `state` is `expired` by the clock, whatever is stored. Times in ms.

    `pin_change_due`: so many wrong PINs were tried that the user should choose a new one.
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


@dataclass(frozen=True, slots=True)
class Certificates:
    """Issues and shows the certificate of the phone that asks."""

    db: Database
    engine: Engine
    authorities: Authorities
    issue: Issue

    async def issue_confirmed(self, caller: Caller, *, now: int) -> None:
        """Issues the certificate of an enrolment whose request is signed; does nothing where there is none."""
        await self._issue(await authenticate_phone(self.db, caller, now=now), now=now)

    async def current(self, login: PhoneLogin, *, now: int) -> CurrentCertificate | None:
        """The device's newest certificate, or None before the first."""
        await self._issue(login, now=now)
        row = await certificates.find_newest(self.db, device_id=login.device_id, account_id=login.account_id)
        if row is None or row.der is None:
            return None
        wrong_total = await signing.wrong_total(self.db, uid=row.uid)
        expired = is_expired(state=CertificateState(row.state), not_after=row.not_after, now=now)
        certificate = parse_certificate(row.der)
        return CurrentCertificate(
            state="expired" if expired else row.state,
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
            pin_change_due=wrong_total >= PIN_CHANGE_DUE,
        )

    async def _issue(self, login: PhoneLogin, *, now: int) -> None:
        key = await enrolment.find_confirmed(self.db, device_id=login.device_id, account_id=login.account_id)
        if key is None:
            return
        subject = signed_subject(
            self.engine,
            info=key.request_info,
            signature=key.signature,
            public_key=key.public_key,
            subject=key.subject,
        )
        row = await self._reserve(
            key,
            NewCertificate(
                uid=key.uid,
                request_sid=key.request_sid,
                account_id=key.account_id,
                device_id=key.device_id,
                person_id=key.person_id,
                filing_version=key.filing_version,
                shield_number=key.shield_number,
                organisation=subject.organisation,
                credit_code=key.credit_code,
                role=key.role,
                common_name=subject.common_name,
            ),
            now=now,
        )
        holder = certificates.Holder(key.public_key, key.person_id, key.id_type, key.id_number_box)
        await self.issue.issue_reserved(row, holder, now=now)

    async def _reserve(self, key: enrolment.ConfirmedKey, new: NewCertificate, *, now: int) -> CertificateRow:
        async def work(tx: Tx) -> tuple[enrolment.Admission, CertificateRow | None]:
            admission = await enrolment.admit(tx, key)
            if admission != "admitted":
                return admission, None  # the refusal is durable
            return admission, await self.issue.reserve_in(tx, new, now=now)

        admission, row = await self.db.write(work)
        if row is None:
            raise _refusal(admission)
        return row


def _refusal(admission: enrolment.Admission) -> errors.DomainError:
    match admission:
        case "occupied":
            return errors.AlreadyCertified()
        case "limit":
            return errors.DeviceLimit()
        case "other_account":
            return errors.OtherAccount()
        case "admitted":  # and yet no row: the key is gone
            return errors.Conflict()


def signed_subject(
    engine: Engine, *, info: bytes, signature: bytes, public_key: bytes, subject: str
) -> LeafSubject:
    """The subject that was signed for. The CA trusts no table: it checks the request's signature itself.

    Raises Conflict where the request is for another key or other names; BadSignature.
    """
    asked = LeafSubject(**json.loads(subject))
    if csr.build_request_info(asked, public_key) != info:
        raise errors.Conflict
    sm2.verify(engine, public_key, info, sm2.Signature.from_raw(signature))
    return asked
