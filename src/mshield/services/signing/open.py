"""The protocol's `open`: commitments come in, the server's nonces with their proofs go out, no PIN is involved."""

import hmac
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.times import MINUTE_MS
from mshield.gm import cosign, sm2, transcript
from mshield.gm.engine import Engine
from mshield.keys.keyring import Keyring
from mshield.services.accounts.session import Caller, UnspentCaller, caller_and_proof
from mshield.services.identity.consents import Consents
from mshield.services.signing import key as signing_key
from mshield.services.signing import one_time
from mshield.services.signing.key import StoredItem
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.operations.known_mark import KnownMark, RestoreUndeclared
from mshield.store.signing import sessions as store
from mshield.store.signing.rows import KeyRow, SessionRow, TaskRow

BUSY_MS: Final = 30_000
_RACES: Final = 8


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One document's commitment."""

    sid: bytes
    c: bytes


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """`rn` and `otp` are 32 bytes; 1 to 64 items."""

    rn: bytes
    otp: bytes
    epoch: int
    items: tuple[OpenItem, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """The server's nonces, the tries that are left, and the epoch that a refresh may use (None: no refresh)."""

    items: tuple[cosign.ServerNonce, ...]
    left: int
    next_epoch: int | None


@dataclass(frozen=True, slots=True)
class OpenSigning:
    """Opens signing sessions (protocol, "Signing: open")."""

    db: Database
    engine: Engine
    keyring: Keyring
    settings: Settings
    consents: Consents
    known: KnownMark = field(default_factory=KnownMark)

    async def __call__(
        self, caller: Caller | UnspentCaller, uid: bytes, request: OpenRequest, *, now: int
    ) -> Opened:
        """Raises Held, Busy, Stale, Clone, StaleEpoch, PinLocked, TaskClosed, TooManyRequests, in the protocol's order.

        RenewalUnfinished for a PIN change amid a renewal; FilingChanged (R22), NotBound (R8); ConsentNotYours;
        UnlockClosed.
        """
        for _ in range(_RACES):
            sids = [item.sid for item in request.items]
            key, tasks = await signing_key.find(self.db, caller, uid, sids, now=now)
            caller, _ = caller_and_proof(caller)  # it is spent
            try:
                return await self._open(key, tasks, request, now=now)
            except store.Overtaken:
                continue
        raise errors.Busy

    async def _open(
        self, key: KeyRow, tasks: dict[bytes, TaskRow], request: OpenRequest, *, now: int
    ) -> Opened:
        public = signing_key.require_usable(key, now=now)
        if key.session is not None and _is_finishing(key.session, now=now):
            raise errors.Busy
        current = await self._check_otp(key, request, now=now)
        if request.epoch not in {key.epoch, key.pending_epoch}:
            raise errors.StaleEpoch
        if signing_key.is_locked(key):
            await store.lock_certificate(self.db, uid=key.uid, now=now)
            raise errors.PinLocked
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
        """True for the current one-time value, False for the previous one with its rn; anything else is a copy.

        After a declared restore nobody knows which value the phone was given last: any passes, until a success.
        Raises Stale for one that comes late, Clone, and RestoreUndeclared where the database lacks what was answered.
        """
        if key.otp_open:
            return False
        shown = transcript.stored_hash("otp", request.otp)
        if hmac.compare_digest(shown, key.otp_hash):
            return True
        rn = transcript.stored_hash("rn", request.rn)
        if (
            key.otp_prev_hash is not None
            and key.rn_prev_hash is not None
            and hmac.compare_digest(shown, key.otp_prev_hash)
            and hmac.compare_digest(rn, key.rn_prev_hash)
        ):
            return False
        # A proof is good for so long before and after its time.
        since = now - 2 * self.settings.dpop_seconds * 1000
        value = store.value_shown(key.uid, otp_hash=shown, rn_hash=rn)
        if await store.succeeded_since(self.db, value, since=since):
            raise errors.Stale
        if one_time.is_later(self.db.sealer, key, request.otp):
            self.known.on_loss()
            raise RestoreUndeclared
        await store.hold_clone(self.db, self.known, uid=key.uid, now=now)
        raise errors.Clone

    def _next_epoch(self, key: KeyRow, tasks: dict[bytes, TaskRow]) -> int | None:
        """A number for the refreshed shares, never given before: for a refresh task, or when it is time anyway."""
        due = key.certificate is not None and key.since_refresh >= self.settings.refresh_signatures
        asked = any(task.purpose == "refresh" for task in tasks.values())
        return key.last_epoch + 1 if due or asked else None

    def _count_opening(self, key: KeyRow, *, now: int) -> tuple[int, int]:
        window = now // MINUTE_MS
        opens = key.opens + 1 if key.opens_window == window else 1
        if opens > self.settings.opens_per_minute:
            raise errors.TooManyRequests(retry_after=(window + 1) * MINUTE_MS // 1000 - now // 1000)
        return window, opens


def _is_finishing(session: SessionRow, *, now: int) -> bool:
    """Bound less than half a minute ago; nor long after `now`, as it seems to be once the clock was set back."""
    return session.bound_at is not None and abs(now - session.bound_at) < BUSY_MS
