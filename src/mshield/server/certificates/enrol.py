"""Application for a certificate (申请证书, manual 2.3.1.3): data that match the filing, then a key made with the phone.

It covers steps 1 to 3 of the protocol's enrolment. Steps 4 and 5 are an ordinary signature and
`certificate.py`.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import msgspec

from mshield.gm import cosign, transcript
from mshield.gm import errors as gm_errors
from mshield.gm.cosign import Proof
from mshield.gm.engine import Engine
from mshield.pki.certificates import csr
from mshield.pki.certificates.names import LeafSubject
from mshield.server import errors as server_errors
from mshield.server.accounts.holder import own_id_number
from mshield.server.accounts.session import PhoneLogin
from mshield.server.accounts.sms_codes import SpendCode
from mshield.server.acts.actor import By
from mshield.server.authorities.outside.settings import CaEntry, CaProfile
from mshield.server.certificates import apply_again
from mshield.server.certificates.errors import DeviceLimit, OtherAccount
from mshield.server.certificates.outside_authority import OutsideAuthorities
from mshield.server.certificates.rows import enrolment as store
from mshield.server.certificates.rules.states import MAX_DEVICES
from mshield.server.database.interface import Conflict, Database
from mshield.server.errors import InvalidProof, NotFound, Unavailable
from mshield.server.filing.errors import NoFiling
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.identity.after_reset import WaitAfterReset
from mshield.server.identity.proofs import Claim, Proofs
from mshield.server.keys.keyring import Keyring, split_share
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.throttle import limit_calls
from mshield.server.signing import key as signing_key
from mshield.server.signing.errors import BadProof, TaskClosed
from mshield.server.values.id_numbers import LOOKUP
from mshield.server.values.names import check_credit_code, normalise_id_number, normalise_name, same_name
from mshield.wire import shield_number as shield
from mshield.wire.identity import ROLE_NAMES, Role, Way
from mshield.wire.phone.enrolment import ApplicantMessage
from mshield.wire.times import HOUR_MS
from mshield.wire.tokens import base64url

_SHIELD_NUMBER_TRIES: Final = 8
_CHECKS: Final = 60
"""Checks per account and hour: each may query the outside filing system, and store its answer."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Answer of step 1.

    `own_id_number` is the account's id number if the user entered none; no part of it may be the PIN (R10).
    `issuer` is the outside CA that will issue the certificate.
    """

    uid: bytes
    sid: bytes
    challenge: str
    shield_number: str
    subject: LeafSubject
    own_id_number: str | None = field(repr=False)
    issuer: CaEntry | None = None


@dataclass(frozen=True, slots=True)
class Enrol:
    """Applies for a certificate on this device."""

    db: Database
    engine: Engine
    keyring: Keyring
    lookup: LookupKey
    spend_code: SpendCode
    proofs: Proofs
    look_up: LookUpFiling | None = None
    """Lookup in the outside filing system, if one is configured."""

    outside: OutsideAuthorities | None = None
    """Outside CAs, if any are configured."""

    async def check(self, login: PhoneLogin, application: ApplicantMessage, *, now: int) -> None:
        """Checks the data as `begin` would, so that a user whose data will be refused needn't choose a PIN.

        Like `begin`, it stores the outside filing system's answer; it changes nothing else.

        Raises: as `begin`, except the SMS code errors and AlreadyCertified and DuplicateApplication, which
        depend on a confirmation; TooManyRequests.
        """
        await limit_calls(
            self.db, scope="apply_check", subject=login.account_id, most=_CHECKS, window=HOUR_MS, now=now
        )
        _, person, claim = await self._claim(login, application, now=now)
        self._route(person)
        await self.proofs.require(claim, now=now)
        occupant = await store.find_occupant(self.db, device_id=login.device_id)
        if occupant is not None:
            apply_again.require_usable(occupant, now=now)
        await self._require_free(login, person, now=now)

    async def begin(
        self,
        login: PhoneLogin,
        application: ApplicantMessage,
        *,
        sms_code: str,
        confirm_duplicate: bool = False,
        now: int,
    ) -> Begun:
        """Runs step 1. `sms_code`, of purpose `apply`, is spent last, so that a mistake elsewhere costs no new code.

        Raises: NoFiling, IdentityUnproven, DeviceLimit, AppliesLater, OtherAccount, SmsCodeWrong,
        SmsCodeExpired, Unavailable (no free shield number found), CaUnavailable, and what `refresh_record` and
        `apply_again.refuse` raise.
        """
        own, person, claim = await self._claim(login, application, now=now)
        issuer = self._route(person)
        spend_code = partial(self.spend_code, phone=login.phone, purpose="apply", code=sms_code, now=now)
        is_proven = await self.proofs.require(claim, now=now)
        occupant = await store.find_occupant(self.db, device_id=login.device_id)
        if occupant is not None:
            reapplication = apply_again.Reapplication(login.account_id, occupant, confirmed=confirm_duplicate)
            await apply_again.refuse(self.db, reapplication, spend_code, now=now)
        await self._require_free(login, person, now=now)
        await spend_code()
        if not is_proven:
            await self._prove_by_phone(claim, now=now)
        begun = await self._begin(login, person, certified_subject(person), own, now=now)
        return begun if issuer is None else replace(begun, issuer=issuer.entry)

    async def _claim(
        self, login: PhoneLogin, application: ApplicantMessage, *, now: int
    ) -> tuple[str | None, store.FiledPerson, Claim]:
        """Returns the account's own id number (None if one was entered), the filed person, and the claim to prove."""
        own = None
        if application.id_number is None:
            own = await own_id_number(self.db, self.keyring, login)
            application = msgspec.structs.replace(application, id_number=own)
        await refresh_record(self.look_up, self.lookup, login, application, now=now)
        person = await find_applicant(self.db, self.lookup, login, application)
        if login.pinned_account_id not in {None, login.account_id}:
            raise OtherAccount
        agree = same_name(login.name, person.name)
        return own, person, Claim(login.account_id, login.phone, person.id, Role(person.role), agree)

    def _route(self, person: store.FiledPerson) -> CaProfile | None:
        """Returns the outside CA that will issue, None for the service's own. Raises: CaUnavailable."""
        return None if self.outside is None else self.outside.route(person.role, person.credit_code)

    async def _require_free(self, login: PhoneLogin, person: store.FiledPerson, *, now: int) -> None:
        used = await store.other_devices_in_use(
            self.db, account_id=login.account_id, device_id=login.device_id
        )
        if used >= MAX_DEVICES:
            raise DeviceLimit
        await WaitAfterReset(self.db, self.proofs.settings).require_over(
            login.account_id, login.device_id, credit_code=person.credit_code, now=now
        )

    async def _prove_by_phone(self, claim: Claim, *, now: int) -> None:
        """Records the proof by the filed phone number, after the SMS code sent to it was entered."""
        by = By("user", claim.account_id)
        await self.db.write(
            lambda tx: self.proofs.record_once(
                tx, claim.account_id, claim.person_id, Way.FILED_PHONE, by=by, now=now
            )
        )

    async def _begin(
        self, login: PhoneLogin, person: store.FiledPerson, subject: LeafSubject, own: str | None, *, now: int
    ) -> Begun:
        challenge = new_challenge()
        key = new_key(login, person, challenge, now=now)
        for _ in range(_SHIELD_NUMBER_TRIES):
            try:
                number = await store.begin(self.db, key, shield_number=shield.new_number(), now=now)
            except Conflict:
                continue
            return Begun(key.uid, key.enrol_sid, challenge, number, subject, own)
        raise Unavailable

    async def make_key(
        self, login: PhoneLogin, uid: bytes, *, P1: bytes, proof: Proof, nonce: str | None, now: int
    ) -> bytes:
        """Runs steps 2 and 3 and returns P.

        The same P1 gets the same P; a different P1 raises Conflict and ends the enrolment.

        Raises: NotFound, InvalidProof (wrong nonce), TaskClosed (after the hour), BadProof.
        """
        enrolment = await store.find(self.db, uid=uid, account_id=login.account_id, device_id=login.device_id)
        if enrolment is None:
            raise NotFound
        if nonce is None or not hmac.compare_digest(challenge_hash(nonce), enrolment.challenge_hash):
            raise InvalidProof(reason="nonce")
        if enrolment.state != "enrolling" or enrolment.expires_at <= now:
            raise TaskClosed
        if enrolment.share_box is None:
            public_key = await self._make(enrolment, P1, proof, now=now)
            if public_key is not None:
                return public_key
            enrolment = await store.find(
                self.db, uid=uid, account_id=login.account_id, device_id=login.device_id
            )
        return await self._again(enrolment, P1, proof, now=now)

    async def _make(self, enrolment: store.Enrolment, P1: bytes, proof: Proof, *, now: int) -> bytes | None:
        try:
            key = cosign.server_enrol(self.engine, uid=enrolment.uid, sid=enrolment.sid, P1=P1, proof=proof)
        except (gm_errors.BadProof, gm_errors.BadPoint) as error:
            raise BadProof from error
        subject = LeafSubject(**json.loads(enrolment.subject))
        box = signing_key.seal_share(self.keyring, uid=enrolment.uid, epoch=enrolment.epoch, d2=key.d2, P1=P1)
        stored = await store.set_public_key(
            self.db,
            enrolment,
            public_key=key.P,
            share_box=box,
            message=csr.build_request_info(subject, key.P),
            title="申请证书 Certificate application",
            now=now,
        )
        return key.P if stored else None

    async def _again(self, enrolment: store.Enrolment | None, P1: bytes, proof: Proof, *, now: int) -> bytes:
        """Returns P again, for the same P1 only: answers for other values would allow uncounted PIN tests."""
        if enrolment is None or enrolment.share_box is None or enrolment.public_key is None:
            raise server_errors.Conflict
        self._check(enrolment, P1, proof)
        box = self.keyring.open_share(enrolment.share_box, uid=enrolment.uid, epoch=enrolment.epoch)
        _, first = split_share(box)
        same = hmac.compare_digest(first, P1)
        if not await store.sent_again(
            self.db, uid=enrolment.uid, share_box=enrolment.share_box, same=same, now=now
        ):
            raise TaskClosed
        if not same:
            raise server_errors.Conflict
        return enrolment.public_key

    def _check(self, enrolment: store.Enrolment, P1: bytes, proof: Proof) -> None:
        try:
            cosign.check_enrolment(self.engine, uid=enrolment.uid, sid=enrolment.sid, P1=P1, proof=proof)
        except (gm_errors.BadProof, gm_errors.BadPoint) as error:
            raise BadProof from error


