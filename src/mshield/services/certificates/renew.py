"""Renewing a certificate (更新证书, manual 2.3.1.6, R11, R22), for the person and enterprise of the first application.

The old certificate stays in force until the new one is confirmed; see docs/renewal.md for every step and what a stop
at it leaves. A new key is made by the protocol's enrolment, and the old key consents to it under the PIN.
"""

import json
import secrets
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from mshield.domain import errors
from mshield.domain.certificates import renewal
from mshield.domain.certificates.renewal import Reason, RenewalState
from mshield.domain.certificates.states import CertificateState, Hold, require_usable, usable
from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.gm.transcript import internal_message, renewal_message
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.pki.certificates import csr
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.names import LeafSubject
from mshield.services.accounts.holder import own_id_number
from mshield.services.accounts.session import PhoneLogin
from mshield.services.accounts.sms_codes import SpendCode
from mshield.services.certificates.certificate import signed_subject
from mshield.services.certificates.enrol import (
    Application,
    bring_up_to_date,
    certified_subject,
    challenge_hash,
    find_applicant,
    new_challenge,
    new_key,
    subject_text,
)
from mshield.services.certificates.issue import Issue, new_certificate
from mshield.services.filing.look_up import LookUpFiling
from mshield.settings import Settings
from mshield.store.certificates import certificates, enrolment, renewal_outcome
from mshield.store.certificates import renewals as store
from mshield.store.certificates.enrolment import FiledPerson
from mshield.store.certificates.renewals import InForce, NewRenewal, OwnTask, RenewalRow
from mshield.store.database.interface import Conflict, Database

