"""The protocol's `finish`: one attempt is counted durably, then the shares are combined, then the outcome is recorded.

No answer depends on the PIN before the attempt is durable; a repeat of the same bytes gets the same answer.

Two transactions, and what a crash leaves:

- before the first: nothing was counted, the session is open, the phone sends the same bytes again;
- between the two: the attempt is counted and the session bound to these bytes (`fb`), which go on without counting;
  any other body is `no_session`. A phone that lost them opens anew after half a minute, one attempt poorer. Where it
  was PostgreSQL that crashed, or another took over, the unlogged session is gone, and its copy of the counting serves;
- after the second, before the answer went out: signatures, counters, the next one-time value and the sealed answer are
  there. The same bytes get that answer for a day; a new `open` may show the previous value with its `rn`.
"""

import json
import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from mshield.domain import errors
from mshield.domain.times import DAY_MS
from mshield.gm import cosign, transcript
from mshield.gm import errors as gm_errors
from mshield.gm.cosign import FinishItem, SessionItem
from mshield.gm.engine import Engine
from mshield.keys.keyring import Keyring
from mshield.services.accounts.session import Caller, UnspentCaller, caller_and_proof
from mshield.services.identity.consents import Consents
from mshield.services.process.events import Events
from mshield.services.process.metrics import Count, uncounted
from mshield.services.signing import beside, one_time
from mshield.services.signing import key as signing_key
from mshield.services.signing import own_documents as own_tasks
from mshield.services.signing.excluded import bound_to, exclusions_of, parted, require_excludable
from mshield.services.signing.key import StoredItem
from mshield.services.signing.released import answer_of, holder_of, row_of
from mshield.services.signing.shown import Shown, require_shown
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.identity.consents import ConsentRow
from mshield.store.signing import exclusions
from mshield.store.signing import outcome as signing_outcome
from mshield.store.signing import sessions as store
from mshield.store.signing.rows import KeyRow, SessionRow, TaskRow

_RACES: Final = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """The phone's items in the order of `open`; `tau` only where a next epoch was given.

    `shown` is by sid, of the documents that are drawn; `excluded` are those that are left out, with the reason.
    """

    items: tuple[FinishItem, ...]
    tau: int | None
    shown: Mapping[bytes, Shown] = field(default_factory=dict)
    excluded: Mapping[bytes, str] = field(default_factory=dict)


class OnEnrolled(Protocol):
    """Told of a phone whose first signature, that of its certification request, was made. May be told again."""

    async def __call__(self, caller: Caller, *, now: int) -> None: ...


class _Finished(msgspec.Struct, frozen=True):
    """The answer as it goes out (`body`), and whether this call ended an enrolment."""

    body: bytes
    enrolled: bool