async def refresh_record(
    look_up: LookUpFiling | None,
    lookup: LookupKey,
    login: PhoneLogin,
    application: ApplicantMessage,
    *,
    now: int,
) -> None:
    """Queries the outside filing system for the holder's own record, and stores it.

    Only the account's own holder is queried, so that an application can't reveal who else is on file. Raises:
    InvalidCreditCode, FilingUnavailable.
    """
    id_number = normalise_id_number(application.id_number or "")
    if look_up is None or not hmac.compare_digest(
        login.id_number_hash, lookup.lookup_hash(LOOKUP, id_number)
    ):
        return
    await look_up(
        credit_code=application.credit_code, role=application.user_type, id_number=id_number, now=now
    )


async def find_applicant(
    db: Database, lookup: LookupKey, login: PhoneLogin, application: ApplicantMessage
) -> store.FiledPerson:
    """Returns the filed person that the application names. Raises: NoFiling, InvalidName, InvalidCreditCode."""
    id_number_hash = lookup.lookup_hash(LOOKUP, normalise_id_number(application.id_number or ""))
    person = await store.find_filed(
        db,
        credit_code=check_credit_code(application.credit_code),
        role=application.user_type,
        id_number_hash=id_number_hash,
    )
    # An account can apply for its own holder only, whoever else is on file.
    own = hmac.compare_digest(login.id_number_hash, id_number_hash)
    if person is None or not own or not same_name(person.name, normalise_name(application.name)):
        raise NoFiling
    return person