_REQUEST: Final = "application/pkcs10"
_INTERNAL: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Due:
    """Whether my certificate should be renewed; `until` (ms) is the last moment at which it can be."""

    due: bool
    reason: Reason | None
    until: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal under way, as its phone sees it.

    `challenge` is the nonce of the call that makes a new key, None where the same key is certified again. `consent` and
    `confirm` are documents to sign with the old and with the certified key, None where it isn't their turn.
    """

    sid: bytes
    uid: bytes
    key: str
    state: RenewalState
    challenge: str | None
    shield_number: str
    subject: LeafSubject
    consent: bytes | None
    confirm: bytes | None
    pem: str | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class Renew:
    """Renews the certificate of the phone that asks."""

    db: Database
    engine: Engine
    keyring: Keyring
    lookup: LookupKey
    issue: Issue
    settings: Settings
    spend_code: SpendCode
    look_up: LookUpFiling | None = None
    """Asks the outside filing system, where one is set."""

    async def due(self, login: PhoneLogin, *, now: int) -> Due | None:
        """Whether renewal is due; None where there is nothing that could be renewed, or nobody on file to renew it.

        An outside filing is asked only when they renew: it may list them again.
        """
        old = await store.find_in_force(self.db, device_id=login.device_id, account_id=login.account_id)
        if old is None or (old.filed_version is None and not self._asks_outside):
            return None
        if not usable(
            state=CertificateState(old.state), holds=map(Hold, old.holds), not_after=old.not_after, now=now
        ):
            return None
        reason = self.why(old, now=now)
        return Due(reason is not None, reason, old.not_after)

    async def begin(self, login: PhoneLogin, application: Application, *, sms_code: str, now: int) -> Renewal:
        """Begins a renewal; one that was under way on this device is given up.

        Without an id number the application is with the account's own, the only one that it could be with.
        Raises what keeps the certificate from signing (NoCertificate, PinLocked, Held, CertificateExpired), NoFiling,
        OtherApplicant, RenewalNotDue, SmsCodeWrong, SmsCodeExpired; Conflict for two calls at once; what `current` and
        `bring_up_to_date` raise. `sms_code`, of purpose `renew`, is spent last.
        """
        if application.id_number is None:
            own = await own_id_number(self.db, self.keyring, login)
            application = replace(application, id_number=own)
        await bring_up_to_date(self.look_up, self.lookup, login, application, now=now)
        old = await usable_in_force(self.db, login, now=now)
        person = await find_applicant(self.db, self.lookup, login, application)
        if person.id != old.person_id:
            raise errors.OtherApplicant
        zone = ZoneInfo(self.settings.time_zone)
        reason = renewal.require_due(self.why(old, now=now), not_after=old.not_after, zone=zone)
        await self.spend_code(phone=login.phone, purpose="renew", code=sms_code, now=now)
        try:
            await self._begin(login, old, person, reason, now=now)
        except Conflict as error:  # two at once
            raise errors.Conflict from error
        return await self.current(login, now=now)

    @property
    def _asks_outside(self) -> bool:
        return self.look_up is not None and self.look_up.source.outside

    def why(self, old: InForce, *, now: int) -> Reason | None:
        """Why it is due, or None."""
        return renewal.why_due(
            not_after=old.not_after,
            certified_version=old.filing_version,
            filed_version=old.filed_version,
            zone=ZoneInfo(self.settings.time_zone),
            now=now,
        )

    async def _begin(
        self, login: PhoneLogin, old: InForce, person: FiledPerson, reason: Reason, *, now: int
    ) -> None:
        subject = certified_subject(person)
        # Its challenge is one that `current` gives.
        makes_new = self.settings.renewal_key == "new"
        key = new_key(login, person, new_challenge(), now=now) if makes_new else None
        new = NewRenewal(
            sid=key.enrol_sid if key else secrets.token_bytes(16),
            uid=key.uid if key else old.uid,
            old_serial=old.serial,
            account_id=login.account_id,
            device_id=login.device_id,
            person_id=person.id,
            filing_version=person.version,
            subject=subject_text(subject),
            reason=reason.value,
            expires_at=now + HOUR_MS,
        )
        task = None if key else _request_task(new, csr.build_request_info(subject, old.public_key))
        await store.begin(self.db, new, new_key=key, task=task, now=now)

    async def current(self, login: PhoneLogin, *, now: int) -> Renewal:
        """The renewal under way, moved on as far as it goes without the phone: issues what is signed for.

        Raises NotFound without one that can still come into force: the user begins anew. NoFiling for who is no longer
        on file; what keeps the old certificate from being renewed once that is the point; what issuing raises; Busy
        where other calls move it on all the time.
        """
        for _ in range(3):  # a document to consent, then the certificate
            row = await store.find_open(self.db, device_id=login.device_id, account_id=login.account_id)
            if row is None or row.expires_at <= now or row.lost:
                raise errors.NotFound
            if not row.on_file:
                raise errors.NoFiling
            if not await self._move_on(row, now=now):
                return await self._shown(row, now=now)
        raise errors.Busy

    async def _move_on(self, row: RenewalRow, *, now: int) -> bool:
        if row.state != RenewalState.BEGUN.value:
            return False
        if row.makes_new_key and row.consent_sid is None:
            return row.public_key is not None and await self._ask_consent(row, row.public_key, now=now)
        consented = not row.makes_new_key or row.consent_signature is not None
        return consented and row.request_signature is not None and await self._issue(row, now=now)

    async def _ask_consent(self, row: RenewalRow, public: bytes, *, now: int) -> bool:
        sid = secrets.token_bytes(16)
        task = OwnTask(
            sid=sid,
            uid=row.old_uid,
            purpose="renew",
            message=renewal_message(uid=row.old_uid, sid=sid, P=public),
            media_type=_INTERNAL,
            title="更新证书 Certificate renewal",
            expires_at=row.expires_at,
        )
        await store.ask_consent(self.db, row, task, now=now)
        return True

    async def _issue(self, row: RenewalRow, *, now: int) -> bool:
        """Issues the certificate beside the one in force. Safe to repeat: a crash in between is made good here."""
        subject = self._check(row)
        self._require_renewable(row, now=now)
        new = new_certificate(row, subject, request_sid=row.sid)
        reserved = await self.issue.reserve(new, now=now)
        await self.issue.issue(reserved.serial, in_force=False, now=now)
        sid = secrets.token_bytes(16)
        task = OwnTask(
            sid=sid,
            uid=row.uid,
            purpose="confirm",
            message=internal_message("confirm", uid=row.uid, sid=sid),
            media_type=_INTERNAL,
            title="启用新证书 New certificate",
            expires_at=now + self.settings.renewal_confirm_days * DAY_MS,
        )
        await store.mark_issued(self.db, row, task, now=now)
        return True

    def _check(self, row: RenewalRow) -> LeafSubject:
        """The subject that was signed for; and the old key's consent, of which the CA trusts no table either."""
        if row.request_info is None or row.request_signature is None or row.public_key is None:
            raise errors.Conflict
        if row.makes_new_key:
            self._check_consent(row, row.public_key)
        return signed_subject(
            self.engine,
            info=row.request_info,
            signature=row.request_signature,
            public_key=row.public_key,
            subject=row.subject,
        )

    def _check_consent(self, row: RenewalRow, public: bytes) -> None:
        if row.consent_sid is None or row.consent_signature is None:
            raise errors.Conflict
        message = renewal_message(uid=row.old_uid, sid=row.consent_sid, P=public)
        signer = parse_certificate(row.old_der).public_key
        sm2.verify(self.engine, signer, message, sm2.Signature.from_raw(row.consent_signature))

    @staticmethod
    def _require_renewable(row: RenewalRow, *, now: int) -> None:
        require_usable(
            state=CertificateState(row.old_state),
            holds=map(Hold, row.old_holds),
            not_after=row.old_not_after,
            now=now,
        )

    async def _challenge(self, row: RenewalRow) -> str | None:
        """A new one for each look until the key is made: of the one before only the hash is kept."""
        if not row.makes_new_key or row.public_key is not None:
            return None
        begun = await enrolment.find(self.db, uid=row.uid, account_id=row.account_id, device_id=row.device_id)
        challenge = new_challenge()
        if begun is not None:
            await enrolment.set_challenge(self.db, begun, challenge_hash=challenge_hash(challenge))
        return challenge

    async def _shown(self, row: RenewalRow, *, now: int) -> Renewal:
        state = RenewalState(row.state)
        issued = None
        if state is RenewalState.ISSUED:
            self._require_renewable(row, now=now)
            issued = await certificates.find_by_request(self.db, request_sid=row.sid)
        pem = None if issued is None or issued.der is None else parse_certificate(issued.der).pem()
        return Renewal(
            sid=row.sid,
            uid=row.uid,
            key="new" if row.makes_new_key else "same",
            state=state,
            challenge=await self._challenge(row),
            shield_number=row.shield_number,
            subject=LeafSubject(**json.loads(row.subject)),
            consent=row.consent_sid if row.consent_signature is None else None,
            confirm=row.confirm_sid,
            pem=pem,
            expires_at=row.expires_at,
        )

    async def give_up(self, login: PhoneLogin, *, now: int) -> None:
        """Gives the renewal up that is under way; the old certificate goes on.

        Raises NotFound without one, also where it was confirmed, or ended, at this moment.
        """
        row = await store.find_open(self.db, device_id=login.device_id, account_id=login.account_id)
        if row is None:
            raise errors.NotFound
        sid = row.sid
        if not await self.db.write(
            lambda tx: renewal_outcome.end(tx, sid=sid, reason="by the user", now=now)
        ):
            raise errors.NotFound


async def usable_in_force(db: Database, login: PhoneLogin, *, now: int) -> InForce:
    """The certificate with which the device signs.

    Raises NoCertificate, PinLocked, Held, CertificateExpired: what keeps it from signing.
    """
    row = await store.find_in_force(db, device_id=login.device_id, account_id=login.account_id)
    if row is None:
        raise errors.NoCertificate
    require_usable(
        state=CertificateState(row.state), holds=map(Hold, row.holds), not_after=row.not_after, now=now
    )
    return row


def _request_task(new: NewRenewal, info: bytes) -> OwnTask:
    return OwnTask(
        sid=new.sid,
        uid=new.uid,
        purpose="renew",
        message=info,
        media_type=_REQUEST,
        title="更新证书 Certificate renewal",
        expires_at=new.expires_at,
    )
