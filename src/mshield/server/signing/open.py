"""The protocol's `open`: accepts commitments and returns the server's nonces with proofs. No PIN is involved."""

import hmac
from dataclasses import dataclass, field
from typing import Final

from mshield.gm import cosign, sm2, transcript
from mshield.gm.engine import Engine
from mshield.server.accounts.session import Caller, UnspentCaller, caller_and_proof
from mshield.server.database.interface import Database
from mshield.server.errors import TooManyRequests
from mshield.server.identity.consents import Consents
from mshield.server.keys.keyring import Keyring
from mshield.server.runtime.rows.known_mark import KnownMark, RestoreUndeclared
from mshield.server.settings.signing import SigningSettings
from mshield.server.signing import key as signing_key
from mshield.server.signing import one_time
from mshield.server.signing.errors import Busy, Clone, PinLocked, Stale, StaleEpoch
from mshield.server.signing.key import StoredItem
from mshield.server.signing.rows import sessions as store
from mshield.server.signing.rows.rows import KeyRow, SessionRow, TaskRow
from mshield.wire.times import MINUTE_MS

BUSY_MS: Final = 30_000
_RACES: Final = 8


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Commitment of the phone to one document."""

    sid: bytes
    c: bytes


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Body of an `open`: `rn` and `otp` are 32 bytes each; 1 to 64 items."""

    rn: bytes
    otp: bytes
    epoch: int
    items: tuple[OpenItem, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """Server nonces, PIN attempts left, and the epoch for a refresh (None: no refresh)."""

    items: tuple[cosign.ServerNonce, ...]
    left: int
    next_epoch: int | None


@dataclass(frozen=True, slots=True)
class OpenSigning:
    """Opens signing sessions (protocol, "Signing: open")."""

    db: Database
    engine: Engine
    keyring: Keyring
    settings: SigningSettings
    consents: Consents
    known: KnownMark = field(default_factory=KnownMark)

    async def __call__(
        self, caller: Caller | UnspentCaller, uid: bytes, request: OpenRequest, *, now: int
    ) -> Opened:
        """Opens a session. Raises errors in the protocol's order.

        Raises: Held, Busy, Stale, Clone, StaleEpoch, PinLocked, UnlockClosed, TooManyRequests, TaskClosed,
        FilingChanged (R22), NotBound (R8), RenewalUnfinished (PIN change during a renewal), ConsentNotYours.
        """
        for _ in range(_RACES):
            sids = [item.sid for item in request.items]
            key, tasks = await signing_key.find(self.db, caller, uid, sids, now=now)
            caller, _ = caller_and_proof(caller)  # The proof is already spent.
            try:
                return await self._open(key, tasks, request, now=now)
            except store.ConcurrentUpdate:
                continue
        raise Busy

    async def _open(
        self, key: KeyRow, tasks: dict[bytes, TaskRow], request: OpenRequest, *, now: int
    ) -> Opened:
        public = signing_key.require_usable(key, now=now)
        if key.session is not None and _is_finishing(key.session, now=now):
            raise Busy
        current = await self._check_otp(key, request, now=now)
        if request.epoch not in {key.epoch, key.pending_epoch}:
            raise StaleEpoch
        if signing_key.is_locked(key):
            await store.lock_certificate(self.db, uid=key.uid, now=now)
            raise PinLocked
        signing_key.require_try_left(key)
        opens_window, opens = self._count_opening(key, now=now)
        signing_key.require_open(tasks, [item.sid for item in request.items], now=now)
        signing_key.require_own_business(key, tasks.values())
        purposes = {sid: task.purpose for sid, task in tasks.items()}
        await signing_key.require_one_pin(self.db, key, purposes.values(), now=now)
        await self.consents.require(purposes, key.uid, now=now)
        items = [
            StoredItem(item.sid, sm2.digest(public, tasks[item.sid].message), item.c)
            for item in request.items
        ]

        d2, P1 = signing_key.open_share(self.keyring, key, epoch=request.epoch)
        nonces = tuple(
            cosign.server_nonce(
                self.engine, uid=key.uid, epoch=request.epoch, d2=d2, sid=item.sid, e=item.e, c=item.c
            )
            for item in items
        )
        packed = signing_key.pack_items(items)
        context = transcript.nonce_box_context(uid=key.uid, epoch=request.epoch, P1=P1, items=packed)
        next_epoch = self._next_epoch(key, tasks)
        session = SessionRow(
            epoch=request.epoch,
            otp_hash=transcript.stored_hash("otp", request.otp),
            rn_hash=transcript.stored_hash("rn", request.rn),
            next_epoch=next_epoch,
            items=packed,
            k2_box=signing_key.seal_nonces(self.keyring, [nonce.k2 for nonce in nonces], context=context),
            fb=None,
            bound_at=None,
            expires_at=now + self.settings.signing_session_seconds * 1000,
        )
        await store.open_session(
            self.db, key, session, forget_previous=current, opens_window=opens_window, opens=opens
        )
        return Opened(nonces, signing_key.tries_left(key), next_epoch)

    async def _check_otp(self, key: KeyRow, request: OpenRequest, *, now: int) -> bool:
        """Returns True for the current one-time value, False for the previous one with its `rn`.

        Any other value means that the phone's data were copied. After a declared restore the service can't
        know which value the phone received last, so any value is accepted until a success.

        Raises: Stale (a late request), Clone, RestoreUndeclared (the database lacks a value that was issued).
        """
        if key.otp_open:
            return False
        otp_hash = transcript.stored_hash("otp", request.otp)
        if hmac.compare_digest(otp_hash, key.otp_hash):
            return True
        rn = transcript.stored_hash("rn", request.rn)
        if (
            not key.otp_prev_spent
            and key.otp_prev_hash is not None
            and key.rn_prev_hash is not None
            and hmac.compare_digest(otp_hash, key.otp_prev_hash)
            and hmac.compare_digest(rn, key.rn_prev_hash)
        ):
            return False
        # A DPoP proof is accepted for this long before and after its time, so look back twice as far.
        since = now - 2 * self.settings.dpop_seconds * 1000
        value = store.value_shown(key.uid, otp_hash=otp_hash, rn_hash=rn)
        if await store.succeeded_since(self.db, value, since=since):
            raise Stale
        if one_time.is_later(self.db.sealer, key, request.otp):
            self.known.on_loss()
            raise RestoreUndeclared
        await store.hold_clone(self.db, self.known, uid=key.uid, now=now)
        raise Clone

    def _next_epoch(self, key: KeyRow, tasks: dict[bytes, TaskRow]) -> int | None:
        """Returns a new epoch number for a refresh task, or if a periodic refresh is due; otherwise None."""
        due = key.certificate is not None and key.since_refresh >= self.settings.refresh_signatures
        requested = any(task.purpose == "refresh" for task in tasks.values())
        return key.last_epoch + 1 if due or requested else None

    def _count_opening(self, key: KeyRow, *, now: int) -> tuple[int, int]:
        window = now // MINUTE_MS
        opens = key.opens + 1 if key.opens_window == window else 1
        if opens > self.settings.opens_per_minute:
            raise TooManyRequests(retry_after=(window + 1) * MINUTE_MS // 1000 - now // 1000)
        return window, opens


def _is_finishing(session: SessionRow, *, now: int) -> bool:
    """Reports whether the session was bound less than 30 s ago.

    A time far after `now` is ignored: it means that the clock was set back.
    """
    return session.bound_at is not None and abs(now - session.bound_at) < BUSY_MS
