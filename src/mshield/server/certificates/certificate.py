"""A device's certificate: issued once its certification request is signed, and shown afterwards.

Issuing takes three commits, each of which stores what the next one needs: the signed request, the
reservation, the certificate. After a crash between two of them, the phone's next query or its repeated
`finish` completes the rest.
"""

import json
from dataclasses import dataclass

from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.pki.certificates import csr
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.names import LeafSubject
from mshield.server.accounts.session import Caller, PhoneLogin
from mshield.server.authorities.chains import Chains
from mshield.server.authorities.rows import submissions
from mshield.server.authorities.rows.submissions import SubmissionRow
from mshield.server.certificates.authority import CertificateAuthority
from mshield.server.certificates.issue import new_certificate
from mshield.server.certificates.local_authority import LocalAuthority
from mshield.server.certificates.outside_authority import OutsideAuthorities
from mshield.server.certificates.rows import certificates, issuing
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.issuing import ConfirmedKey
from mshield.server.certificates.rules.states import CertificateState, shown_state
from mshield.server.database.interface import Database
from mshield.server.errors import Conflict, Unauthenticated
from mshield.server.identity.errors import IdentityUnproven
from mshield.server.identity.proofs import Proofs
from mshield.server.signing.rows import sessions as signing
from mshield.wire import pin_tries
from mshield.wire.identity import ROLE_NAMES, Role
from mshield.wire.phone.enrolment import SubjectMessage
from mshield.wire.phone.shield import CertificateMessage, ChangeMessage


@dataclass(frozen=True, slots=True)
class Certificates:
    """Issues and shows the certificate of the requesting phone."""

    db: Database
    engine: Engine
    chains: Chains
    local: LocalAuthority
    proofs: Proofs
    outside: OutsideAuthorities | None = None
    """Outside CAs, if any are configured."""

    async def issue_confirmed(self, caller: Caller, *, now: int) -> None:
        """Issues the certificate of an enrolment whose request is signed; does nothing without such a request.

        Raises: Unauthenticated; NoFiling, IdentityUnproven, AlreadyCertified, DeviceLimit, OtherAccount (the
        application is refused now); Unavailable (the issuing CA is revoked); Conflict (the request has other
        names than the application, or the reservation has ended).
        """
        login = await issuing.find_by_token(self.db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
        if not login.valid:
            raise Unauthenticated
        if login.key is not None:
            await self._issue(login.key, now=now)

    async def current(self, login: PhoneLogin, *, log_key: str, now: int) -> CertificateMessage | None:
        """Returns the device's newest certificate with the log's vkey, or None before the first.

        Its state is `expired` by the clock, whatever is stored. Raises: what `issue_confirmed` raises.
        """
        key = await issuing.find_of_device(self.db, device_id=login.device_id, account_id=login.account_id)
        if key is not None:
            await self._issue(key, now=now)
        row = await certificates.find_newest(self.db, device_id=login.device_id, account_id=login.account_id)
        if row is None or row.der is None:
            return None
        wrong_total = await signing.wrong_total(self.db, uid=row.uid)
        certificate = parse_certificate(row.der)
        return CertificateMessage(
            state=shown_state(state=CertificateState(row.state), not_after=row.not_after, now=now),
            holds=tuple(sorted(row.holds)),
            serial=row.serial,
            shield_number=row.shield_number,
            pem=certificate.pem(),
            chain_pem=await self.chains.chain_pem_of(certificate),
            log_key=log_key,
            subject=SubjectMessage(
                country="CN",
                organisation=row.organisation,
                role=ROLE_NAMES[Role(row.role)][0],
                common_name=row.common_name,
            ),
            not_before=row.not_before,
            not_after=row.not_after,
            pin_change_due=wrong_total >= pin_tries.CHANGE_DUE,
            changes=tuple(
                ChangeMessage(change.event, change.actor, change.reason, change.at)
                for change in await certificate_changes.history(self.db, serial=row.serial)
            ),
        )

    async def at_outside_ca(self, login: PhoneLogin) -> SubmissionRow | None:
        """Returns the device's newest application if it is at an outside CA, or ended there."""
        if self.outside is None:
            return None
        return await submissions.newest_of_device(
            self.db, device_id=login.device_id, account_id=login.account_id
        )

    async def _issue(self, key: ConfirmedKey, *, now: int) -> None:
        # Check before reserving a serial, so that a request with names other than the application's consumes
        # none.
        subject = signed_subject(
            self.engine,
            info=key.request_info,
            signature=key.signature,
            public_key=key.public_key,
            subject=key.subject,
        )
        new = new_certificate(key, subject, request_sid=key.request_sid)
        if key.reserved is None:
            await self._require_proven(key, now=now)
        await self._authority_of(key).certify(key, new, now=now)

    def _authority_of(self, key: ConfirmedKey) -> CertificateAuthority:
        """Returns the CA that has the key's request, or else the one that the routes choose."""
        return self.local if self.outside is None else self.outside.authority_of(key, self.local)

    async def _require_proven(self, key: ConfirmedKey, *, now: int) -> None:
        """Checks the account's proof again, since it may have ended after the application. Raises: IdentityUnproven."""
        if not await self.proofs.is_proven(self.db, key.account_id, key.person_id, Role(key.role), now=now):
            await issuing.refuse(self.db, key)
            raise IdentityUnproven(counts_from=None)


def signed_subject(
    engine: Engine, *, info: bytes, signature: bytes, public_key: bytes, subject: str
) -> LeafSubject:
    """Returns the subject that was signed, after verifying the request's signature: the CA trusts no table for it.

    Raises: Conflict (the request is for another key or other names), BadSignature.
    """
    names = LeafSubject(**json.loads(subject))
    if csr.build_request_info(names, public_key) != info:
        raise Conflict
    sm2.verify(engine, public_key, info, sm2.Signature.from_raw(signature))
    return names
