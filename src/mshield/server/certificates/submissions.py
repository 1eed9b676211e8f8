"""Requests at outside CAs, one message at a time: sent, checked, stored, accepted, activated.

Each step is one claim (a commit that gives this process the submission for a while), one message to the CA, and
one commit of what it answered. A crash anywhere is repeated safely: a certificate is activated only after the
CA was told that it is accepted, and only the stored certificate is ever accepted.
"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass, replace
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.asn1.frame import open_frame
from mshield.pki.certificates import csr
from mshield.server.acts.actor import SERVICE
from mshield.server.authorities.outside import adapter as ca
from mshield.server.authorities.outside.adapter import OutsideCa, Submission, Unreachable
from mshield.server.authorities.outside.checks import BadAnswer, check_answer, held_of
from mshield.server.authorities.outside.opened import OutsideCas
from mshield.server.authorities.outside.settings import CaProfile
from mshield.server.authorities.rows import submissions as store
from mshield.server.authorities.rows.submissions import SubmissionRow
from mshield.server.authorities.rules.submissions import (
    CANCEL_MS,
    CLAIM_MS,
    OPEN,
    SubmissionState,
    pause_ms,
    wait_ms,
)
from mshield.server.certificates.confirmation import confirmation
from mshield.server.certificates.rows import certificates, issuing, renewal_outcome, renewals
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.certificates import CertificateRow
from mshield.server.certificates.rows.renewal_outcome import CESSATION_OF_OPERATION
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState
from mshield.server.database.interface import Conflict, Database, Tx, Undone
from mshield.server.errors import Conflict as WrongState
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.values.id_numbers import FILING_BOX
from mshield.wire.times import DAY_MS, HOUR_MS

_AT_ONCE: Final = 8
_MOST: Final = 256
"""Maximum number of submissions per run of the job."""

_STEPS_AT_ONCE: Final = 4
"""Maximum number of messages in one call of the phone."""

_BOX: Final = "ca-transaction"
_SUPERSEDED: Final = 4
_log = logging.getLogger(__name__)
_S = SubmissionState


@dataclass(frozen=True, slots=True)
class Submissions:
    """Carries out submissions to the configured CAs."""

    db: Database
    engine: Engine
    keyring: Keyring
    outside: OutsideCas
    confirm_days: int = 7
    """Time in which the phone confirms a renewed certificate, in days."""

    async def insert(self, tx: Tx, *, ca: str, handle: str, p10: bytes, now: int) -> None:
        """Stores a submission in the transaction that reserves its certificate's row."""
        await store.insert(tx, handle=handle, key=hashlib.sha256(p10).digest(), ca=ca, p10=p10, now=now)

    async def advance_while_due(self, handle: str, *, now: int) -> None:
        """Calls the CA as long as it answers at once."""
        for _ in range(_STEPS_AT_ONCE):
            if not await self.advance(handle, now=now):
                return

    async def run(self, *, now: int) -> int:
        """Advances everything that is due; returns the number of messages."""
        rooms = {name: asyncio.Semaphore(_AT_ONCE) for name in self.outside.adapters}

        async def one(handle: str) -> bool:
            row = await store.find(self.db, handle=handle)
            if row is None or row.ca not in rooms:
                _log.error("outside CA %s isn't in the settings", row.ca if row else "?")
                return False
            async with rooms[row.ca]:
                return await self.advance(handle, now=now)

        handles = await store.due(self.db, most=_MOST, now=now)
        results = await asyncio.gather(*map(one, handles), return_exceptions=True)
        for handle, result in zip(handles, results, strict=True):
            if isinstance(result, Exception):
                _log.error("submission %s", handle, exc_info=result)
        return sum(result is True for result in results)

    async def advance(self, handle: str, *, now: int) -> bool:
        """Sends one message if one is due, and stores the outcome; False if nothing was sent or it came to nothing."""
        row = await store.find(self.db, handle=handle)
        if row is None or row.state not in OPEN or row.next_at > now or row.ca not in self.outside.adapters:
            return False
        adapter, profile = self.outside.adapters[row.ca], self.outside.cas.profiles[row.ca]
        if row.state in {_S.ASKED, _S.WAITING} and now > row.created_at + profile.entry.wait_days * DAY_MS:
            await self._give_up(row, now=now)
            return False
        claimed = await self._claim(row, adapter, now=now)
        if claimed is None:
            return False
        try:
            await self._step(claimed, adapter, profile, now=now)
        except Unreachable as error:
            level = logging.ERROR if error.operator else logging.WARNING
            _log.log(level, "outside CA %s: %s", row.ca, error.reason)
            await self._settle(claimed, replace(claimed, next_at=now + pause_ms(claimed.tries)), now=now)
            return False
        except ca.DuplicateRequest:
            _log.error("outside CA %s calls request %s a duplicate: ask its operator", row.ca, row.key.hex())
            waiting = replace(claimed, code="ca_duplicate", next_at=now + HOUR_MS)
            await self._settle(claimed, waiting, now=now)
            return False
        return True

    async def _claim(self, row: SubmissionRow, adapter: OutsideCa, *, now: int) -> SubmissionRow | None:
        """Takes the submission for this process, and stores what the message needs before it is sent."""
        until = max(now + CLAIM_MS, row.next_at + 1)
        claimed = replace(row, next_at=until, tries=row.tries + 1)
        if row.state is _S.ASKED:
            claimed = replace(claimed, transaction_box=self._sealed(row, adapter.begin()))
        if row.state is _S.ANSWERED:
            claimed = replace(claimed, state=_S.ACCEPTING, changed_at=now)
        return claimed if await self.db.write(lambda tx: store.change(tx, row, claimed)) else None

    async def _step(self, row: SubmissionRow, adapter: OutsideCa, profile: CaProfile, *, now: int) -> None:
        match row.state:
            case _S.ASKED:
                outcome = await adapter.submit(await self._submission(row, profile), now=now)
                await self._judge(row, profile, outcome, now=now)
            case _S.WAITING:
                outcome = await adapter.poll(await self._submission(row, profile), now=now)
                await self._judge(row, profile, outcome, now=now)
            case _S.ACCEPTING:
                await self._accept(row, adapter, profile, now=now)
            case _S.BAD:
                await self._reject(row, adapter, profile, _S.REFUSED, now=now)
            case _S.CANCELLING:
                await self._cancel(row, adapter, profile, now=now)
            case _S.REVOKING:
                await self._revoke(row, adapter, profile, now=now)
            case _:
                raise AssertionError(row.state)

    async def _judge(self, row: SubmissionRow, profile: CaProfile, outcome: ca.Outcome, *, now: int) -> None:
        match outcome:
            case ca.Pending():
                waiting = replace(
                    row,
                    state=_S.WAITING,
                    reference=outcome.reference or row.reference,
                    words=outcome.words,
                    code="",
                    tries=0,
                    next_at=now + wait_ms(outcome.after_s),
                )
                await self._settle(row, self._with(waiting, outcome.transaction), now=now)
            case ca.Missing():
                await self._settle(row, replace(row, state=_S.ASKED, tries=0, next_at=now), now=now)
            case ca.Refused():
                refused = replace(row, state=_S.REFUSED, code="ca_refused", words=outcome.words)
                _log.warning("outside CA %s refused a request: %s", row.ca, outcome.code)
                await self._settle(row, refused, now=now, withdraw=True)
            case ca.Answered():
                await self._answered(row, profile, outcome, now=now)

    async def _answered(
        self, row: SubmissionRow, profile: CaProfile, answer: ca.Answered, *, now: int
    ) -> None:
        subject, public = csr.parse_request_info(open_frame(row.p10).tbs)
        stored = self._with(replace(row, answer=answer.der, tries=0, next_at=now), answer.transaction)
        stored = replace(stored, reference=answer.reference or row.reference, words="")
        try:
            found = check_answer(self.engine, profile, answer, subject=subject, public_key=public, now=now)
            good = replace(
                stored,
                state=_S.ANSWERED,
                chain=store.join_chain(found.chain),
                issuer_serial=found.issuer_serial,
                ca_serial=found.ca_serial,
                code="",
            )
            await self._settle(row, good, now=now)
        except (BadAnswer, Conflict) as error:  # Conflict: the certificate belongs to another submission
            code = error.code if isinstance(error, BadAnswer) else "serial_twice"
            _log.error("outside CA %s returned a bad certificate: %s", row.ca, code)
            await self._settle(row, replace(stored, state=_S.BAD, code=code), now=now)

    async def _accept(self, row: SubmissionRow, adapter: OutsideCa, profile: CaProfile, *, now: int) -> None:
        der = _answer(row)
        match await adapter.confirm(await self._submission(row, profile), der, accepted=True, now=now):
            case ca.ConfirmPending() as pending:
                later = self._with(
                    replace(row, tries=0, next_at=now + wait_ms(pending.after_s)), pending.transaction
                )
                await self._settle(row, later, now=now)
            case ca.Unknown():
                forgotten = replace(
                    row,
                    state=_S.ASKED,
                    answer=None,
                    chain=None,
                    issuer_serial=None,
                    ca_serial=None,
                    next_at=now + pause_ms(row.tries),
                )
                await self._settle(row, forgotten, now=now)
            case ca.Confirmed():
                await self._put_in_force(row, der, now=now)

    async def _put_in_force(self, row: SubmissionRow, der: bytes, *, now: int) -> None:
        times = certificate_changes.validity_of(der)
        done = replace(row, state=_S.DONE, tries=0, code="", words="", changed_at=now)

        async def work(tx: Tx) -> None:
            if await store.change(tx, row, done) and not await self._store(tx, row, der, times, now=now):
                raise Undone

        async def end(tx: Tx) -> None:
            await _withdraw(tx, row, reason="ended before it was issued", now=now)

        try:
            await self.db.write(work)
        except (
            Undone
        ):  # Its key was voided meanwhile; the CA knows an accepted certificate, so it is revoked.
            await self.db.write(end)

    async def _store(
        self, tx: Tx, row: SubmissionRow, der: bytes, times: tuple[int, int], *, now: int
    ) -> bool:
        """Puts the certificate in force, or has the phone confirm a renewed one; the caller undoes it if False."""
        certificate = await certificates.find_by_serial(tx, serial=row.handle)
        if certificate is None:
            return False
        if not await renewals.is_renewal(tx, request_sid=certificate.request_sid):
            return await certificate_changes.activate_outside(
                tx, serial=row.handle, der=der, validity=times, now=now
            )
        task = confirmation(certificate.uid, expires_at=now + self.confirm_days * DAY_MS)
        stored = await certificate_changes.keep_outside(
            tx, serial=row.handle, der=der, validity=times, now=now
        ) and await renewals.mark_issued_in(tx, sid=certificate.request_sid, task=task, now=now)
        if stored:
            await _notify(tx, certificate, NoticeKind.RENEWAL_ISSUED, now=now)
        return stored

    async def _reject(
        self,
        row: SubmissionRow,
        adapter: OutsideCa,
        profile: CaProfile,
        end: SubmissionState,
        *,
        now: int,
    ) -> None:
        """Has the CA withdraw a certificate that was never accepted, by its confirmation or else by revocation."""
        ended = replace(row, state=end, tries=0)
        if end is _S.REFUSED:
            ended = replace(ended, words="")
        der = _answer(row)
        if profile.can.confirm:
            submission = await self._submission(row, profile)
            rejected = await adapter.confirm(submission, der, accepted=False, now=now)
            if isinstance(rejected, ca.ConfirmPending):
                later = replace(row, tries=0, next_at=now + wait_ms(rejected.after_s))
                await self._settle(row, self._with(later, rejected.transaction), now=now)
                return
        elif not await self._revoked(row, adapter, profile, CESSATION_OF_OPERATION, now=now):
            return
        await self._settle(row, ended, now=now, withdraw=end is _S.REFUSED)

    async def _cancel(self, row: SubmissionRow, adapter: OutsideCa, profile: CaProfile, *, now: int) -> None:
        cancelled = replace(row, state=_S.CANCELLED, tries=0)
        if row.answer is not None:
            await self._reject(row, adapter, profile, _S.CANCELLED, now=now)
            return
        if row.transaction_box is None or now > row.changed_at + CANCEL_MS:
            await self._settle(row, cancelled, now=now)
            return
        match await adapter.poll(await self._submission(row, profile), now=now):
            case ca.Pending() as pending:
                later = replace(row, tries=0, next_at=now + wait_ms(max(pending.after_s, 60)))
                await self._settle(row, self._with(later, pending.transaction), now=now)
            case ca.Answered() as answer:
                stored = replace(row, answer=answer.der, tries=0, next_at=now)
                await self._settle(row, self._with(stored, answer.transaction), now=now)
            case ca.Refused() | ca.Missing():
                await self._settle(row, cancelled, now=now)

    async def _revoke(self, row: SubmissionRow, adapter: OutsideCa, profile: CaProfile, *, now: int) -> None:
        holder = await store.find_holder(self.db, handle=row.handle)
        reason = None if holder is None else holder.revocation_reason
        if reason is None:
            superseded = holder is not None and holder.state == CertificateState.SUPERSEDED.value
            reason = _SUPERSEDED if superseded else CESSATION_OF_OPERATION
        if await self._revoked(row, adapter, profile, reason, now=now):
            await self._settle(row, replace(row, state=_S.REVOKED, tries=0, code=""), now=now)

    async def _revoked(
        self, row: SubmissionRow, adapter: OutsideCa, profile: CaProfile, reason: int, *, now: int
    ) -> bool:
        """Revokes at the CA; if that has to wait or be done by hand, stores when to look again and returns False."""
        outcome: ca.ActOutcome = ca.Unsupported()
        if profile.can.revoke == "api":
            key = hashlib.sha256(f"revoke {row.handle}".encode()).hexdigest()
            outcome = await adapter.act(held_of(_answer(row)), "revoke", reason, key=key, now=now)
        match outcome:
            case ca.ActDone():
                return True
            case ca.ActPending():
                later = replace(row, tries=0, next_at=now + wait_ms(outcome.after_s))
            case _:
                if row.code == store.UNACCEPTED and profile.can.confirm:
                    # The CA may never have learnt that the certificate was accepted.
                    submission = await self._submission(row, profile)
                    rejected = await adapter.confirm(submission, _answer(row), accepted=False, now=now)
                    if not isinstance(rejected, ca.ConfirmPending):
                        return True
                _log.error("outside CA %s: revoke certificate %s by hand", row.ca, row.ca_serial)
                later = replace(row, next_at=now + DAY_MS)
        await self._settle(row, later, now=now)
        return False

    async def _give_up(self, row: SubmissionRow, *, now: int) -> None:
        """Ends an application that the CA never decided; what still comes is rejected."""

        async def work(tx: Tx) -> None:
            named = replace(row, code="ca_timeout", next_at=row.next_at + 1)
            if await store.change(tx, row, named):
                await _withdraw(tx, row, reason="ca_timeout", now=now)
                await _notify_end(tx, row, now=now)

        await self.db.write(work)

    async def _settle(
        self, before: SubmissionRow, after: SubmissionRow, *, now: int, withdraw: bool = False
    ) -> None:
        """Stores the outcome of a step, unless the submission was cancelled or taken by another process meanwhile."""
        if after.state is not before.state:
            after = replace(after, changed_at=now)

        async def work(tx: Tx) -> None:
            if await store.change(tx, before, after) and withdraw:
                await _withdraw(tx, after, reason=after.code, now=now)
                await _notify_end(tx, after, now=now)

        await self.db.write(work)

    async def _submission(self, row: SubmissionRow, profile: CaProfile) -> Submission:
        subject, public = csr.parse_request_info(open_frame(row.p10).tbs)
        holder = await store.find_holder(self.db, handle=row.handle)
        if holder is None:
            raise WrongState
        id_number = None
        if "id_number" in profile.entry.sends:
            context = holder.person_id.encode()
            id_number = self.keyring.open(holder.id_number_box, purpose=FILING_BOX, context=context).decode()
        return Submission(
            key=row.key,
            p10=row.p10,
            subject=subject,
            public_key=public,
            person=ca.Person(
                name=holder.common_name,
                id_type=holder.id_type,
                enterprise=holder.organisation,
                credit_code=holder.credit_code,
                role=holder.role,
                id_number=id_number,
                phone=holder.phone if "phone" in profile.entry.sends else None,
            ),
            transaction=b""
            if row.transaction_box is None
            else self.keyring.open(row.transaction_box, purpose=_BOX, context=row.handle.encode()),
            reference=row.reference,
            renewal_of=None if holder.renewed is None else held_of(holder.renewed),
        )

    def _with(self, row: SubmissionRow, transaction: bytes | None) -> SubmissionRow:
        return row if transaction is None else replace(row, transaction_box=self._sealed(row, transaction))

    def _sealed(self, row: SubmissionRow, transaction: bytes) -> bytes:
        return self.keyring.seal(transaction, purpose=_BOX, context=row.handle.encode())


