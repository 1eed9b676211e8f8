"""The protocol's `finish`: counts one attempt durably, then combines the shares, then records the outcome.

No answer depends on the PIN before the attempt is durable. A repeat of the same bytes gets the same answer.
It takes two transactions. A crash leaves the following state:

- before the first: nothing was counted, the session is open, and the phone sends the same bytes again;
- between the two: the attempt is counted and the session is bound to these bytes (`fb`), which continue without being
  counted again; any other body gets `no_session`. A phone that lost the bytes opens a new session after half a minute,
  with one attempt fewer. If PostgreSQL itself crashed or failed over, the unlogged session is lost, and the copy of the
  attempt in `attempts_under_way` is used instead;
- after the second, before the answer was sent: signatures, counters, the next one-time value and the sealed answer are
  stored. The same bytes get that answer for a day; a new `open` may present the previous one-time value with its `rn`.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from mshield.gm import cosign, transcript
from mshield.gm import errors as gm_errors
from mshield.gm.cosign import FinishItem, SessionItem
from mshield.gm.engine import Engine
from mshield.server.accounts.session import Caller, UnspentCaller, caller_and_proof
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.errors import DomainError
from mshield.server.identity.consents import Consents
from mshield.server.identity.rows.consents import ConsentRow
from mshield.server.keys.keyring import Keyring
from mshield.server.runtime.events import Events
from mshield.server.runtime.metrics import Count, uncounted
from mshield.server.signing import key as signing_key
from mshield.server.signing import one_time
from mshield.server.signing import own_documents as own_tasks
from mshield.server.signing.documents import Shown, answer_of, holder_of, require_shown, row_of
from mshield.server.signing.errors import (
    BadOpening,
    Busy,
    Fault,
    Malformed,
    NoSession,
    PinLocked,
    Retry,
    WrongPin,
)
from mshield.server.signing.excluded import bound_to, exclusions_of, require_excludable, split_excluded
from mshield.server.signing.key import StoredItem
from mshield.server.signing.rows import exclusions, unlocks
from mshield.server.signing.rows import outcome as signing_outcome
from mshield.server.signing.rows import sessions as store
from mshield.server.signing.rows.rows import KeyRow, SessionRow, TaskRow
from mshield.wire.times import DAY_MS

_RACES: Final = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishRequest:
    """The phone's items in the order of `open`; `tau` only if `open` returned a next epoch.

    `shown` maps the sid of each displayed document to what the phone showed of it. `excluded` maps the sid of
    each excluded document to the reason.
    """

    items: tuple[FinishItem, ...]
    tau: int | None
    shown: Mapping[bytes, Shown] = field(default_factory=dict)
    excluded: Mapping[bytes, str] = field(default_factory=dict)


class OnEnrolled(Protocol):
    """Hook called after a phone's first signature, that of its certification request. May be called more than once."""

    async def __call__(self, caller: Caller, *, now: int) -> None: ...


class _Finished(msgspec.Struct, frozen=True):
    """Encoded response (`body`), and whether this call completed an enrolment."""

    body: bytes
    enrolled: bool