def certified_subject(person: store.FiledPerson) -> LeafSubject:
    """Returns the subject names of this person's certificate."""
    return LeafSubject(
        country="CN",
        organisation=person.organisation,
        role=ROLE_NAMES[Role(person.role)][0],
        common_name=person.name,
    )


def new_challenge() -> str:
    """Returns a nonce for the call that makes a key; it is as secret as P1 until the enrolment is finished."""
    return base64url(secrets.token_bytes(32))


def challenge_hash(challenge: str) -> bytes:
    """Returns the stored hash of a challenge. Raises: InvalidProof (malformed nonce)."""
    try:
        octets = base64.b64decode(challenge + "=", altchars=b"-_", validate=True)
        return transcript.stored_hash("challenge", octets)
    except (ValueError, gm_errors.Malformed) as error:
        raise InvalidProof(reason="nonce") from error


def new_key(login: PhoneLogin, person: store.FiledPerson, challenge: str, *, now: int) -> store.NewKey:
    """Returns the row of a key that phone and service must generate together within an hour."""
    return store.NewKey(
        uid=secrets.token_bytes(16),
        account_id=login.account_id,
        device_id=login.device_id,
        person_id=person.id,
        filing_version=person.version,
        subject=subject_text(certified_subject(person)),
        enrol_sid=secrets.token_bytes(16),
        challenge_hash=challenge_hash(challenge),
        otp_hash=transcript.stored_hash("otp", bytes(32)),
        expires_at=now + HOUR_MS,
    )


def subject_text(subject: LeafSubject) -> str:
    """Returns the names in their stored form, JSON."""
    fields = {
        "country": subject.country,
        "organisation": subject.organisation,
        "role": subject.role,
        "common_name": subject.common_name,
    }
    return json.dumps(fields, ensure_ascii=False)