def _answer(row: SubmissionRow) -> bytes:
    if row.answer is None:
        raise AssertionError("a submission without its answer")
    return row.answer


async def _withdraw(tx: Tx, row: SubmissionRow, *, reason: str, now: int) -> None:
    """Ends the certificate's row and its key, so that the device can apply again."""
    certificate = await certificates.find_by_serial(tx, serial=row.handle)
    if certificate is None or certificate.state != CertificateState.ISSUED.value:
        return
    if await renewals.is_renewal(tx, request_sid=certificate.request_sid):
        await renewal_outcome.end(tx, sid=certificate.request_sid, reason=reason, now=now)
        return  # The certificate in force stays.
    await certificate_changes.change(
        tx,
        serial=row.handle,
        event=CertificateEvent.WITHDRAW,
        by=SERVICE,
        reason=reason,
        revocation_reason=CESSATION_OF_OPERATION,
        now=now,
    )
    await issuing.void_key(tx, uid=certificate.uid)


async def _notify_end(tx: Tx, row: SubmissionRow, *, now: int) -> None:
    certificate = await certificates.find_by_serial(tx, serial=row.handle)
    if certificate is not None:
        renews = await renewals.is_renewal(tx, request_sid=certificate.request_sid)
        kind = NoticeKind.CA_REFUSED_RENEWAL if renews else NoticeKind.CA_REFUSED
        await _notify(tx, certificate, kind, now=now)


async def _notify(tx: Tx, certificate: CertificateRow, kind: NoticeKind, *, now: int) -> None:
    await notify_account(
        tx,
        kind,
        account_id=certificate.account_id,
        occasion=certificate.serial,
        details={"tail": certificate.shield_number[-4:]},
        now=now,
    )