@dataclass(frozen=True, slots=True)
class _Release:
    """Data to release: next one-time value, hash of the body, refreshed share (optional), signatures.

    `left_out` are the documents excluded from signing, with their `reasons`.
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
    """Whether evidence includes the signer's masked id number."""
    count: Count = uncounted
    """Counter, called with `signed_` and the purpose for each signature made."""

    async def __call__(
        self, caller: Caller | UnspentCaller, uid: bytes, request: FinishRequest, *, now: int
    ) -> bytes:
        """Finishes the session and returns the encoded response.

        Raises, without counting an attempt: InvalidProof, Unauthenticated, NotFound, NoSession, Malformed,
        BadOpening, ConfirmationMissing, Held, TaskClosed, PinLocked, UnlockClosed, RenewalUnfinished (PIN
        change during a renewal), FilingChanged (R22), NotBound (R8), ConsentNotYours, Busy. With the attempt
        counted: WrongPin, PinLocked (it was the last one), Retry. With the attempt refunded: Fault. Also what
        issuing raises.
        """
        finished = await self._finish(caller, uid, request, now=now)
        if finished.enrolled:
            # Called after the signature is durable. A crash here leaves a signed request without its
            # certificate; the phone's next status query or its repeat of this call issues it.
            await self.on_enrolled(caller_and_proof(caller)[0], now=now)
        return finished.body

    async def _finish(
        self, caller: Caller | UnspentCaller, uid: bytes, request: FinishRequest, *, now: int
    ) -> _Finished:
        fb = transcript.finish_hash(uid=uid, items=request.items, tau=request.tau)
        fb = bound_to(fb, request.excluded)
        # If another call changed the key since it was read, read it again. For the same bytes sent twice at
        # once, the outcome is recorded by then; for any other body the checks decide again.
        for _ in range(_RACES):
            sids = [*(item.sid for item in request.items), *request.excluded]
            key, tasks = await signing_key.find(self.db, caller, uid, sids, now=now)
            caller, _ = caller_and_proof(caller)  # The proof is already spent.
            if key.outcome_fb == fb and key.outcome_box is not None and (key.outcome_at or 0) > now - DAY_MS:
                return self._recorded(key, key.outcome_box)
            try:
                return await self._attempt(key, tasks, request, fb, now=now)
            except store.ConcurrentUpdate:
                continue
        raise Busy

    async def _attempt(
        self,
        key: KeyRow,
        named: dict[bytes, TaskRow],
        request: FinishRequest,
        fb: bytes,
        *,
        now: int,
    ) -> _Finished:
        tasks, left_out = split_excluded(named, request.excluded)
        session = key.session or await store.find_attempt(self.db, uid=key.uid)
        if session is None or session.expires_at <= now:
            raise NoSession
        is_bound = session.fb is not None
        if is_bound and session.fb != store.binding(self.db, key.uid, fb, seal_version=key.seal_version):
            raise NoSession
        refreshes = any(task.purpose == "refresh" for task in tasks.values())
        if (session.next_epoch is None) if request.tau is not None else refreshes:
            raise Malformed(field="tau")
        stored = signing_key.unpack_items(session.items)
        # No attempt is counted before the reservation, so nothing up to there may depend on the PIN. The
        # openings, the certificate and the documents don't.
        require_shown(request.shown, tasks)
        await self._check_openings(key, session, stored, request)
        may_sign = True
        try:
            await self._require_allowed(key, tasks, stored, now=now)
            require_excludable(tasks, left_out, request.excluded, now=now)
        except DomainError:
            # For a session bound to these bytes the attempt is already counted. Settle the PIN accounting
            # anyway, and answer documents that may no longer be signed as closed.
            if not is_bound:
                raise
            may_sign = False
        if not is_bound:
            # Not checked for a bound session: its counted attempt may have been the last one.
            signing_key.require_try_left(key)
            key = await store.reserve_attempt(self.db, key, fb=fb, now=now)
        return await self._combine(
            key, session, tasks, request, fb, left_out=left_out, may_sign=may_sign, now=now
        )

    async def _require_allowed(
        self, key: KeyRow, tasks: dict[bytes, TaskRow], stored: list[StoredItem], *, now: int
    ) -> None:
        """Repeats the checks of `open`, since minutes have passed."""
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
            raise NoSession from error
        except gm_errors.BadOpening as error:
            await store.drop_session(self.db, key)
            raise BadOpening from error

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
        assert key.public_key is not None  # noqa: S101  # require_usable has checked it
        try:
            signatures = cosign.server_finish(
                self.engine, P=key.public_key, d2=d2, P1=P1, session=items, items=request.items
            )
        except gm_errors.WrongPin as error:
            raise await self._refuse(key, fb, now=now) from error
        except gm_errors.Retry as error:
            # Never happens by chance. Refunding the attempt would allow a free guess of the PIN.
            box = self._seal_outcome(key, json.dumps({"error": "retry"}).encode())
            await signing_outcome.record_retry(self.db, key, fb=fb, outcome_box=box, now=now)
            raise Retry from error
        except gm_errors.Fault as error:
            # The server failed, not the user. No outcome is recorded, so the phone opens a new session.
            await signing_outcome.give_back(self.db, key)
            _log.critical("co-signing fault: a computed signature is invalid; the attempt was refunded")
            raise Fault from error
        if may_sign and key.unlocking:
            await _take_logins(self.db, key, tasks.values(), now=now)
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
        """Returns the share that matches the phone's next share: `d2' = d2·tau^-1`. None without a refresh."""
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

    async def _refuse(self, key: KeyRow, fb: bytes, *, now: int) -> DomainError:
        def box(left: int) -> bytes:
            refusal = {"error": "wrong_pin", "left": left} if left else {"error": "pin_locked"}
            return self._seal_outcome(key, json.dumps(refusal).encode())

        left = await signing_outcome.record_wrong_pin(self.db, key, fb=fb, outcome_box=box, now=now)
        return WrongPin(left=left) if left else PinLocked()

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
        # A success that leaves nothing but signatures, the usual case, takes one statement, which does
        # nothing unless every document is still open. The steps then find out which one was closed.
        effect = own_tasks.have_effect(tasks.values())
        result = None
        alone = not effect and not release.left_out
        if may_sign and alone and signing_outcome.fits_one_statement(self.db, key, release.pending):
            result = await self._release_at_once(key, session, release, now=now)
        if result is None:
            result = await self._release_by_steps(
                key, session, release, tasks=tasks if effect else {}, may_sign=may_sign, now=now
            )
        body, finished, enrolled = result
        # Notify after the commit. A crash here loses no signature: waiting callers also poll the database.
        for request_id in finished:
            self.events.notify(request_id)
        if may_sign:
            for task in tasks.values():
                self.count(f"signed_{task.purpose}")
        return _Finished(body, enrolled)

    async def _release_at_once(
        self, key: KeyRow, session: SessionRow, release: _Release, *, now: int
    ) -> tuple[bytes, frozenset[str], bool] | None:
        """Releases in one round trip. Returns None if nothing was written because something was closed meanwhile."""
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
        """Releases in one transaction of several statements; `tasks` is empty unless one has an effect of its own."""
        rows = release.rows

        async def work(tx: Tx) -> tuple[bytes, dict[bytes, Row]]:
            # Put a renewal in force first: its confirmation is signed under the certificate that it makes
            # valid. Then close the documents, since the recorded, sealed answer says which ones were still
            # open. The key's guard comes last: if another call was faster, ConcurrentUpdate rolls everything back.
            signer, allowed = key, rows if may_sign else []
            consents: dict[bytes, ConsentRow] = {}
            if may_sign and tasks:
                signer, allowed = await own_tasks.confirm(tx, key, rows, now=now)
                consents, allowed = await own_tasks.consents_of(
                    tx, self.consents, key, tasks, allowed, now=now
                )
            signed = await signing_outcome.close_tasks(tx, signer, allowed, now=now)
            # Record exclusions before the request is finished, because an open document would prevent
            # finishing it.
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
                raise WrongPin(left=left)
            case {"error": "pin_locked"}:
                raise PinLocked
            case {"error": "retry"}:
                raise Retry
        return _Finished(body, key.state == "confirmed" and key.certificate is None)


async def _take_logins(db: Database, key: KeyRow, tasks: Iterable[TaskRow], *, now: int) -> None:
    """Takes the login requests among the documents of an unlock for this key, under one PIN entry (ADR 125).

    The login is taken only after a correct PIN. Until then any phone that scans its code may take it, and the PC's page
    sees no change. If another phone was faster or the login has ended, its document is answered as closed and nothing
    else happens. The call is idempotent: a repeat after a crash finds the login already taken.
    """
    for task in tasks:
        if task.request_id is not None:
            await unlocks.take_login(db, key, task.request_id, now=now)