@dataclass(frozen=True, slots=True)
class _Release:
    """What is released: the next one-time value, the body's hash, a refreshed share if any, the signatures.

    `left_out` are the documents that aren't signed beside them, with their `reasons`.
    """

    otp: bytes = field(repr=False)
    fb: bytes
    pending: signing_outcome.Pending | None
    rows: list[signing_outcome.SignatureRow]
    left_out: dict[bytes, TaskRow]
    reasons: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class FinishSigning:
    """Finishes signing sessions (protocol, "Signing: finish")."""

    db: Database
    engine: Engine
    keyring: Keyring
    events: Events
    on_enrolled: OnEnrolled
    consents: Consents
    with_id_number: bool
    """Whether evidence tells the signer's id number, its middle hidden."""
    count: Count = uncounted
    """Told the purpose of each signature that was made."""

    async def __call__(
        self, caller: Caller | UnspentCaller, uid: bytes, request: FinishRequest, *, now: int
    ) -> bytes:
        """The answer as it goes out.

        Raises NoSession, BadOpening, Held, TaskClosed, PinLocked, UnlockClosed (not counted), WrongPin, Retry
        (counted), Fault; RenewalUnfinished (not counted) for a PIN change amid a renewal; FilingChanged (R22), NotBound
        (R8) and ConsentNotYours, not counted; what issuing raises.
        """
        finished = await self._finish(caller, uid, request, now=now)
        if finished.enrolled:
            # After the signature is durable: a crash here leaves a signed request without its certificate, which the
            # phone's next look or its repeat of this call makes good.
            await self.on_enrolled(caller_and_proof(caller)[0], now=now)
        return finished.body

    async def _finish(
        self, caller: Caller | UnspentCaller, uid: bytes, request: FinishRequest, *, now: int
    ) -> _Finished:
        fb = transcript.finish_hash(uid=uid, items=request.items, tau=request.tau)
        fb = bound_to(fb, request.excluded)
        # Where another call changed the key since it was read, it is read again: for the same bytes, sent twice at
        # once, the outcome is recorded by then; for all else the checks decide anew.
        for _ in range(_RACES):
            sids = [*(item.sid for item in request.items), *request.excluded]
            key, tasks = await signing_key.find(self.db, caller, uid, sids, now=now)
            caller, _ = caller_and_proof(caller)  # it is spent
            if key.outcome_fb == fb and key.outcome_box is not None and (key.outcome_at or 0) > now - DAY_MS:
                return self._recorded(key, key.outcome_box)
            try:
                return await self._attempt(key, tasks, request, fb, now=now)
            except store.Overtaken:
                continue
        raise errors.Busy

    async def _attempt(
        self,
        key: KeyRow,
        named: dict[bytes, TaskRow],
        request: FinishRequest,
        fb: bytes,
        *,
        now: int,
    ) -> _Finished:
        tasks, left_out = parted(named, request.excluded)
        session = key.session or await store.find_attempt(self.db, uid=key.uid)
        if session is None or session.expires_at <= now:
            raise errors.NoSession
        is_bound = session.fb is not None
        if is_bound and session.fb != store.binding(self.db, key.uid, fb, seal_version=key.seal_version):
            raise errors.NoSession
        refreshes = any(task.purpose == "refresh" for task in tasks.values())
        if (session.next_epoch is None) if request.tau is not None else refreshes:
            raise errors.Malformed(field="tau")
        stored = signing_key.unpack_items(session.items)
        # Not counted up to the reservation, so nothing up to there may depend on the PIN: openings, certificate and
        # documents don't.
        require_shown(request.shown, tasks)
        await self._check_openings(key, session, stored, request)
        may_sign = True
        try:
            await self._require_allowed(key, tasks, stored, now=now)
            require_excludable(tasks, left_out, request.excluded, now=now)
        except errors.DomainError:
            # A session that is bound to these bytes has its attempt counted. The PIN's accounting is settled all the
            # same, and what may not be signed any more is answered as closed.
            if not is_bound:
                raise
            may_sign = False
        if not is_bound:
            # Not of a bound one: its attempt may have been the last.
            signing_key.require_try_left(key)
            key = await store.reserve_attempt(self.db, key, fb=fb, now=now)
        return await self._combine(
            key, session, tasks, request, fb, left_out=left_out, may_sign=may_sign, now=now
        )

    async def _require_allowed(
        self, key: KeyRow, tasks: dict[bytes, TaskRow], stored: list[StoredItem], *, now: int
    ) -> None:
        """What `open` asked, once more: minutes have passed."""
        signing_key.require_usable(key, now=now)
        signing_key.require_open(tasks, [item.sid for item in stored], now=now)
        signing_key.require_own_business(key, tasks.values())
        purposes = {sid: task.purpose for sid, task in tasks.items()}
        await signing_key.require_one_pin(self.db, key, purposes.values(), now=now)
        await self.consents.require(purposes, key.uid, now=now)

    async def _check_openings(
        self, key: KeyRow, session: SessionRow, stored: list[StoredItem], request: FinishRequest
    ) -> None:
        try:
            cosign.check_openings(
                self.engine, uid=key.uid, epoch=session.epoch, session=stored, items=request.items
            )
        except gm_errors.NoSession as error:
            raise errors.NoSession from error
        except gm_errors.BadOpening as error:
            await store.drop_session(self.db, key)
            raise errors.BadOpening from error

    async def _combine(
        self,
        key: KeyRow,
        session: SessionRow,
        tasks: dict[bytes, TaskRow],
        request: FinishRequest,
        fb: bytes,
        *,
        left_out: dict[bytes, TaskRow],
        may_sign: bool,
        now: int,
    ) -> _Finished:
        stored = signing_key.unpack_items(session.items)
        d2, P1 = signing_key.open_share(self.keyring, key, epoch=session.epoch)
        context = transcript.nonce_box_context(uid=key.uid, epoch=session.epoch, P1=P1, items=session.items)
        nonces = signing_key.open_nonces(self.keyring, session.k2_box, context=context)
        items = [SessionItem(item.sid, item.e, item.c, k2) for item, k2 in zip(stored, nonces, strict=True)]
        assert key.public_key is not None  # noqa: S101  # require_usable has seen it
        try:
            signatures = cosign.server_finish(
                self.engine, P=key.public_key, d2=d2, P1=P1, session=items, items=request.items
            )
        except gm_errors.WrongPin as error:
            raise await self._refuse(key, fb, now=now) from error
        except gm_errors.Retry as error:
            # Never by chance: given back, it would be an answer about the PIN that costs no attempt.
            box = self._seal_outcome(key, json.dumps({"error": "retry"}).encode())
            await signing_outcome.record_retry(self.db, key, fb=fb, outcome_box=box, now=now)
            raise errors.Retry from error
        except gm_errors.Fault as error:
            # This server's failure, not the user's. No outcome is recorded: the phone opens anew.
            await signing_outcome.give_back(self.db, key)
            _log.critical("co-signing fault: a signature did not verify; the attempt was given back")
            raise errors.Fault from error
        if may_sign and key.unlocking:
            await beside.take(self.db, key, tasks.values(), now=now)
        pending = self._refreshed(key, session, d2, request, tasks)
        holder = None
        if any(task.asked for task in tasks.values()):
            holder = holder_of(self.keyring, key, with_id_number=self.with_id_number)
        rows = [
            row_of(item, signature, request.shown.get(item.sid), holder if tasks[item.sid].asked else None)
            for item, signature in zip(stored, signatures, strict=True)
        ]
        release = _Release(one_time.make(self.db.sealer, key), fb, pending, rows, left_out, request.excluded)
        return await self._release(key, session, tasks, release, may_sign=may_sign, now=now)

    def _refreshed(
        self,
        key: KeyRow,
        session: SessionRow,
        d2: int,
        request: FinishRequest,
        tasks: dict[bytes, TaskRow],
    ) -> signing_outcome.Pending | None:
        """The share that fits the phone's next one: `d2' = d2·tau^-1`."""
        if request.tau is None or session.next_epoch is None or key.public_key is None:
            return None
        d2_next = cosign.next_server_share(self.engine, d2, request.tau)
        box = signing_key.seal_share(
            self.keyring,
            uid=key.uid,
            epoch=session.next_epoch,
            d2=d2_next,
            P1=cosign.phone_point(self.engine, d2=d2_next, P=key.public_key),
        )
        changes_pin = any(task.purpose == "refresh" for task in tasks.values())
        return signing_outcome.Pending(session.next_epoch, box, changes_pin)

    async def _refuse(self, key: KeyRow, fb: bytes, *, now: int) -> errors.DomainError:
        def box(left: int) -> bytes:
            refused = {"error": "wrong_pin", "left": left} if left else {"error": "pin_locked"}
            return self._seal_outcome(key, json.dumps(refused).encode())

        left = await signing_outcome.record_wrong_pin(self.db, key, fb=fb, outcome_box=box, now=now)
        return errors.WrongPin(left=left) if left else errors.PinLocked()

    async def _release(
        self,
        key: KeyRow,
        session: SessionRow,
        tasks: dict[bytes, TaskRow],
        release: _Release,
        *,
        may_sign: bool,
        now: int,
    ) -> _Finished:
        # One statement where signatures are all that a success leaves, which is nearly always; it does nothing unless
        # every document is still open. The steps tell which was closed.
        effect = own_tasks.have_effect(tasks.values())
        done = None
        alone = not effect and not release.left_out
        if may_sign and alone and signing_outcome.fits_one_statement(self.db, key, release.pending):
            done = await self._release_at_once(key, session, release, now=now)
        if done is None:
            done = await self._release_by_steps(
                key, session, release, tasks=tasks if effect else {}, may_sign=may_sign, now=now
            )
        body, finished, enrolled = done
        # After the commit. A crash here costs no signature: whoever waits looks at the database now and then.
        for request_id in finished:
            self.events.notify(request_id)
        if may_sign:
            for task in tasks.values():
                self.count(f"signed_{task.purpose}")
        return _Finished(body, enrolled)

    async def _release_at_once(
        self, key: KeyRow, session: SessionRow, release: _Release, *, now: int
    ) -> tuple[bytes, frozenset[str], bool] | None:
        """In one round trip; None where it did nothing, since something was closed meanwhile."""
        sids = {row.sid for row in release.rows}
        body, success = self._success(key, release, sids)
        finished = await signing_outcome.release_at_once(
            self.db, key, session, success=success, signatures=release.rows, now=now
        )
        return None if finished is None else (body, finished, success.enrolled)

    async def _release_by_steps(
        self,
        key: KeyRow,
        session: SessionRow,
        release: _Release,
        *,
        tasks: dict[bytes, TaskRow],
        may_sign: bool,
        now: int,
    ) -> tuple[bytes, frozenset[str], bool]:
        """`tasks` are the documents, where any of them has an effect."""
        rows = release.rows

        async def work(tx: Tx) -> tuple[bytes, dict[bytes, Row]]:
            # A renewal first: its confirmation is signed under the certificate that it puts in force. Then the
            # documents, since the answer, which is recorded sealed, says which were still open. The key's guard comes
            # after both: where another call was faster, Overtaken undoes them.
            signer, allowed = key, rows if may_sign else []
            consents: dict[bytes, ConsentRow] = {}
            if may_sign and tasks:
                signer, allowed = await own_tasks.confirm(tx, key, rows, now=now)
                consents, allowed = await own_tasks.consents_of(
                    tx, self.consents, key, tasks, allowed, now=now
                )
            signed = await signing_outcome.close_tasks(tx, signer, allowed, now=now)
            # Before the request is finished, which nothing open may hold up.
            finished = [row["request_id"] for row in signed.values()]
            left_out = exclusions_of(release.left_out, release.reasons, finished)
            await exclusions.record(tx, signer, left_out, now=now)
            body, success = self._success(key, release, signed.keys())
            await signing_outcome.record_success(
                tx, signer, session, success=success, signatures=rows, signed=signed, now=now
            )
            await own_tasks.bind(tx, signed, now=now)
            for sid in consents.keys() & signed.keys():
                await self.consents.give(tx, consents[sid], now=now)
            return body, signed

        body, signed = await self.db.write(work)
        finished = frozenset(row["request_id"] for row in signed.values() if row["request_id"] is not None)
        return body, finished, key.enrol_sid in signed

    def _success(
        self, key: KeyRow, release: _Release, signed: AbstractSet[bytes]
    ) -> tuple[bytes, signing_outcome.Success]:
        body = answer_of(release.rows, signed, release.otp)
        success = signing_outcome.Success(
            otp_hash=transcript.stored_hash("otp", release.otp),
            outcome_box=self._seal_outcome(key, body),
            fb=release.fb,
            enrolled=key.enrol_sid in signed,
            pending=release.pending,
        )
        return body, success

    def _seal_outcome(self, key: KeyRow, outcome: bytes) -> bytes:
        return self.keyring.seal(outcome, purpose="outcome", context=key.uid)

    def _recorded(self, key: KeyRow, box: bytes) -> _Finished:
        body = self.keyring.open(box, purpose="outcome", context=key.uid)
        match json.loads(body):
            case {"error": "wrong_pin", "left": int(left)}:
                raise errors.WrongPin(left=left)
            case {"error": "pin_locked"}:
                raise errors.PinLocked
            case {"error": "retry"}:
                raise errors.Retry
        return _Finished(body, key.state == "confirmed" and key.certificate is None)
