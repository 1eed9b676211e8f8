"""Renewal of a certificate (更新证书, manual 2.3.1.6, R11, R22), for the same person and enterprise.

The old certificate stays in force until the new one is confirmed; docs/renewal.md lists every step and the
state that an interruption leaves. A new key is made by the protocol's enrolment, and the old key consents to
it under the PIN.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.gm.transcript import renewal_message
from mshield.pki.certificates import csr
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.names import LeafSubject
from mshield.server import errors as server_errors
from mshield.server.accounts.holder import own_id_number
from mshield.server.accounts.session import PhoneLogin
from mshield.server.accounts.sms_codes import SpendCode
from mshield.server.authorities.outside.settings import LOCAL, CaEntry
from mshield.server.authorities.rows import submissions
from mshield.server.authorities.rows.submissions import SubmissionRow
from mshield.server.authorities.rules.submissions import is_handle
from mshield.server.certificates.certificate import signed_subject
from mshield.server.certificates.confirmation import INTERNAL, confirmation
from mshield.server.certificates.enrol import (
    certified_subject,
    challenge_hash,
    find_applicant,
    new_challenge,
    new_key,
    refresh_record,
    subject_text,
)
from mshield.server.certificates.errors import CaUnavailable, NoCertificate, OtherApplicant
from mshield.server.certificates.issue import Issue, new_certificate
from mshield.server.certificates.outside_authority import OutsideAuthorities
from mshield.server.certificates.outside_reports import end_of, is_waiting
from mshield.server.certificates.rows import certificates, enrolment, renewal_outcome
from mshield.server.certificates.rows import renewals as store
from mshield.server.certificates.rows.enrolment import FiledPerson
from mshield.server.certificates.rows.renewals import InForce, NewRenewal, OwnTask, RenewalRow
from mshield.server.certificates.rules import renewal
from mshield.server.certificates.rules.renewal import RenewalState
from mshield.server.certificates.rules.states import CertificateState, Hold, require_usable, usable
from mshield.server.database.interface import Conflict, Database
from mshield.server.errors import DomainError, NotFound
from mshield.server.filing.errors import NoFiling
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import Busy
from mshield.wire.phone.enrolment import ApplicantMessage, Reason, RenewalDueMessage
from mshield.wire.times import DAY_MS, HOUR_MS

_REQUEST: Final = "application/pkcs10"


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal in progress, as its phone sees it.

    `challenge` is the nonce of the call that makes a new key; None if the same key is certified again.
    `consent` and `confirm` are the sids of documents to sign with the old key and the certified key; None if
    that step isn't due. `issuer` is the outside CA that issues, `application` the request that waits there.
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
    issuer: CaEntry | None = None
    application: SubmissionRow | None = None


@dataclass(frozen=True, slots=True)
class Renew:
    """Renews the certificate of the requesting phone."""

    db: Database
    engine: Engine
    keyring: Keyring
    lookup: LookupKey
    issue: Issue
    settings: Settings
    spend_code: SpendCode
    look_up: LookUpFiling | None = None
    """Lookup in the outside filing system, if one is configured."""

    outside: OutsideAuthorities | None = None
    """Outside CAs, if any are configured."""

    async def due(self, login: PhoneLogin, *, now: int) -> RenewalDueMessage | None:
        """Reports whether renewal is due; None if nothing can be renewed, or its holder is no longer on file.

        An outside filing system is queried only when the user renews, and may list the holder again by then.
        """
        old = await store.find_in_force(self.db, device_id=login.device_id, account_id=login.account_id)
        if old is None or (old.filed_version is None and not self._asks_outside):
            return None
        if not usable(
            state=CertificateState(old.state), holds=map(Hold, old.holds), not_after=old.not_after, now=now
        ):
            return None
        reason = self.why(old, now=now)
        return RenewalDueMessage(reason is not None, reason, old.not_after)

    async def begin(
        self, login: PhoneLogin, application: ApplicantMessage, *, sms_code: str, now: int
    ) -> Renewal:
        """Begins a renewal; a previous one in progress on this device is abandoned.

        Without an id number the account's own is used, the only one that can succeed.

        Raises: NoCertificate, PinLocked, Held, CertificateExpired (the certificate can't sign); NoFiling,
        OtherApplicant, RenewalNotDue, SmsCodeWrong, SmsCodeExpired; Conflict (two calls at once); what
        `current` and `refresh_record` raise; CaUnavailable. `sms_code`, of purpose `renew`, is spent last.
        """
        if application.id_number is None:
            own = await own_id_number(self.db, self.keyring, login)
            application = msgspec.structs.replace(application, id_number=own)
        await refresh_record(self.look_up, self.lookup, login, application, now=now)
        old = await usable_in_force(self.db, login, now=now)
        person = await find_applicant(self.db, self.lookup, login, application)
        if person.id != old.person_id:
            raise OtherApplicant
        issuer = self.issuer_for(person.role, person.credit_code)
        zone = ZoneInfo(self.settings.site.time_zone)
        reason = renewal.require_due(self.why(old, now=now), not_after=old.not_after, zone=zone)
        await self.spend_code(phone=login.phone, purpose="renew", code=sms_code, now=now)
        try:
            await self._begin(login, old, person, reason, issuer, now=now)
        except Conflict as error:  # two calls at once
            raise server_errors.Conflict from error
        return await self.current(login, now=now)

    @property
    def _asks_outside(self) -> bool:
        return self.look_up is not None and self.look_up.source.outside

    def issuer_for(self, role: str, credit_code: str) -> CaEntry | None:
        """Returns the outside CA that will issue, None for the service's own. Raises: CaUnavailable."""
        profile = None if self.outside is None else self.outside.route(role, credit_code)
        return None if profile is None else profile.entry

    def _is_ca_changed(self, old: InForce) -> bool:
        """Reports whether another CA issues for this person now; a disabled one doesn't count."""
        before = old.issuer if is_handle(old.serial) else LOCAL
        after = LOCAL if self.outside is None else self.outside.route_name(old.role, old.credit_code)
        return after not in {None, before}

    def why(self, old: InForce, *, now: int) -> Reason | None:
        """Returns why renewal is due, or None."""
        return renewal.due_reason(
            not_after=old.not_after,
            certified_version=old.filing_version,
            filed_version=old.filed_version,
            ca_changed=self._is_ca_changed(old),
            zone=ZoneInfo(self.settings.site.time_zone),
            now=now,
        )

    async def _begin(
        self,
        login: PhoneLogin,
        old: InForce,
        person: FiledPerson,
        reason: Reason,
        issuer: CaEntry | None,
        *,
        now: int,
    ) -> None:
        subject = certified_subject(person)
        # The phone gets its challenge from `current`, which replaces this one.
        makes_new = self.settings.ca.renewal_key == "new"
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
            ca=LOCAL if issuer is None else issuer.name,
            reason=reason.value,
            expires_at=now + HOUR_MS,
        )
        task = None if key else _request_task(new, csr.build_request_info(subject, old.public_key))
        await store.begin(self.db, new, new_key=key, task=task, now=now)

    async def current(self, login: PhoneLogin, *, now: int) -> Renewal:
        """Returns the renewal in progress, after advancing it as far as possible without the phone.

        It issues the certificate once everything is signed.

        Raises: NotFound (none that can still come into force; the user must begin again), CaRefused,
        CaBadCertificate, CaTimeout (the outside CA issued none), NoFiling (no longer on file), what
        `require_usable` raises (the old certificate can't be renewed now), what issuing raises, Busy (other calls
        keep advancing it).
        """
        for _ in range(3):  # at most two steps: the consent document, then the certificate
            row = await store.find_open(self.db, device_id=login.device_id, account_id=login.account_id)
            if row is None or row.expires_at <= now or row.lost:
                raise await self._refusal(login) or NotFound()
            if not row.on_file:
                raise NoFiling
            if not await self._move_on(row, now=now):
                return await self._describe(row, now=now)
        raise Busy

    async def _move_on(self, row: RenewalRow, *, now: int) -> bool:
        if row.state != RenewalState.BEGUN.value:
            return False
        if row.makes_new_key and row.consent_sid is None:
            return row.public_key is not None and await self._ask_consent(row, row.public_key, now=now)
        consented = not row.makes_new_key or row.consent_signature is not None
        return consented and row.request_signature is not None and await self._issue(row, now=now)

    async def _refusal(self, login: PhoneLogin) -> DomainError | None:
        """Returns why the outside CA issued no certificate for the device's last request, if so."""
        if self.outside is None:
            return None
        newest = await submissions.newest_of_device(
            self.db, device_id=login.device_id, account_id=login.account_id
        )
        return None if newest is None else end_of(newest)

    async def _ask_consent(self, row: RenewalRow, public: bytes, *, now: int) -> bool:
        sid = secrets.token_bytes(16)
        task = OwnTask(
            sid=sid,
            uid=row.old_uid,
            purpose="renew",
            message=renewal_message(uid=row.old_uid, sid=sid, P=public),
            media_type=INTERNAL,
            title="更新证书 Certificate renewal",
            expires_at=row.expires_at,
        )
        await store.ask_consent(self.db, row, task, now=now)
        return True

    async def _issue(self, row: RenewalRow, *, now: int) -> bool:
        """Issues the new certificate beside the one in force. Idempotent: a repeat completes it after a crash.

        False if an outside CA still decides.
        """
        if row.ca != LOCAL:
            return await self._issue_outside(row, now=now)
        subject = self._check(row)
        self._require_renewable(row, now=now)
        new = new_certificate(row, subject, request_sid=row.sid)
        reserved = await self.issue.reserve(new, now=now)
        await self.issue.issue(reserved.serial, in_force=False, now=now)
        until = now + self.settings.ca.renewal_confirm_days * DAY_MS
        await store.mark_issued(self.db, row, confirmation(row.uid, expires_at=until), now=now)
        return True

    async def _issue_outside(self, row: RenewalRow, *, now: int) -> bool:
        if self.outside is None:
            raise CaUnavailable
        authority, handle = self.outside.authority(row.ca), row.reserved
        if handle is None:
            subject = self._check(row)
            self._require_renewable(row, now=now)
            handle = await authority.renew(row, new_certificate(row, subject, request_sid=row.sid), now=now)
        await authority.advance(handle, now=now)
        submission = await submissions.find(self.db, handle=handle)
        return submission is None or not is_waiting(submission)

    def _check(self, row: RenewalRow) -> LeafSubject:
        """Returns the signed subject, after verifying the old key's consent too: the CA trusts no table for either."""
        if row.request_info is None or row.request_signature is None or row.public_key is None:
            raise server_errors.Conflict
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
            raise server_errors.Conflict
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
        """Returns a new challenge for each query until the key is made, since only hashes of challenges are stored."""
        if not row.makes_new_key or row.public_key is not None:
            return None
        pending = await enrolment.find(
            self.db, uid=row.uid, account_id=row.account_id, device_id=row.device_id
        )
        challenge = new_challenge()
        if pending is not None:
            await enrolment.set_challenge(self.db, pending, challenge_hash=challenge_hash(challenge))
        return challenge

    async def _describe(self, row: RenewalRow, *, now: int) -> Renewal:
        state = RenewalState(row.state)
        issued = None
        if state is RenewalState.ISSUED:
            self._require_renewable(row, now=now)
            issued = await certificates.find_by_request(self.db, request_sid=row.sid)
        pem = None if issued is None or issued.der is None else parse_certificate(issued.der).pem()
        profile = None if self.outside is None else self.outside.cas.profiles.get(row.ca)
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
            issuer=None if profile is None else profile.entry,
            application=await self._application(row),
        )

    async def _application(self, row: RenewalRow) -> SubmissionRow | None:
        """Returns the request at the outside CA while that decides."""
        if row.ca == LOCAL or row.state != RenewalState.BEGUN.value:
            return None
        reserved = await certificates.find_by_request(self.db, request_sid=row.sid)
        return None if reserved is None else await submissions.find(self.db, handle=reserved.serial)

    async def give_up(self, login: PhoneLogin, *, now: int) -> None:
        """Ends the renewal in progress; the old certificate stays in force.

        Raises: NotFound (none, or it was confirmed or ended at this moment).
        """
        row = await store.find_open(self.db, device_id=login.device_id, account_id=login.account_id)
        if row is None:
            raise NotFound
        sid = row.sid
        if not await self.db.write(
            lambda tx: renewal_outcome.end(tx, sid=sid, reason="by the user", now=now)
        ):
            raise NotFound


async def usable_in_force(db: Database, login: PhoneLogin, *, now: int) -> InForce:
    """Returns the certificate with which the device signs.

    Raises: NoCertificate, PinLocked, Held, CertificateExpired (it can't sign).
    """
    row = await store.find_in_force(db, device_id=login.device_id, account_id=login.account_id)
    if row is None:
        raise NoCertificate
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
